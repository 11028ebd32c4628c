#!/bin/sh
# Runs a command inside a tree of debian-tree.sh, as on a separate small machine.
#
#   trunk-scripts/run-in-tree.sh [--offline] TREE COMMAND...
#
# The tree gets its own /proc, /sys, /dev with /dev/shm and terminals, and process ids; with --offline also a network that
# has only the loopback. When the command ends, all of this ends, with every process that it left behind. Needs root with
# the rights to mount and to make namespaces: in a container, `docker run --privileged`.
set -eu

if [ -z "${IN_TREE_APART-}" ]; then
    network=
    if [ "$1" = --offline ]; then
        network=--net
        shift
    fi
    unshare --mount --pid --fork true 2>/dev/null || {
        echo "run-in-tree: cannot make namespaces for mounts and processes: this needs root, and in a container --privileged" >&2
        exit 1
    }
    IN_TREE_APART=${network:-yes} exec unshare --mount --pid --fork --kill-child $network "$0" "$@"
fi

tree=$1
shift
[ "$IN_TREE_APART" != --net ] || ip link set lo up

mount -t proc proc "$tree/proc"
mount -t sysfs -o ro sysfs "$tree/sys"
mount -t tmpfs -o mode=755 tmpfs "$tree/dev"
mkdir "$tree/dev/pts" "$tree/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$tree/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$tree/dev/shm"
while read -r name minor; do
    mknod -m 666 "$tree/dev/$name" c 1 "$minor"
done <<'END'
null 3
zero 5
full 7
random 8
urandom 9
END
mknod -m 666 "$tree/dev/tty" c 5 0
ln -s pts/ptmx "$tree/dev/ptmx"
ln -s /proc/self/fd "$tree/dev/fd"
ln -s /proc/self/fd/0 "$tree/dev/stdin"
ln -s /proc/self/fd/1 "$tree/dev/stdout"
ln -s /proc/self/fd/2 "$tree/dev/stderr"

# Not exec: process 1 of the tree must reap orphans, and a shell does.
status=0
env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    ${http_proxy+"http_proxy=$http_proxy"} ${https_proxy+"https_proxy=$https_proxy"} \
    chroot "$tree" "$@" || status=$?
exit "$status"
