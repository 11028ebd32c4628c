#!/bin/sh
# Tries check-layers.sh on a copy of src/: as the tree is it passes, with one deliberate wrong include it fails and says why.
# Ends with "layers-test: N passed, N failed, 0 skipped".
set -eu

cd "$(dirname "$0")/.."
check=$PWD/trunk-scripts/check-layers.sh
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r src "$copy/src"
cd "$copy"

passed=0
failed=0
verdict() { # $1 of a case is right when $2 is 0
    if [ "$2" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "layers-test: $1"
        cat said
    fi
}

# A header more in a file, which may be a new one, must be refused with this text.
refuses() { # file header text
    mkdir -p "$(dirname "src/$1")"
    [ ! -f "src/$1" ] || cp "src/$1" before
    echo "#include $2" >>"src/$1"
    right=0
    "$check" >said && right=1
    grep -q "$3" said || right=1
    verdict "$1 includes $2, and the check does not say: $3" "$right"
    rm "src/$1"
    [ ! -f before ] || mv before "src/$1"
}

right=0
"$check" >said || right=1
verdict "the tree as it is does not pass" "$right"

refuses core/list.h '"protocol/io.h"' 'src/core/list.h: layer core may not include "protocol/io.h"'
refuses kernel/flv.c '<sys/socket.h>' 'src/kernel/flv.c: layer kernel may not include <sys/socket.h>'
refuses protocol/io.c '"build_info.h"' 'src/protocol/io.c: layer protocol may not include "build_info.h"'
refuses app/source/source.h '"app/live/sender.h"' 'src/app/source/source.h: the floor of app/source may not include "app/live/sender.h"'
refuses app/rtmp/conn.c '"app/http/conn.h"' 'src/app/rtmp/conn.c: the floor of app/rtmp may not include "app/http/conn.h"'
refuses app/stat/system/host.c '"app/listener.h"' 'src/app/stat/system/host.c: the floor of app/stat may not include "app/listener.h"'
refuses srs_rtmp/flv.c '"app/listener.h"' 'src/srs_rtmp/flv.c: the client library may not include "app/listener.h"'
refuses protocol/io.c '"srs_rtmp/handle.h"' 'src/protocol/io.c: layer protocol may not include "srs_rtmp/handle.h"'
refuses app/nowhere/file.c '"core/list.h"' 'src/app/nowhere has no floor'
refuses nowhere/file.c '"core/list.h"' 'src/nowhere is no layer'
refuses app/conf/tree.h '"app/conf/parse.h"' 'files that include each other in a circle: .*app/conf/parse'
refuses kernel/frame.h '"kernel/mp4/mux.h"' 'folders that include each other in a circle: .*kernel'

echo "layers-test: $passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
