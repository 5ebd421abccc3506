# Programs and libraries that take listening sockets as sd_listen_fds(3) describes, or in a way of their own, and usher.
ARG PRODUCT=usher:dev
FROM ${PRODUCT} AS product
FROM usher-test:listeners AS listeners
FROM usher-test:activated-programs
COPY --from=listeners /opt/listeners/ /opt/listeners/
COPY --from=product /usr/ /usr/
ENTRYPOINT ["/usr/bin/usher"]
