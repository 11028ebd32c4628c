#!/bin/sh
# Runs each fuzzer of objs/fuzz for some seconds over a copy of its corpus. Ends with
# "fuzz: N passed, N failed, 0 skipped".
#
#   trunk-scripts/run-fuzz.sh SECONDS
set -eu

seconds=${1:-4}
passed=0
failed=0
mkdir -p objs/test/fuzz
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_stack_use_after_return=1}"

for fuzzer in objs/fuzz/*_fuzz; do
    [ -x "$fuzzer" ] || continue
    program=${fuzzer##*/}
    name=${program%_fuzz}
    # A fuzzer without a source is left from an old build.
    [ -n "$(find test/fuzz -name "$program.c")" ] || continue
    corpus=objs/test/fuzz/$name
    log=objs/test/fuzz/$name.log
    rm -rf "$corpus" "$corpus.found"
    mkdir -p "$corpus" "$corpus.found"
    [ ! -d "test/fuzz/corpus/$name" ] || cp -r "test/fuzz/corpus/$name/." "$corpus/"
    dictionary=
    [ ! -f "test/fuzz/corpus/$name.dict" ] || dictionary="-dict=test/fuzz/corpus/$name.dict"
    status=0
    # shellcheck disable=SC2086 # no word when there is no dictionary
    timeout $((seconds + 60)) "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=0 \
        -verbosity=1 -artifact_prefix="$corpus.found/" $dictionary "$corpus" >"$log" 2>&1 </dev/null || status=$?
    if [ "$status" -eq 0 ]; then
        passed=$((passed + 1))
        echo "fuzz $name: $(sed -n 's/^Done \([0-9]*\) runs.*/\1 runs/p' "$log"), $(find "$corpus" -type f | wc -l) inputs"
    else
        failed=$((failed + 1))
        echo "---- fuzz $name: exit status $status; the input is in $corpus.found/"
        tail -n 60 "$log"
        echo "----"
    fi
done

if [ $((passed + failed)) -eq 0 ]; then
    echo "fuzz: 0 passed, 1 failed, 0 skipped (there is no fuzzer)"
    exit 1
fi
echo "fuzz: $passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
