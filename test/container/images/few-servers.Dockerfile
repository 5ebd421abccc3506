# Debian's servers for test/container/adopt-servers.test.ts, and usher. Node.js and Python are in the image below.
ARG PRODUCT=usher:dev
FROM ${PRODUCT} AS product
FROM usher-test:deps
RUN apt-get update \
 && apt-get install -y --no-install-recommends redis-server nginx-light \
 && rm -rf /var/lib/apt/lists/* /etc/systemd/system/*.wants
COPY --from=product /usr/ /usr/
ENTRYPOINT ["/usr/bin/usher"]
