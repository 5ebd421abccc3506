# Debian's servers, none of them enabled, and usher.
ARG PRODUCT=usher:dev
FROM ${PRODUCT} AS product
FROM usher-test:servers
RUN rm -rf /etc/systemd/system/*.wants /etc/systemd/system/*.requires
COPY --from=product /usr/ /usr/
ENTRYPOINT ["/usr/bin/usher"]
