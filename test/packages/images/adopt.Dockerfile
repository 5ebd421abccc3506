# Debian's servers, and usher.
ARG PRODUCT=usher:dev
FROM ${PRODUCT} AS product
FROM usher-test:servers
COPY --from=product /usr/ /usr/
ENTRYPOINT ["/usr/bin/usher"]
