# Debian's servers as they are, none of which knows that usher starts it, and the clients that wake them.
FROM usher-test:programs AS programs
FROM debian:trixie-slim
# Java's packages link a manual page into a folder that a slim image may lack.
RUN mkdir -p /usr/share/man/man1 \
 && apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      redis-server redis-tools postgresql mariadb-server mariadb-client nginx memcached haproxy gunicorn \
      default-jre-headless python3 nodejs curl netcat-openbsd procps apache2-utils \
 && rm -rf /var/lib/apt/lists/* /etc/systemd/system/*.wants /etc/systemd/system/*.requires
COPY --from=programs /out/ /opt/programs/
RUN useradd --system --uid 990 --no-create-home alice && useradd --system --uid 991 --no-create-home bob
