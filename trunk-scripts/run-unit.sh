#!/bin/sh
# Runs cmocka programs and shows the output of those that fail. Ends with "unit: N passed, N failed, N skipped".
#
#   trunk-scripts/run-unit.sh PROGRAM...        TEST_WRAPPER="valgrind …" runs each inside valgrind
set -eu

suite=${SUITE:-unit} # the name in what is printed
[ $# -gt 0 ] || {
    echo "$suite: 0 passed, 1 failed, 0 skipped (there is no unit test)"
    exit 1
}

mkdir -p objs/test
log=$(mktemp objs/test/unit.XXXXXX)
trap 'rm -f "$log"' EXIT

export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"

# The names of the tests with this result. cmocka lists skipped tests twice.
names() {
    sed -n "s/^\[ *$1 *\] \([a-zA-Z_][a-zA-Z_0-9]*\)\$/\1/p" "$log" | sort -u
}

count() {
    names "$1" | wc -l
}

passed=0
failed=0
skipped=0
for program in "$@"; do
    status=0
    # shellcheck disable=SC2086 # the wrapper is words
    timeout 120 ${TEST_WRAPPER-} "$program" </dev/null >"$log" 2>&1 || status=$?
    ok=$(count OK)
    skip=$(count SKIPPED)
    bad=$(count FAILED)
    name=${program#*/test/unit/}
    if [ "$status" -ne 0 ] || [ "$bad" -gt 0 ] || [ $((ok + skip)) -eq 0 ]; then
        [ "$bad" -gt 0 ] || bad=1
        echo "---- $name: exit status $status"
        cat "$log"
        echo "----"
    else
        echo "$suite $name: $ok passed"
    fi
    [ "$skip" -eq 0 ] || names SKIPPED | sed "s|^|$suite $name: skipped: |"
    passed=$((passed + ok))
    failed=$((failed + bad))
    skipped=$((skipped + skip))
done
echo "$suite: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
