#!/bin/sh
# Makes a fresh clone able to build and test. Idempotent; under a second when nothing is missing.
#
#   1. npm packages, Node 24 among them (npm scripts find it first on their PATH)
#   2. a Docker engine that answers
#   3. the base image debian:trixie-slim with an apt that works inside
#   4. Ryuk (Testcontainers' cleaner), switched off only where its image can't be had
#
# What later steps must know is left in .cache/setup.env. Delete .cache to have everything looked at again.
set -eu
cd "$(dirname "$0")/.."

BASE=debian:trixie-slim
SUITE=trixie
CACHE=.cache

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# limited SECONDS COMMAND…: ends the command after that time where timeout(1) exists.
limited() {
    seconds=$1
    shift
    if have timeout; then timeout "$seconds" "$@"; else "$@"; fi
}

is_root_with_apt() { [ "$(id -u)" = 0 ] && have apt-get; }

apt_install() {
    # A fresh machine has no package lists; a stale list is only found out by a failing install.
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >>"$CACHE/apt.log" 2>&1 && return 0
    apt-get update -qq >>"$CACHE/apt.log" 2>&1 || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >>"$CACHE/apt.log" 2>&1
}

# --- 1. npm packages -------------------------------------------------------------------------------------------

install_packages() {
    wanted=$(cksum <package-lock.json)
    [ "$(cat node_modules/.usher-lock 2>/dev/null)" = "$wanted" ] && return 0
    have npm || fail "npm is missing: install Node.js 20 or newer"
    say "installing npm packages (about 20 s) …"
    npm ci --no-audit --no-fund --loglevel=error || fail "npm ci failed"
    printf '%s\n' "$wanted" >node_modules/.usher-lock
}

check_node() {
    version=$(node_modules/.bin/node --version 2>/dev/null) || version=none
    case $version in
    v24.*) ;;
    *) fail "node_modules/.bin/node is '$version', expected v24: remove node_modules and run this again" ;;
    esac
}

# --- 2. Docker engine ------------------------------------------------------------------------------------------

engine_answers() { have docker && limited 10 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

ENGINE_SECONDS=120

# An engine that was killed leaves its pid file, and that number may be another program's by now: then dockerd takes
# itself, or its containerd, for running, and neither starts nor answers.
remove_stale_pid_files() {
    for file in /var/run/docker.pid /var/run/docker/containerd/containerd.pid; do
        [ -f "$file" ] || continue
        case $(cat "/proc/$(cat "$file")/comm" 2>/dev/null) in
        dockerd | containerd) ;;
        *) rm -f "$file" ;;
        esac
    done
}

# start_dockerd: its process id is in $dockerd.
start_dockerd() {
    remove_stale_pid_files
    say "starting dockerd, its log is $CACHE/dockerd.log"
    if have setsid; then
        setsid nohup dockerd >>"$CACHE/dockerd.log" 2>&1 </dev/null &
    else
        nohup dockerd >>"$CACHE/dockerd.log" 2>&1 </dev/null &
    fi
    dockerd=$!
}

fail_engine() {
    tail -n 20 "$CACHE/dockerd.log" >&2
    fail "dockerd $1; its log ends as above"
}

# A dockerd that gave up while what an earlier one left behind was ending is started again.
start_engine() {
    : >"$CACHE/dockerd.log"
    dockerd=
    if [ -d /run/systemd/system ]; then systemctl start docker >/dev/null 2>&1 || true; else start_dockerd; fi
    tries=0
    starts=1
    while ! engine_answers; do
        tries=$((tries + 1))
        [ "$tries" -le "$ENGINE_SECONDS" ] || fail_engine "did not answer within $ENGINE_SECONDS s"
        if [ -n "$dockerd" ] && ! kill -0 "$dockerd" 2>/dev/null; then
            starts=$((starts + 1))
            [ "$starts" -le 5 ] || fail_engine "ended each time that it was started"
            start_dockerd
        fi
        sleep 1
    done
}

ensure_engine() {
    engine_answers && return 0
    [ -z "${DOCKER_HOST:-}" ] || fail "the Docker engine at DOCKER_HOST does not answer"
    is_root_with_apt || fail "no Docker engine answers: install Docker (20.10 or newer), start it and try again"
    if ! have dockerd || ! have docker; then
        say "installing docker.io (about a minute) …"
        apt_install docker.io || fail "apt-get install docker.io failed, see $CACHE/apt.log"
        # From Debian 13 on the client is a package of its own.
        have docker || apt_install docker-cli || fail "apt-get install docker-cli failed, see $CACHE/apt.log"
    fi
    engine_answers || start_engine
}

# --- 3. base image ---------------------------------------------------------------------------------------------

image_id() { docker image inspect --format '{{.Id}}' "$1" 2>/dev/null; }

# repository LABEL: the first Debian archive with that label that this machine's own apt uses.
repository() {
    apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' 2>/dev/null |
        awk -v label="$1" '$2 == label { print $1; exit }'
}

