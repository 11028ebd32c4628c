#!/bin/sh
# Builds state-threads from Debian's source package into objs/st (or objs/st-asan): st.h and libst.a.
#
#   trunk-scripts/build-st.sh [plain|asan] [CC]
#
# Debian's binary package has neither epoll nor guarded stacks. The machine's own apt sources are used, in a
# private folder under objs/: nothing of the system's apt is changed, and root is not needed.
# Quick when the result is there and nothing that it was made from has changed.
set -eu

variant=${1:-plain}
cc=${2:-gcc}

root=$(cd "$(dirname "$0")/.." && pwd)
patches=$root/trunk-scripts/st
work=$root/objs/st-source

fail() {
    echo "build-st: $*" >&2
    exit 1
}

flags="-DMD_HAVE_EPOLL -fPIC -O2 -g -fno-strict-aliasing -fno-omit-frame-pointer -w"
case $variant in
plain) out=$root/objs/st ;;
asan)
    out=$root/objs/st-asan
    flags="$flags -DST_ASAN"
    ;;
*) fail "unknown variant '$variant', plain or asan" ;;
esac

if echo '#include <valgrind/valgrind.h>' | "$cc" -E -x c - >/dev/null 2>&1; then
    flags="$flags -DST_VALGRIND"
fi

mkdir -p "$root/objs"
exec 9>"$root/objs/.st.lock" # two makes at once: the second waits, and finds it done
flock 9

# What the result was made from, to know when it is out of date.
made_from="$cc $flags $(cat "$0" "$patches"/* | cksum)"
if [ -f "$out/libst.a" ] && [ -f "$out/st.h" ] && [ "$(cat "$out/made-from" 2>/dev/null)" = "$made_from" ]; then
    exit 0
fi

# A deb-src entry for each deb entry of the machine, in the one-line and in the deb822 form.
write_sources() {
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -f "$file" ] || continue
        sed -n 's/^[[:space:]]*deb[[:space:]]/deb-src /p' "$file"
    done >"$1/from-lists.list"
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -f "$file" ] || continue
        sed 's/^Types:.*/Types: deb-src/' "$file" >"$1/$(basename "$file")"
    done
}

fetch() {
    command -v dpkg-source >/dev/null || fail "dpkg-source is missing; install dpkg-dev"
    rm -rf "$work"
    mkdir -p "$work/apt/sources.list.d" "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
    write_sources "$work/apt/sources.list.d"
    {
        echo "Dir::Etc::SourceList \"/dev/null\";"
        echo "Dir::Etc::SourceParts \"$work/apt/sources.list.d\";"
        echo "Dir::State::Lists \"$work/apt/lists\";"
        echo "Dir::Cache \"$work/apt/cache\";"
        echo "Acquire::Languages \"none\";"
        echo "Acquire::Retries \"3\";"
        echo "APT::Sandbox::User \"$(id -un)\";"
    } >"$work/apt/apt.conf"
    export APT_CONFIG="$work/apt/apt.conf"
    echo "build-st: fetching the source package st"
    # One of the machine's sources may be down, without harm if it is not the one that has st.
    apt-get -q update >"$work/apt/log" 2>&1 || true
    (cd "$work" && apt-get -q source st) >>"$work/apt/log" 2>&1 || {
        tail -n 20 "$work/apt/log" >&2
        fail "cannot fetch the source package st with this machine's apt sources"
    }
    rm -rf "$work/apt/lists" "$work/apt/cache"
    unset APT_CONFIG
}

set -- "$work"/st-[0-9]*/
[ -f "$1/sched.c" ] || fetch
set -- "$work"/st-[0-9]*/
[ -f "$1/sched.c" ] || fail "the source package st has no sched.c"

echo "build-st: building state-threads ($variant)"
build=$root/objs/st-source/build-$variant
rm -rf "$build" "$out"
cp -r "$1" "$build"
cp "$patches/fiber.h" "$patches/fiber.c" "$build/"
for patch in fiber epoll fair; do
    patch -s -d "$build" -p1 <"$patches/$patch.patch" || fail "$patch.patch does not fit this version of state-threads"
done
# make's own variables of a calling make are not meant for this one
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES 2>/dev/null || true
make -C "$build" linux-optimized STATIC_ONLY=yes EXAMPLES= CC="$cc" EXTRA_CFLAGS="$flags" >"$build.log" 2>&1 || {
    tail -n 30 "$build.log" >&2
    fail "state-threads does not build; all of it is in $build.log"
}
mkdir -p "$out"
cp "$build/obj/libst.a" "$build/public.h" "$out/"
mv "$out/public.h" "$out/st.h"
rm -rf "$build"
printf '%s\n' "$made_from" >"$out/made-from"
