# usher for arm64, built on x86-64 by Debian's cross compiler. After `npm run build`, which makes the script's part:
#
#   docker build -f tools/arm64.Dockerfile -t usher:arm64 .
#   docker build -f tools/arm64.Dockerfile --target check .      runs it under qemu: faces, and an init with a socket
#
# The compiler of bytecode is linked with the very library that will read it, so it runs under qemu, too.

FROM debian:trixie-slim AS toolchain
RUN dpkg --add-architecture arm64 \
 && apt-get update -qq \
 && apt-get install -qq -y --no-install-recommends \
      gcc-aarch64-linux-gnu libc6-dev:arm64 libgcc-14-dev:arm64 libquickjs:arm64 make qemu-user-static >/dev/null \
 && rm -rf /var/lib/apt/lists/*

FROM toolchain AS linked
ARG VERSION=0.0.0
WORKDIR /build/native
COPY native/ ./
COPY dist/blobs/ /build/blobs/
RUN for step in objects link; do \
      make -s -j"$(nproc)" CROSS=aarch64-linux-gnu- RUN=qemu-aarch64-static VERSION="$VERSION" OUT=/build/out \
        SCRIPTS=/build/blobs $step || exit 1; \
    done \
 && mkdir -p /tree/usr/bin /tree/usr/libexec/usher \
 && cp /build/out/usher /tree/usr/bin/usher \
 && ln -s usher /tree/usr/bin/usherctl \
 && for face in systemctl systemd-notify systemd-socket-proxyd systemd-socket-activate \
                tini dumb-init docker-init catatonit; do \
      ln -s ../../bin/usher "/tree/usr/libexec/usher/$face"; done

FROM linked AS check
COPY tools/arm64-check.sh /
RUN sh /arm64-check.sh /build/out/usher

FROM scratch
COPY --from=linked /tree/ /
ENTRYPOINT ["/usr/bin/usher"]
