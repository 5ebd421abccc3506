# Compiles the fixtures. A stage of its own, so that neither a new usher nor a new test installs a compiler.
FROM debian:trixie-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev libsystemd-dev \
 && rm -rf /var/lib/apt/lists/*
