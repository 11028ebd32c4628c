#!/bin/sh
# Makes a minimal tree of another Debian release with some packages under objs/, to be run by chroot.
#
#   trunk-scripts/debian-tree.sh [--below FOLDER] SUITE PACKAGE...       into objs/SUITE, or FOLDER/SUITE
#
# Everything comes from this machine's own Debian mirror. An existing tree with these packages is kept; delete objs/SUITE to
# make a new one. Needs root, debootstrap and, for some minutes, 2 GB of disk.
set -eu

cd "$(dirname "$0")/.."

fail() {
    echo "debian-tree: no tree of Debian ${suite-}: $*" >&2
    exit 1
}

# Mounts in the tree are made in a private namespace, and end with it.
if [ -z "${TREE_APART-}" ]; then
    export TREE_APART=yes
    if unshare --mount true 2>/dev/null; then
        exec unshare --mount "$0" "$@"
    fi
fi

below=objs
if [ "${1-}" = --below ]; then
    below=$2
    shift 2
fi
suite=$1
shift
packages=$*
tree=$below/$suite
part=$below/$suite.part
log=$below/$suite.log

mkdir -p "$below"
exec 9>"$below/.$suite.lock" # of two calls at the same time, the second waits and finds the tree
flock 9

if [ "$(cat "$tree/made-from" 2>/dev/null)" = "$packages" ]; then
    exit 0
fi
[ "$(id -u)" -eq 0 ] || fail "only root can make it, and run programs in it"
command -v debootstrap >/dev/null || fail "debootstrap is missing; trunk-scripts/deps.sh test-clients installs it"

# Without a namespace, mounts may be left: they are removed first.
remove() {
    [ -e "$1" ] || return 0
    inside=$(cd "$1" && pwd -P)/
    awk -v inside="$inside" 'index($5, inside) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
        while read -r mounted; do
            umount "$mounted" || umount --lazy "$mounted"
        done
    rm -rf --one-file-system "$1"
}
trap 'remove "$part"' EXIT
trap 'exit 1' HUP INT TERM

# The proxy of this machine's apt is also used by debootstrap and by apt in the tree.
for scheme in http https; do
    proxy=$(apt-config dump --format '%v%n' "Acquire::$scheme::Proxy" | head -n 1)
    case $proxy in
    '' | DIRECT) ;;
    *) export "${scheme}_proxy=$proxy" ;;
    esac
done

# make_from MIRROR
make_from() {
    # A release that this debootstrap does not know is made like the newest one that it knows.
    script=/usr/share/debootstrap/scripts/$suite
    [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
    if ! debootstrap --variant=minbase --include=ca-certificates \
        --keyring=/usr/share/keyrings/debian-archive-keyring.gpg "$suite" "$part" "$1" "$script"; then
        [ ! -s "$part/debootstrap/debootstrap.log" ] || cat "$part/debootstrap/debootstrap.log"
        return 1
    fi
    printf '#!/bin/sh\nexit 101\n' >"$part/usr/sbin/policy-rc.d" # packages start no service in the tree
    chmod +x "$part/usr/sbin/policy-rc.d"
    # The tree accepts an outdated archive if this machine's apt does.
    valid=$(apt-config dump --format '%v' Acquire::Check-Valid-Until)
    mount -t proc proc "$part/proc" || echo "debian-tree: going on without /proc"
    # shellcheck disable=SC2016,SC2086 # the inner shell's, words
    chroot "$part" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c '
        apt-get -q -o Acquire::Retries=3 -o Acquire::Check-Valid-Until="$1" update && shift &&
        apt-get -q -y -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 install --no-install-recommends "$@"
        ' sh "${valid:-true}" $packages ||
        return 1
    umount "$part/proc" 2>/dev/null || true
    rm -rf "$part"/var/cache/apt/archives/*.deb "$part"/var/lib/apt/lists/*
}

# The archives of this machine's own release. The signature tells which of them is Debian's.
# shellcheck disable=SC1091
release=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
mirrors=$(apt-get --print-uris update 2>/dev/null </dev/null |
    sed -nE "s#^'(https?://.*)/dists/($release|stable|testing|unstable|sid)/InRelease'.*#\1#p" | sort -u)
[ -n "$mirrors" ] || fail "no apt source of this machine is an archive of Debian"

echo "debian-tree: making Debian $suite with $packages; this takes some minutes, once"
: >"$log"
for mirror in $mirrors; do
    remove "$part"
    if make_from "$mirror" >>"$log" 2>&1 </dev/null; then
        remove "$tree"
        mv "$part" "$tree"
        echo "$packages" >"$tree/made-from"
        exit 0
    fi
done
tail -n 15 "$log" >&2
fail "the output of debootstrap and apt-get is in $log"
