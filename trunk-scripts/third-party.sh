#!/bin/sh
# Checks the third-party sources in third_party/, and fetches them again from their origin.
#
#   trunk-scripts/third-party.sh check        compare with the checksums in the repository; needs no network
#   trunk-scripts/third-party.sh upstream     fetch everything again, from Debian and npm, and compare
#   trunk-scripts/third-party.sh refresh      replace the players of the web pages by those that their package-lock.json name
#
# check ends with "third-party: N passed, N failed, 0 skipped"; upstream and refresh are needed to change a version.
set -eu

cd "$(dirname "$0")/.."
root=$PWD
there=$root/third_party
work=$root/objs/third-party

fail() {
    echo "third-party: $*" >&2
    exit 1
}

check() {
    passed=0
    failed=0
    for sums in "$there"/*/SHA256SUMS; do
        if (cd "${sums%/*}" && sha256sum --quiet -c SHA256SUMS); then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
        fi
    done
    echo "third-party: $passed passed, $failed failed, 0 skipped"
    [ "$failed" -eq 0 ]
}

# ---- the players of the web pages, from npm -------------------------------------------------------------------

NPM="mpegts.js hls.js dash.js"

# The files that are taken from the packages of a folder: FILE-IN-NODE_MODULES PLACE
npm_files() {
    case $1 in
    mpegts.js)
        cat <<'END'
mpegts.js/dist/mpegts.js mpegts.js
mpegts.js/dist/mpegts.js.LICENSE.txt mpegts.js.LICENSE.txt
mpegts.js/LICENSE LICENSE
es6-promise/LICENSE LICENSE.es6-promise
events/LICENSE LICENSE.events
END
        ;;
    hls.js)
        cat <<'END'
hls.js/dist/hls.min.js hls.min.js
hls.js/LICENSE LICENSE
eventemitter3/LICENSE LICENSE.eventemitter3
url-toolkit/LICENSE LICENSE.url-toolkit
END
        ;;
    dash.js)
        cat <<'END'
dashjs/dist/modern/umd/dash.mediaplayer.min.js dash.mediaplayer.min.js
dashjs/dist/modern/umd/dash.mediaplayer.min.js.LICENSE.txt dash.mediaplayer.min.js.LICENSE.txt
dashjs/LICENSE.md LICENSE.md
licences LICENSES.txt
END
        ;;
    esac
}

# The packages whose code is inside the bundle of dash.js, for LICENSES.txt.
IN_DASH="@svta/cml-608 @svta/cml-cmcd @svta/cml-cmsd @svta/cml-cta @svta/cml-dash @svta/cml-id3
    @svta/cml-structured-field-values @svta/cml-utils @svta/cml-xml base64-js bcp-47-match buffer codem-isoboxer events
    fast-deep-equal ieee754 imsc inherits path-browserify readable-stream safe-buffer sax stream-browserify string_decoder
    util-deprecate"

# write_licences NODE_MODULES: equal texts are written once, below the names of all packages that have them.
write_licences() {
    (
        cd "$1"
        for package in $IN_DASH; do
            file=$(find "$package/" -maxdepth 1 -iname 'licen[sc]e*' ! -name '*.html' | sort | head -n 1)
            [ -n "$file" ] || fail "$package has no licence"
            echo "$(sha256sum <"$file" | cut -c1-64) $package $file"
        done | awk '
            { names[$1] = names[$1] " " $2; if (!($1 in file)) { file[$1] = $3; order[++n] = $1 } }
            END { for (i = 1; i <= n; i++) print file[order[i]] names[order[i]] }' | while read -r file packages; do
            printf '==== %s\n\n' "$packages"
            cat "$file"
            printf '\n\n'
        done >licences
    )
}

# npm compares each package with the checksum in the lock file, and runs none of its scripts.
fetch_npm() {
    command -v npm >/dev/null || fail "this needs npm: apt-get install npm"
    rm -rf "${work:?}/$1"
    mkdir -p "$work/$1"
    cp "$there/$1/package.json" "$there/$1/package-lock.json" "$work/$1/"
    npm ci --prefix "$work/$1" --ignore-scripts --no-audit --no-fund --loglevel=error ||
        fail "npm cannot install what package-lock.json of $1 names"
    [ "$1" != dash.js ] || write_licences "$work/$1/node_modules"
}

compare_npm() {
    fetch_npm "$1"
    npm_files "$1" | while read -r file place; do
        cmp "$work/$1/node_modules/$file" "$there/$1/$place" || exit 1
    done || fail "$1 differs from the package on npm"
    echo "third-party: $1 is the same as on npm"
}

refresh() {
    fetch_npm "$1"
    npm_files "$1" | while read -r file place; do
        install -m 644 "$work/$1/node_modules/$file" "$there/$1/$place"
    done
    # shellcheck disable=SC2046 # names without blanks
    (cd "$there/$1" && sha256sum $(npm_files "$1" | cut -d' ' -f2) >SHA256SUMS)
}

# ---- state-threads, from Debian ------------------------------------------------------------------------------

# Writes a deb-src entry for each deb entry of the machine, in the one-line and in the deb822 form.
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

# Uses the machine's own apt sources in a private folder, and changes nothing of the system's apt.
fetch_st() {
    command -v dpkg-source >/dev/null || fail "this needs dpkg-source: apt-get install dpkg-dev"
    rm -rf "$work/st"
    mkdir -p "$work/st/apt/sources.list.d" "$work/st/apt/lists/partial" "$work/st/apt/cache/archives/partial"
    write_sources "$work/st/apt/sources.list.d"
    {
        echo "Dir::Etc::SourceList \"/dev/null\";"
        echo "Dir::Etc::SourceParts \"$work/st/apt/sources.list.d\";"
        echo "Dir::State::Lists \"$work/st/apt/lists\";"
        echo "Dir::Cache \"$work/st/apt/cache\";"
        echo "Acquire::Languages \"none\";"
        echo "APT::Sandbox::User \"$(id -un)\";"
    } >"$work/st/apt/apt.conf"
    export APT_CONFIG="$work/st/apt/apt.conf"
    # Some source may be down. That matters only if it is the one that has st.
    apt-get -q update >"$work/st/log" 2>&1 || true
    (cd "$work/st" && apt-get -q source st=1.9-3.2) >>"$work/st/log" 2>&1 || {
        tail -n 20 "$work/st/log" >&2
        fail "this machine's apt sources do not have the source package st 1.9-3.2"
    }
    unset APT_CONFIG
}

compare_st() {
    fetch_st
    cmp "$work/st/st_1.9.orig.tar.gz" "$there/state-threads/st_1.9.orig.tar.gz" || fail "the release of state-threads differs"
    diff -r -x series "$work/st/st-1.9/debian/patches" "$there/state-threads/patches/debian" || fail "Debian's patches differ"
    echo "third-party: state-threads is the same as in Debian"
}

case ${1-} in
check) check ;;
upstream)
    for package in $NPM; do
        compare_npm "$package"
    done
    compare_st
    ;;
refresh)
    for package in $NPM; do
        refresh "$package"
    done
    git --no-pager diff --stat -- third_party
    ;;
*)
    echo "usage: trunk-scripts/third-party.sh check|upstream|refresh" >&2
    exit 2
    ;;
esac
