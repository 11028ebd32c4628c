#!/bin/sh
# Runs each fuzzer of objs/fuzz for some seconds, or so many runs if that is less, over a copy of its corpus, one on each core. Ends with
# "fuzz: N passed, N failed, 0 skipped".
#
#   trunk-scripts/run-fuzz.sh SECONDS [RUNS]
#   trunk-scripts/run-fuzz.sh --one SECONDS RUNS objs/fuzz/NAME_fuzz
set -eu

export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_stack_use_after_return=1}"

run_one() {
    seconds=$1
    program=${3##*/}
    name=${program%_fuzz}
    corpus=objs/test/fuzz/$name
    log=objs/test/fuzz/$name.log
    rm -rf "$corpus" "$corpus.found"
    mkdir -p "$corpus" "$corpus.found"
    [ ! -d "test/fuzz/corpus/$name" ] || cp -r "test/fuzz/corpus/$name/." "$corpus/"
    dictionary=
    [ ! -f "test/fuzz/corpus/$name.dict" ] || dictionary="-dict=test/fuzz/corpus/$name.dict"
    status=0
    # shellcheck disable=SC2086 # no word when there is no dictionary
    timeout $((seconds + 60)) "$3" -max_total_time="$seconds" -runs="$2" -timeout=10 -rss_limit_mb=1024 -print_final_stats=0 \
        -verbosity=1 -artifact_prefix="$corpus.found/" $dictionary "$corpus" >"$log" 2>&1 </dev/null || status=$?
    if [ "$status" -eq 0 ]; then
        echo "fuzz $name: $(sed -n 's/^Done \([0-9]*\) runs.*/\1 runs/p' "$log"), $(find "$corpus" -type f | wc -l) inputs"
    else
        echo "---- fuzz $name: exit status $status; the input is in $corpus.found/
$(tail -n 60 "$log")
----"
    fi
    echo "$status" >"objs/test/fuzz/$name.status"
}

if [ "${1-}" = --one ]; then
    run_one "$2" "$3" "$4"
    exit 0
fi

seconds=${1:-4}
runs=${2:--1}
mkdir -p objs/test/fuzz
rm -f objs/test/fuzz/*.status
for fuzzer in objs/fuzz/*_fuzz; do
    program=${fuzzer##*/}
    # A fuzzer without a source is left from an old build.
    [ ! -x "$fuzzer" ] || [ -z "$(find test/fuzz -name "$program.c")" ] || echo "$fuzzer"
done >objs/test/fuzz/all
xargs -r -P "$(nproc)" -n 1 "$0" --one "$seconds" "$runs" <objs/test/fuzz/all

started=$(wc -l <objs/test/fuzz/all)
passed=$(cat objs/test/fuzz/*.status 2>/dev/null | grep -cx 0 || true)
if [ "$started" -eq 0 ]; then
    echo "fuzz: 0 passed, 1 failed, 0 skipped (there is no fuzzer)"
    exit 1
fi
echo "fuzz: $passed passed, $((started - passed)) failed, 0 skipped"
[ "$passed" -eq "$started" ]
