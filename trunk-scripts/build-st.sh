#!/bin/sh
# Builds state-threads from third_party/state-threads into objs/st (or objs/st-asan): st.h and libst.a.
#
#   trunk-scripts/build-st.sh [plain|asan] [CC]
#
# Needs no network: the release and the patches are in the repository, and their checksums are compared first.
# Quick when the result is there and nothing that it was made from has changed.
set -eu

variant=${1:-plain}
cc=${2:-gcc}

root=$(cd "$(dirname "$0")/.." && pwd)
from=$root/third_party/state-threads
release=st_1.9.orig.tar.gz # unpacks into st-1.9

fail() {
    echo "build-st: $*" >&2
    exit 1
}

# A compiler of the future may take another C for granted than the one of 2009, in which () says nothing of parameters.
flags="-std=gnu17 -DMD_HAVE_EPOLL -fPIC -O2 -g -fno-strict-aliasing -fno-omit-frame-pointer -w"
case $variant in
plain) out=$root/objs/st ;;
asan)
    out=$root/objs/st-asan
    flags="$flags -DST_ASAN"
    ;;
*) fail "unknown variant '$variant', plain or asan" ;;
esac

# shellcheck disable=SC2086 # CC may carry flags
if echo '#include <valgrind/valgrind.h>' | $cc -E -x c - >/dev/null 2>&1; then
    flags="$flags -DST_VALGRIND"
fi

mkdir -p "$root/objs"
exec 9>"$root/objs/.st.lock" # two makes at once: the second waits, and finds it done
flock 9

# What the result was made from, to know when it is out of date.
made_from="$cc $flags $(cat "$0" "$from/SHA256SUMS" "$from"/fiber.* "$from/patches/series" "$from"/patches/*.patch | cksum)"
if [ -f "$out/libst.a" ] && [ -f "$out/st.h" ] && [ "$(cat "$out/made-from" 2>/dev/null)" = "$made_from" ]; then
    exit 0
fi

(cd "$from" && sha256sum --quiet -c SHA256SUMS) ||
    fail "third_party/state-threads is not what its SHA256SUMS says; get it back: git checkout third_party/state-threads"

echo "build-st: building state-threads ($variant)"
work=$root/objs/st-build-$variant
build=$work/st-1.9
rm -rf "$work" "$out"
mkdir -p "$work"
tar -xzf "$from/$release" -C "$work" || fail "cannot unpack third_party/state-threads/$release"
cp "$from/fiber.h" "$from/fiber.c" "$build/"
while read -r patch; do
    patch -s -d "$build" -p1 <"$from/patches/$patch" || fail "$patch does not fit state-threads 1.9"
done <"$from/patches/series"
# make's own variables of a calling make are not meant for this one
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES 2>/dev/null || true
make -C "$build" linux-optimized STATIC_ONLY=yes EXAMPLES= CC="$cc" EXTRA_CFLAGS="$flags" >"$work/log" 2>&1 || {
    tail -n 30 "$work/log" >&2
    fail "state-threads does not build with $cc; all that was said is in $work/log"
}
mkdir -p "$out"
cp "$build/obj/libst.a" "$out/"
cp "$build/public.h" "$out/st.h"
rm -rf "$work"
printf '%s\n' "$made_from" >"$out/made-from"
