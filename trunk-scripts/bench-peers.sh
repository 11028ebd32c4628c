#!/bin/sh
# Installs the npm servers that make bench compares with into objs/peers, by the lock file in research/bench/peers.
# If node is missing or too old, a line says so, and the bench leaves their rows out.
set -eu
cd "$(dirname "$0")/.."

node_wanted=20 # "engines" of the packages
peers=objs/peers

skip() {
    echo "bench: node-media-server is left out: $*"
    rm -rf "$peers"
    exit 0
}

command -v node >/dev/null || skip "node is not installed"
command -v npm >/dev/null || skip "npm is not installed"
version=$(node -p 'process.versions.node.split(".")[0]') || skip "node does not run"
[ "$version" -ge "$node_wanted" ] || skip "node has version $version and $node_wanted is needed"

cmp -s research/bench/peers/package-lock.json "$peers/made-from" && exit 0

echo "bench: installing node-media-server into $peers"
rm -rf "$peers"
mkdir -p "$peers"
cp research/bench/peers/package.json research/bench/peers/package-lock.json "$peers"
if ! (cd "$peers" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >npm.log 2>&1); then
    tail -n 20 "$peers/npm.log" >&2
    skip "npm ci failed"
fi
cp "$peers/package-lock.json" "$peers/made-from"
