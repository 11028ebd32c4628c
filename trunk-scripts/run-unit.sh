#!/bin/sh
# Runs cmocka programs, two on each core because many of them wait, and shows the output of those that fail. Ends with
# "unit: N passed, N failed, N skipped".
#
#   trunk-scripts/run-unit.sh PROGRAM...        TEST_WRAPPER="valgrind …" runs each inside valgrind
#   trunk-scripts/run-unit.sh --one PROGRAM     for this script itself: one of them, its counts go to the file of $COUNTS
set -eu

export SUITE="${SUITE:-unit}" # the name in what is printed
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"

# The names of the tests with this result. cmocka lists skipped tests twice.
names() {
    sed -n "s/^\[ *$1 *\] \([a-zA-Z_][a-zA-Z_0-9]*\)\$/\1/p" "$log" | sort -u
}

count() {
    names "$1" | wc -l
}

# What is to be said of one program, as a whole: others run beside it.
tell() {
    if [ "$bad" -gt 0 ]; then
        echo "---- $name: exit status $status"
        cat "$log"
        echo "----"
    else
        echo "$SUITE $name: $ok passed"
    fi
    [ "$skip" -eq 0 ] || names SKIPPED | sed "s|^|$SUITE $name: skipped: |"
    echo "$ok $bad $skip" >>"$COUNTS"
}

run_one() {
    log=$(mktemp "$COUNTS.XXXXXX")
    trap 'rm -f "$log"' EXIT
    status=0
    # shellcheck disable=SC2086 # the wrapper is words
    timeout 120 ${TEST_WRAPPER-} "$1" </dev/null >"$log" 2>&1 || status=$?
    ok=$(count OK)
    skip=$(count SKIPPED)
    bad=$(count FAILED)
    name=${1#*/test/unit/}
    # A program that breaks off, or has no test, has failed too.
    if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ $((ok + skip)) -eq 0 ]; }; then
        bad=1
    fi
    exec 9>>"$COUNTS"
    flock 9
    tell
}

if [ "${1-}" = --one ]; then
    run_one "$2"
    exit 0
fi

[ $# -gt 0 ] || {
    echo "$SUITE: 0 passed, 1 failed, 0 skipped (there is no unit test)"
    exit 1
}

mkdir -p objs/test
COUNTS=$(mktemp objs/test/unit.XXXXXX)
export COUNTS
trap 'rm -f "$COUNTS" "$COUNTS".*' EXIT

printf '%s\n' "$@" | xargs -P $((2 * $(nproc))) -n 1 "$0" --one

# A program without a line has not been run to its end.
awk -v suite="$SUITE" -v programs=$# '
    { passed += $1; failed += $2; skipped += $3 }
    END {
        failed += programs - NR
        print suite ": " passed + 0 " passed, " failed + 0 " failed, " skipped + 0 " skipped"
        exit failed > 0
    }' "$COUNTS"
