# Servers in compiled languages that take their socket from the environment, with Debian's libraries for it.
FROM debian:trixie-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      gcc libc6-dev libsystemd-dev pkg-config \
      golang-go golang-github-coreos-go-systemd-dev rustc cargo librust-listenfd-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY listeners/ ./
RUN mkdir -p /opt/listeners /gopath/src/listener \
 && dpkg-query -W -f '${Package} ${Version}\n' golang-github-coreos-go-systemd-dev librust-listenfd-dev \
      >/opt/listeners/versions \
 && gcc -O2 -Wall -Werror -o /opt/listeners/libsystemd c/libsystemd.c -lsystemd \
 && cp go/main.go /gopath/src/listener/ \
 && GO111MODULE=off GOPATH=/gopath:/usr/share/gocode go build -o /opt/listeners/go-systemd listener \
 && cd rust && mkdir .cargo \
 && printf '[source.crates-io]\nreplace-with = "debian"\n[source.debian]\ndirectory = "/usr/share/cargo/registry"\n' \
      >.cargo/config.toml \
 && cargo build --release --offline --quiet && cp target/release/listener /opt/listeners/listenfd
