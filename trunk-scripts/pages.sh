#!/bin/sh
# make pages: the web pages of research/players, with mpegts.js of third_party.
#
#   trunk-scripts/pages.sh [FOLDER]      default objs/nginx/html
#
# Copies only files that differ, and leaves other pages in the folder alone.
set -eu

cd "$(dirname "$0")/.."
pages=research/players/html
mpegts=third_party/mpegts.js
to=${1:-objs/nginx/html}

(cd "$mpegts" && sha256sum --quiet -c SHA256SUMS) || {
    echo "pages: $mpegts does not fit its SHA256SUMS; to restore it: git checkout $mpegts" >&2
    exit 1
}

# put FILE PLACE
put() {
    cmp -s "$1" "$to/$2" && return
    mkdir -p "$to/$(dirname "$2")"
    cp "$1" "$to/$2.new"
    mv -f "$to/$2.new" "$to/$2"
}

mkdir -p "$to"
(cd "$pages" && find . -type f) | while read -r file; do
    put "$pages/$file" "${file#./}"
done
put "$mpegts/mpegts.js" players/js/mpegts.js
put "$mpegts/LICENSE" players/js/mpegts.js.LICENSE
put "$mpegts/mpegts.js.LICENSE.txt" players/js/mpegts.js.LICENSE.txt # mpegts.js itself uses this name
put "$mpegts/LICENSE.es6-promise" players/js/LICENSE.es6-promise
put "$mpegts/LICENSE.events" players/js/LICENSE.events
