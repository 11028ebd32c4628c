#!/bin/sh
# make test-clients: client programs of this Debian, of Debian 13 and of Debian testing against ./objs/srs. The last
# line is "N passed, N failed".
#
#   trunk-scripts/test-clients.sh [--only WORD] [--verbose]      test/clients/run.py's arguments
#
# The other releases are minimal trees in objs/, a gigabyte each, run by chroot; this needs root. Debian 13 has the first
# ffmpeg that sends HEVC, AV1 and VP9. The other parts of enhanced RTMP (Opus, FLAC, AC-3, several tracks) need the newer
# ffmpeg of Debian testing, which is left out if its tree cannot be made.
set -eu

cd "$(dirname "$0")/.."

give_up() {
    echo "make test-clients: $1"
    echo "0 passed, 1 failed"
    exit 1
}

# The options of a make above this one are not meant for the builds here.
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES 2>/dev/null || true
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV 2>/dev/null || true
export PYTHONDONTWRITEBYTECODE=1

[ "$(id -u)" -eq 0 ] || give_up "it needs root, to install packages and to run the programs of another Debian by chroot"
trunk-scripts/deps.sh test-clients || give_up "packages are missing"
[ -f objs/configured ] || ./configure || give_up "configure failed"
make -s "-j$(nproc)" all || give_up "the build failed"

clients="ffmpeg mpv rtmpdump vlc-bin vlc-plugin-base gstreamer1.0-tools gstreamer1.0-plugins-base
    gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav"
# shellcheck disable=SC2086 # words
trunk-scripts/debian-tree.sh trixie $clients || give_up "there is no Debian 13 to take clients from"
trees=objs/trixie
# shellcheck disable=SC2086
if trunk-scripts/debian-tree.sh forky $clients; then
    trees="$trees objs/forky"
else
    echo "make test-clients: going on without the clients of Debian testing"
fi

rm -rf objs/test/clients/logs
# shellcheck disable=SC2086
exec /usr/bin/python3 test/clients/run.py --logs objs/test/clients/logs "$@" -- $trees