bootstrap_base() {
    is_root_with_apt || return 1
    have debootstrap || apt_install debootstrap debian-archive-keyring || return 1
    mirror=$(repository Debian)
    if [ -z "$mirror" ]; then
        # The labels are known only once the lists were fetched.
        apt-get update -qq >>"$CACHE/apt.log" 2>&1 || true
        mirror=$(repository Debian)
    fi
    security=$(repository Debian-Security)
    root=$(mktemp -d "${TMPDIR:-/var/tmp}/usher-base.XXXXXX")
    include=
    case $mirror in https:*) include=--include=ca-certificates ;; esac
    say "making $BASE with debootstrap (about half a minute) …"
    # Without a mirror of its own debootstrap knows Debian's.
    # shellcheck disable=SC2086
    if ! debootstrap --variant=minbase $include "$SUITE" "$root" $mirror >"$CACHE/debootstrap.log" 2>&1; then
        rm -rf "$root"
        return 1
    fi
    if [ -n "$mirror" ]; then
        {
            printf 'deb %s %s main\n' "$mirror" "$SUITE"
            printf 'deb %s %s-updates main\n' "$mirror" "$SUITE"
            [ -z "$security" ] || printf 'deb %s %s-security main\n' "$security" "$SUITE"
        } >"$root/etc/apt/sources.list"
    fi
    # What this machine needs to reach its mirror (a proxy, an archive frozen at a date), the image needs too.
    apt-config dump | grep -E '^Acquire::(https?::Proxy|https?::Pipeline-Depth|Check-|Retries|ForceIPv)' \
        >"$root/etc/apt/apt.conf.d/90from-host" || true
    printf '%s\n' 'APT::Install-Recommends "false";' 'Acquire::Languages "none";' \
        >"$root/etc/apt/apt.conf.d/91small"
    printf '%s\n' 'path-exclude /usr/share/doc/*' 'path-exclude /usr/share/man/*' \
        'path-exclude /usr/share/locale/*' >"$root/etc/dpkg/dpkg.cfg.d/small"
    if [ -d /usr/local/share/ca-certificates ]; then
        mkdir -p "$root/usr/local/share/ca-certificates"
        cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
        [ -z "$include" ] || chroot "$root" update-ca-certificates >/dev/null 2>&1 || true
    fi
    # A machine's policy that forbids starting services has no business in an image, nor have its lists and names.
    rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/doc/* \
        "$root"/usr/share/man/* "$root"/var/log/* "$root/etc/resolv.conf" "$root/etc/hostname"
    tar -C "$root" --numeric-owner -cf - . |
        docker import --change 'CMD ["bash"]' --message "debootstrap --variant=minbase $SUITE" - "$BASE" >/dev/null
    rm -rf "$root"
}

# Whether the packages of the native build can be had inside; once for each image, since it takes seconds.
base_works() {
    id=$(image_id "$BASE") || return 1
    [ "$(cat "$CACHE/base-checked" 2>/dev/null)" = "$id" ] && return 0
    say "checking that apt works inside $BASE …"
    limited 300 docker run --rm "$BASE" sh -c \
        'apt-get update -qq && apt-get install -y -qq --dry-run gcc libc6-dev libquickjs make' \
        >"$CACHE/base-check.log" 2>&1 || return 1
    printf '%s\n' "$id" >"$CACHE/base-checked"
}

ensure_base() {
    if [ -z "$(image_id "$BASE")" ]; then
        say "pulling $BASE …"
        limited 60 docker pull -q "$BASE" >"$CACHE/pull.log" 2>&1 || bootstrap_base ||
            fail "$BASE can neither be pulled nor made by debootstrap, see $CACHE/*.log"
    fi
    base_works || { bootstrap_base && base_works; } ||
        fail "apt does not work inside $BASE, see $CACHE/base-check.log"
}

# --- 4. Ryuk ---------------------------------------------------------------------------------------------------

# The image that this version of Testcontainers starts.
ryuk_image() {
    grep -rhoE 'testcontainers/ryuk:[0-9.]+' node_modules/testcontainers/build/reaper \
        node_modules/testcontainers/build/utils node_modules/testcontainers/build/container-runtime 2>/dev/null |
        head -n 1
}

decide_ryuk() {
    [ -f "$CACHE/setup.env" ] && return 0
    image=$(ryuk_image)
    if [ -n "$image" ] && { [ -n "$(image_id "$image")" ] ||
        limited 30 docker pull -q "$image" >>"$CACHE/pull.log" 2>&1; }; then
        : >"$CACHE/setup.env"
    else
        say "the image of Ryuk can't be had: tests remove their containers without its help"
        echo TESTCONTAINERS_RYUK_DISABLED=true >"$CACHE/setup.env"
    fi
}

mkdir -p "$CACHE"
if have flock; then
    # Two runs at once must not install over each other.
    exec 9>"$CACHE/setup.lock"
    flock 9
fi
install_packages
check_node
[ "${1:-}" = packages ] && exit 0
ensure_engine 9>&-
ensure_base 9>&-
decide_ryuk 9>&-
