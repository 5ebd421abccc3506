# Servers in languages that are compiled, built with Debian's own compilers.
FROM debian:trixie-slim
# Java's packages link a manual page into a folder that a slim image may lack.
RUN mkdir -p /usr/share/man/man1 \
 && apt-get update \
 && apt-get install -y --no-install-recommends golang-go default-jdk-headless \
 && rm -rf /var/lib/apt/lists/*
COPY programs/ /src/
RUN mkdir /out && cd /src \
 && CGO_ENABLED=0 GO111MODULE=off GOFLAGS=-trimpath go build -ldflags=-s -o /out/serve-go serve.go \
 && javac -d /out Serve.java
