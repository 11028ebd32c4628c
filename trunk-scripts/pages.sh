#!/bin/sh
# make pages: the web pages of research/players, with what they need from npm.
#
#   trunk-scripts/pages.sh [FOLDER]      default objs/nginx/html
#
# Only what changed is copied, and a page that somebody else put there stays.
set -eu

cd "$(dirname "$0")/.."
from=research/players
modules=objs/players
to=${1:-objs/nginx/html}

command -v npm >/dev/null || {
    echo "pages: npm is missing; trunk-scripts/deps.sh pages installs it" >&2
    exit 1
}

mkdir -p "$modules" "$to"
if ! cmp -s "$from/package-lock.json" "$modules/package-lock.json" || [ ! -f "$modules/complete" ]; then
    rm -f "$modules/complete"
    cp "$from/package.json" "$from/package-lock.json" "$modules/"
    npm ci --prefix "$modules" --ignore-scripts --omit=dev --no-audit --no-fund --loglevel=error
    : >"$modules/complete"
fi

# put FILE PLACE
put() {
    cmp -s "$1" "$to/$2" && return
    mkdir -p "$to/$(dirname "$2")"
    cp "$1" "$to/$2.new"
    mv -f "$to/$2.new" "$to/$2"
}

(cd "$from/html" && find . -type f) | while read -r file; do
    put "$from/html/$file" "${file#./}"
done
put "$modules/node_modules/mpegts.js/dist/mpegts.js" players/js/mpegts.js
put "$modules/node_modules/mpegts.js/LICENSE" players/js/mpegts.js.LICENSE
