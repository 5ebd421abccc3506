# The image most tests run: Debian, the fixtures, and usher as it is in the product image, in the last layer.
ARG PRODUCT=usher:dev
FROM ${PRODUCT} AS product
FROM usher-test:deps
COPY --from=product /usr/ /usr/
ENTRYPOINT ["/usr/bin/usher"]
