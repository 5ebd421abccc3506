# The image most tests run: Debian, the fixtures, and usher as it is in the product image, in the last layers; with the
# faces that scenarios use on both sides.
ARG PRODUCT=usher:dev
FROM ${PRODUCT} AS product
FROM usher-test:deps
COPY --from=product /usr/ /usr/
RUN ["/usr/bin/usher", "--link-faces", "/usr/local/bin", "systemctl", "systemd-notify"]
RUN ["/usr/bin/usher", "--link-faces", "/usr/lib/systemd", "systemd-socket-proxyd"]
ENTRYPOINT ["/usr/bin/usher"]
