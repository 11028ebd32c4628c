#!/bin/sh
# make pages: the web pages of research/players, with mpegts.js, hls.js and dash.js of third_party, and the console.
#
#   trunk-scripts/pages.sh [FOLDER]      default objs/nginx/html
#
# Copies only files that differ, and leaves other pages in the folder alone.
set -eu

cd "$(dirname "$0")/.."
pages=research/players/html
third=third_party
to=${1:-objs/nginx/html}

for folder in mpegts.js hls.js dash.js; do
    (cd "$third/$folder" && sha256sum --quiet -c SHA256SUMS) || {
        echo "pages: $third/$folder does not fit its SHA256SUMS; to restore it: git checkout $third/$folder" >&2
        exit 1
    }
done

# put FILE PLACE
put() {
    cmp -s "$1" "$to/$2" && return
    mkdir -p "$to/$(dirname "$2")"
    cp "$1" "$to/$2.new"
    mv -f "$to/$2.new" "$to/$2"
}

trunk-scripts/console.sh check

# put_all FOLDER PLACE
put_all() {
    (cd "$1" && find . -type f) | while read -r file; do
        put "$1/$file" "$2${file#./}"
    done
}

mkdir -p "$to"
put_all "$pages" ""
put_all research/console/dist console/
# The API's port serves nothing but the console, so the player of the pages has a name below it too.
[ "$(readlink "$to/console/player")" = ../players/js ] || ln -sfn ../players/js "$to/console/player"

put "$third/mpegts.js/mpegts.js" players/js/mpegts.js
put "$third/mpegts.js/LICENSE" players/js/mpegts.js.LICENSE
put "$third/mpegts.js/mpegts.js.LICENSE.txt" players/js/mpegts.js.LICENSE.txt # mpegts.js itself uses this name
put "$third/mpegts.js/LICENSE.es6-promise" players/js/LICENSE.es6-promise
put "$third/mpegts.js/LICENSE.events" players/js/LICENSE.events

put "$third/hls.js/hls.min.js" players/js/hls.min.js
put "$third/hls.js/LICENSE" players/js/hls.js.LICENSE
put "$third/hls.js/LICENSE.eventemitter3" players/js/LICENSE.eventemitter3
put "$third/hls.js/LICENSE.url-toolkit" players/js/LICENSE.url-toolkit

put "$third/dash.js/dash.mediaplayer.min.js" players/js/dash.mediaplayer.min.js
put "$third/dash.js/dash.mediaplayer.min.js.LICENSE.txt" players/js/dash.mediaplayer.min.js.LICENSE.txt # likewise
put "$third/dash.js/LICENSE.md" players/js/dash.js.LICENSE.md
put "$third/dash.js/LICENSES.txt" players/js/dash.js.LICENSES.txt
