#!/bin/sh
# make test: everything, from the packages to a short fuzz; the last line is "N passed, N failed".
# A suite that fails does not keep the next one from running. A compiler's warning is an error here.
#
#   SUITES='unit e2e' trunk-scripts/run-tests.sh      only these (default: all, in the order below)
set -u

cd "$(dirname "$0")/.." || exit 1
began=$(date +%s)

give_up() {
    echo "make test: $1"
    echo "0 passed, 1 failed"
    exit 1
}

# A make above us has its own idea of jobs; this one uses the machine.
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES
jobs=-j$(nproc)

step() {
    echo "==== $* ($(($(date +%s) - began)) s)"
}

step packages
trunk-scripts/deps.sh test || give_up "packages are missing"

step build
[ -f objs/configured ] || ./configure --werror=on || give_up "configure failed"
grep -qx 'WERROR = on' objs/config.mk || ./configure --again --werror=on || give_up "configure failed"
make -s "$jobs" all || give_up "the build failed"

mkdir -p objs/test
summary=objs/test/summary
: >"$summary"

# suite NAME command...   keeps the command's last line of the form "NAME: N passed, N failed, N skipped"
suite() {
    name=$1
    shift
    case " ${SUITES:-$name} " in
    *" $name "*) ;;
    *) return 0 ;;
    esac
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

suite layers make -s layers
suite headers make -s headers
suite third-party trunk-scripts/third-party.sh check
suite lint sh -c 'make -s lint && echo "lint: 1 passed, 0 failed, 0 skipped"'
suite unit make -s "$jobs" unit
suite asan make -s "$jobs" unit-asan
suite e2e make -s e2e
suite fuzz make -s "$jobs" fuzz-short

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
