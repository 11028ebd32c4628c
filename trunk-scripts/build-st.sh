#!/bin/sh
# Builds state-threads from third_party/state-threads into objs/st (or objs/st-asan): st.h and libst.a.
#
#   trunk-scripts/build-st.sh [plain|asan] [CC]
#
# Needs no network: the release and the patches are in the repository. Their checksums are compared first.
# Does nothing if the result exists and its sources have not changed.
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

# The C of 2009: in C23, () means no parameters.
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
exec 9>"$root/objs/.st.lock" # of two makes at the same time, the second waits and finds the result
flock 9

# Everything that the result depends on.
made_from="$cc $flags $(cat "$0" "$from/SHA256SUMS" "$from"/fiber.* "$from/patches/series" "$from"/patches/*.patch | cksum)"
if [ -f "$out/libst.a" ] && [ -f "$out/st.h" ] && [ "$(cat "$out/made-from" 2>/dev/null)" = "$made_from" ]; then
    exit 0
fi

(cd "$from" && sha256sum --quiet -c SHA256SUMS) ||
    fail "third_party/state-threads does not fit its SHA256SUMS; to restore it: git checkout third_party/state-threads"

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
# The variables of a calling make are not meant for this one.
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES 2>/dev/null || true
make -C "$build" linux-optimized STATIC_ONLY=yes EXAMPLES= CC="$cc" EXTRA_CFLAGS="$flags" >"$work/log" 2>&1 || {
    tail -n 30 "$work/log" >&2
    fail "state-threads does not build with $cc; the output is in $work/log"
}
mkdir -p "$out"
cp "$build/obj/libst.a" "$out/"
cp "$build/public.h" "$out/st.h"
rm -rf "$work"
printf '%s\n' "$made_from" >"$out/made-from"
