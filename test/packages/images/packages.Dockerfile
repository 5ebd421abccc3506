# Packages of Debian that bring .socket units, with their clients. Nothing is enabled: each test enables what it is about.
FROM usher-test:deps
RUN printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d \
 && apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      dbus dbus-bin cups cups-client avahi-daemon avahi-utils systemd libpam-systemd openssh-server openssh-client \
      pcscd pcsc-tools sane-utils libsane1 gpsd gpsd-clients rpcbind mpd mpc dovecot-imapd cockpit-ws apt-cacher-ng \
      docker.io docker-cli \
 && rm -rf /var/lib/apt/lists/* /usr/sbin/policy-rc.d /etc/systemd/system/*.wants
# Less known ones, of which nothing had been heard before.
RUN printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d \
 && apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      erlang-base proftpd-core oidentd tinysshd nix-setup-systemd atftpd atftp systemd-journal-remote \
 && rm -rf /var/lib/apt/lists/* /usr/sbin/policy-rc.d /etc/systemd/system/*.wants
