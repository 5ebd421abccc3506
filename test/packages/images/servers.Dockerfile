# Debian's servers as they are, none of which knows that usher starts it.
FROM usher-test:programs AS programs
FROM usher-test:deps
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      redis-server redis-tools postgresql mariadb-server mariadb-client nginx memcached haproxy gunicorn \
      default-jre-headless dnsmasq-base apache2-utils gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
COPY --from=programs /out/ /opt/programs/
