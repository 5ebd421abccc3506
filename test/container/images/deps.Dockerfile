# What services and clients under test need from Debian.
FROM debian:trixie-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      python3 python3-systemd nodejs libsystemd0 netcat-openbsd socat curl procps iproute2 strace \
 && rm -rf /var/lib/apt/lists/*
COPY --from=usher-test:fixtures /opt/fixtures/ /opt/fixtures/
RUN useradd --system --uid 990 --no-create-home alice && useradd --system --uid 991 --no-create-home bob
