#!/bin/sh
# Installs the missing packages of some groups from Debian. Does nothing if none is missing.
#
#   trunk-scripts/deps.sh [build] [test] [lint] [clients] [test-clients] [test-distros] [bench]
set -eu
cd "$(dirname "$0")/.."

build="gcc libc6-dev make pkg-config patch util-linux libssl-dev libhttp-parser-dev liburing-dev libnghttp2-dev zlib1g-dev"
# libFuzzer and clang's sanitizers are in a package that has clang's version in its name.
fuzz="clang libclang-rt-dev"
# redis-tools has the program of redis-server under another name; that package itself would start a service.
test="$fuzz libcmocka-dev libexpat1-dev libjansson-dev librdkafka-dev libhiredis-dev libsrtp2-dev libavcodec-dev libswscale-dev libswresample-dev python3 python3-pytest python3-pytest-xdist python3-jsonschema ffmpeg valgrind procps openssl curl nghttp2-client iproute2 wrk nginx libnginx-mod-rtmp redis-tools"
clients="rtmpdump librtmp-dev mpv vlc-bin vlc-plugin-base
    gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav
    gstreamer1.0-nice python3-gi gir1.2-gst-rtsp-server-1.0 gir1.2-gst-plugins-bad-1.0 python3-numpy"
# A release of Debian may lack these. Then a line says so, and the tests that need them are skipped.
not_everywhere="python3-aiortc"
test_clients="debootstrap debian-archive-keyring gpgv python3 ffmpeg"
test_distros="debootstrap debian-archive-keyring gpgv util-linux iproute2 git"
browser="chromium chromium-driver python3-selenium"
lint="cppcheck clang-format shellcheck"
bench="python3 python3-pytest ffmpeg libavcodec-dev libswscale-dev libswresample-dev nginx libnginx-mod-rtmp wrk nghttp2-client openssl"

# Programs whose packages would start a service when they are installed: only their files are taken, into objs/deps/NAME.
test_unpacked="prometheus"

[ $# -gt 0 ] || set -- build
wanted=
unpacked=
hoped=
for group in "$@"; do
    case $group in
    build) wanted="$wanted $build" ;;
    test) wanted="$wanted $build $lint $test $clients $browser" unpacked="$test_unpacked" hoped=$not_everywhere ;;
    lint) wanted="$wanted $lint" ;;
    clients) wanted="$wanted $clients" ;;
    test-clients) wanted="$wanted $build $clients $test_clients" hoped=$not_everywhere ;;
    test-distros) wanted="$wanted $test_distros" ;;
    bench) wanted="$wanted $build $bench $browser" ;;
    *)
        echo "deps: '$group' is not one of build, test, lint, clients, test-clients, test-distros, bench" >&2
        exit 2
        ;;
    esac
done

# Debian has moved the C runtime of clang's sanitizers from one package name to another between releases.
runtime_of_clang() {
    major=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p' | head -n 1)
    [ -n "$major" ] && echo "libclang-rt-$major-dev"
}

missing_of() {
    for package in "$@"; do
        if [ "$package" = libclang-rt-dev ]; then
            # Any installed version is enough.
            dpkg-query -W -f '${db:Status-Status}\n' 'libclang-rt-*-dev' 2>/dev/null | grep -qx installed && continue
            missing="$missing libclang-rt-dev"
            continue
        fi
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
    done
}

# Unpack a package beside the sources, which needs no root; the program has the name of its package.
fetch() {
    (cd "objs/deps/$1" && apt-get -q -o Acquire::Retries=3 download "$1" && dpkg -x ./*.deb . && rm -f ./*.deb) </dev/null >>objs/deps.log 2>&1
}

unpack() {
    [ -x "objs/deps/$1/usr/bin/$1" ] || command -v "$1" >/dev/null || {
        echo "deps: to be unpacked into objs/deps: $1"
        rm -rf "objs/deps/$1"
        mkdir -p "objs/deps/$1"
        fetch "$1" || { apt-get -q update </dev/null >>objs/deps.log 2>&1 && fetch "$1"; } || {
            tail -n 10 objs/deps.log >&2
            echo "deps: $1 cannot be fetched; put it into the PATH by other means" >&2
            exit 1
        }
    }
}

unpack_all() {
    for package in $unpacked; do
        unpack "$package"
    done
}

missing=
# shellcheck disable=SC2086 # words
missing_of $wanted $hoped
[ -n "$missing" ] || {
    unpack_all
    exit 0
}

# shellcheck disable=SC2086
echo "deps: to be installed:" $missing
if [ "$(id -u)" -ne 0 ]; then
    echo "deps: only root can install them; run as root: trunk-scripts/deps.sh $*" >&2
    exit 1
fi

export DEBIAN_FRONTEND=noninteractive
mkdir -p objs
log=objs/deps.log
: >"$log"
apt() {
    apt-get -q -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 "$@" </dev/null >>"$log" 2>&1
}

apt update || echo "deps: some of this machine's apt sources do not answer; going on without them" >&2
case $missing in
*libclang-rt-dev*)
    runtime=$(runtime_of_clang) || {
        echo "deps: cannot tell which clang this Debian has" >&2
        exit 1
    }
    missing=$(echo "$missing" | sed "s/libclang-rt-dev/$runtime/")
    ;;
esac

for package in $hoped; do
    case " $missing " in
    *" $package "*)
        apt-cache show "$package" >/dev/null 2>&1 || {
            echo "deps: this Debian has no $package; tests that need it are left out"
            missing=$(echo " $missing " | sed "s/ $package / /")
        }
        ;;
    esac
done

# Reduces the output of apt-get to a few lines: the size, and the progress.
progress() {
    total=0 fetched=0 ready=0
    while read -r line; do
        case $line in
        *" newly installed, "*) # "1 upgraded, 68 newly installed, 0 to remove …"
            total=${line#* upgraded, }
            total=${total%% *}
            ;;
        "Need to get "* | "After this operation, "*) echo "deps: $line" ;;
        Get:*)
            fetched=$((fetched + 1))
            [ $((fetched % 25)) -ne 0 ] || echo "deps: fetched $fetched of $total packages"
            ;;
        "Setting up "*)
            ready=$((ready + 1))
            [ $((ready % 25)) -ne 0 ] || echo "deps: set up $ready of $total packages"
            ;;
        esac
    done
}

# shellcheck disable=SC2086
{
    apt install -y --no-install-recommends $missing && echo 0 || echo 1
} >"$log.status" &
installer=$!
tail -n +1 -s 0.2 --pid="$installer" -f "$log" | progress
[ "$(cat "$log.status")" = 0 ] || {
    tail -n 30 "$log" >&2
    echo "deps: apt-get failed; its output is in $log" >&2
    echo "deps: without a mirror of Debian, install these packages by other means: doc/building.md, \"Without a network\"" >&2
    exit 1
}
unpack_all
