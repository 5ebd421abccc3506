# A few of Debian's packages with a .socket unit, as they come, and usher: what a Dockerfile for them looks like. Their
# own scripts enable their units; ssh.socket instead of ssh.service is what systemctl is asked for here.
ARG PRODUCT=usher:dev
FROM ${PRODUCT} AS product
FROM usher-test:deps
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      systemd-sysv dbus openssh-server openssh-client fcgiwrap libfcgi-bin tang uuid-runtime \
 && rm -rf /var/lib/apt/lists/*
COPY --from=product /usr/ /usr/
RUN dpkg-divert --quiet --rename --add /usr/bin/systemctl && usher --link-faces /usr/bin systemctl \
 && systemctl disable ssh.service && systemctl enable ssh.socket \
 && mkdir -p -m 700 /root/.ssh && ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519 \
 && cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys \
 && printf 'Host *\n  StrictHostKeyChecking no\n  LogLevel ERROR\n' >/root/.ssh/config
ENTRYPOINT ["/usr/bin/usher"]
