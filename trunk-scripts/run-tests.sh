#!/bin/sh
# The suites of make check and make test, one after the other; the last line is "N passed, N failed".
# A suite that fails does not keep the next one from running.
#
#   trunk-scripts/run-tests.sh check      what needs no root and no network: nothing is installed, and a suite whose tool
#                                         is missing is skipped with a line that names the package
#   trunk-scripts/run-tests.sh test       every suite. Missing packages are installed first, which needs root;
#                                         a compiler's warning is an error
#
# SUITES='unit e2e' in the environment runs only these.
set -u

cd "$(dirname "$0")/.." || exit 1
began=$(date +%s)
mode=${1:-test}

give_up() {
    echo "make $mode: $1"
    echo "0 passed, 1 failed"
    exit 1
}

case $mode in
check | test) ;;
*)
    echo "usage: trunk-scripts/run-tests.sh check|test" >&2
    exit 2
    ;;
esac

# The options of a make above this one are not meant for the builds here.
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES
jobs=-j$(nproc)

step() {
    echo "==== $* ($(($(date +%s) - began)) s)"
}

if [ "$mode" = test ]; then
    step packages
    trunk-scripts/deps.sh test || give_up "packages are missing"
    trunk-scripts/test-node.sh || give_up "npm packages are missing"
fi

step build
if [ "$mode" = test ]; then
    [ -f objs/configured ] || ./configure --werror=on || give_up "configure failed"
    grep -qx 'WERROR = on' objs/config.mk || ./configure --again --werror=on || give_up "configure failed"
else
    [ -f objs/configured ] || ./configure || give_up "configure failed"
fi
make -s "$jobs" all || give_up "the build failed"

mkdir -p objs/test
summary=objs/test/summary
: >"$summary"

is_wanted() {
    case " ${SUITES:-$1} " in
    *" $1 "*) return 0 ;;
    esac
    return 1
}

# suite NAME command...   keeps the command's last line of the form "NAME: N passed, N failed, N skipped"
suite() {
    name=$1
    shift
    is_wanted "$name" || return 0
    step "$name"
    log=objs/test/$name.log
    : >"$log"
    "$@" >"$log" 2>&1 &
    pid=$!
    tail -n +1 -s 0.2 --pid="$pid" -f "$log" # shows it while it runs
    status=0
    wait "$pid" || status=$?
    line=$(grep -a "^$name: [0-9]* passed, [0-9]* failed, [0-9]* skipped" "$log" | tail -n 1)
    case $line in
    '') line="$name: 0 passed, 1 failed, 0 skipped (it did not finish, exit status $status)" ;;
    *", 0 failed,"*) [ "$status" -eq 0 ] || line="$name: 0 passed, 1 failed, 0 skipped (exit status $status)" ;;
    esac
    echo "$line" >>"$summary"
}

# skip NAME REASON   a suite that this machine cannot run counts as one skipped test
skip() {
    is_wanted "$1" || return 0
    step "$1"
    echo "$1: 0 passed, 0 failed, 1 skipped ($2)" | tee -a "$summary"
}

has_cmocka() {
    echo '#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>' | $(sed -n 's/^CC = //p' objs/config.mk) -E -x c - >/dev/null 2>&1
}

suite layers make -s layers
suite state make -s state
suite headers make -s headers
suite third-party make -s third-party
suite format make -s format-check
suite shellcheck make -s shellcheck

if [ "$mode" = test ]; then
    suite lint sh -c 'make -s lint && echo "lint: 1 passed, 0 failed, 0 skipped"'
    suite unit make -s "$jobs" unit
    # The end-to-end tests mostly wait, so the fuzzers are compiled meanwhile; what fails is told by their suite.
    ahead=
    if is_wanted e2e && is_wanted fuzz; then
        nice -n 19 make -s fuzz-programs FUZZ_OPT=-O0 >/dev/null 2>&1 &
        ahead=$!
    fi
    suite e2e make -s e2e
    [ -z "$ahead" ] || wait "$ahead" || :
    suite fuzz make -s "$jobs" fuzz-short FUZZ_OPT=-O0
else
    if has_cmocka; then
        suite unit make -s "$jobs" unit
    else
        skip unit "cmocka is not installed: apt-get install libcmocka-dev"
    fi
    if /usr/bin/python3 -c 'import pytest' 2>/dev/null; then
        suite e2e make -s e2e-python
    else
        skip e2e "pytest is not installed: apt-get install python3-pytest python3-pytest-xdist"
    fi
fi

step summary
cat "$summary"
awk '
    { passed += $2; failed += $4; skipped += $6 }
    END {
        if (skipped)
            printf "%d skipped\n", skipped
        printf "%d passed, %d failed\n", passed, failed
        exit failed != 0
    }' "$summary"
