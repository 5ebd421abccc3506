# What activated.Dockerfile needs from Debian.
FROM usher-test:deps
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      ruby ruby-sd-notify puma perl liblinux-systemd-perl starman libserver-starter-perl libplack-perl php-cli php-fpm \
      libfcgi-bin gunicorn uvicorn uwsgi-core uwsgi-plugin-python3 haproxy nginx unbound bind9-dnsutils memcached \
 && rm -rf /var/lib/apt/lists/* /etc/systemd/system/*.wants
