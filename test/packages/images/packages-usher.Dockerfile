# The same with usher, in the place of systemctl too.
ARG PRODUCT=usher:dev
FROM ${PRODUCT} AS product
FROM usher-test:debian-packages
COPY --from=product /usr/ /usr/
RUN dpkg-divert --quiet --rename --add /usr/bin/systemctl && usher --link-faces /usr/bin systemctl
ENTRYPOINT ["/usr/bin/usher"]
