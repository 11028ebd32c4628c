#!/bin/sh
# Installs the npm packages that the end-to-end tests use into objs/test/node, by the lock file in test/e2e/node. If node is
# missing or too old, a line says so, and the tests that need them are skipped.
set -eu
cd "$(dirname "$0")/.."

node_wanted=18 # "engines" of the packages
from=test/e2e/node
to=objs/test/node

skip() {
    echo "test-node: readers of playlists and shaka-player are left out: $*"
    rm -rf "$to"
    exit 0
}

command -v node >/dev/null || skip "node is not installed"
command -v npm >/dev/null || skip "npm is not installed"
version=$(node -p 'process.versions.node.split(".")[0]') || skip "node does not run"
[ "$version" -ge "$node_wanted" ] || skip "node has version $version and $node_wanted is needed"

cmp -s "$from/package-lock.json" "$to/made-from" && exit 0

echo "test-node: installing into $to"
rm -rf "$to"
mkdir -p "$to"
cp "$from/package.json" "$from/package-lock.json" "$to"
if ! (cd "$to" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >npm.log 2>&1); then
    tail -n 20 "$to/npm.log" >&2
    skip "npm ci failed"
fi
cp "$to/package-lock.json" "$to/made-from"
