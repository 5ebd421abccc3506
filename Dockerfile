# usher's native part. The script is bundled on the host first (npm run build), because inside containers the npm
# registry may be out of reach; here it becomes bytecode and is embedded.
#
# The stages are in the order in which things change: toolchain, C sources, script. Works with the classic builder,
# which builds every stage above the target, so nothing costly may stand beside the path to the product.
#
#   docker build .                          the product, FROM scratch
#   --target debug --build-arg FLAVOUR=asan  the sanitizers' build (or dynamic, for valgrind), on Debian

FROM debian:trixie-slim AS toolchain
RUN apt-get update -qq \
 && apt-get install -qq -y --no-install-recommends gcc libc6-dev libquickjs make >/dev/null \
 && rm -rf /var/lib/apt/lists/*

FROM toolchain AS objects
ARG FLAVOUR=release
ARG VERSION=0.0.0
WORKDIR /build/native
COPY native/ ./
RUN make -s -j"$(nproc)" FLAVOUR="$FLAVOUR" VERSION="$VERSION" OUT=/build/out objects

FROM objects AS linked
ARG FLAVOUR=release
ARG VERSION=0.0.0
COPY dist/blobs/ /build/blobs/
RUN make -s FLAVOUR="$FLAVOUR" VERSION="$VERSION" OUT=/build/out SCRIPTS=/build/blobs link \
 && mkdir -p /tree/usr/bin /tree/usr/libexec/usher \
 && cp /build/out/usher /tree/usr/bin/usher \
 && ln -s usher /tree/usr/bin/usherctl \
 && for face in systemctl systemd-notify systemd-socket-proxyd systemd-socket-activate \
                tini dumb-init docker-init catatonit; do \
      ln -s ../../bin/usher "/tree/usr/libexec/usher/$face"; done

FROM linked AS debug
RUN cp -a /tree/. /
ENTRYPOINT ["/usr/bin/usher"]

FROM scratch
COPY --from=linked /tree/ /
ENTRYPOINT ["/usr/bin/usher"]
