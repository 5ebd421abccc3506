# The product image and the static fixtures: no shell, no library, no user database.
ARG PRODUCT=usher:dev
FROM ${PRODUCT}
COPY --from=usher-test:fixtures /opt/fixtures/ /opt/fixtures/
