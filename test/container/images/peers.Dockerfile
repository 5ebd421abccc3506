# The inits whose place usher takes, as Debian has them, and usher; also where an engine puts its init.
ARG PRODUCT=usher:dev
FROM ${PRODUCT} AS product
FROM usher-test:deps
RUN apt-get update \
 && apt-get install -y --no-install-recommends tini dumb-init catatonit \
 && rm -rf /var/lib/apt/lists/*
COPY --from=product /usr/ /usr/
COPY --from=product /usr/bin/usher /sbin/docker-init
# The real tini: PID 1 of the container in which the table runs must reap what others fail to.
ENTRYPOINT ["/usr/bin/tini", "-g", "--", "sleep", "infinity"]
