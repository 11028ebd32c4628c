#!/bin/sh
# Checks that each header compiles alone and has a guard. Ends with "headers: N passed, N failed, 0 skipped".
#
#   trunk-scripts/check-headers.sh 'CC and its flags' HEADER...
set -eu

compile=$1
shift
passed=0
failed=0
for header in "$@"; do
    # Included twice: without a guard, its types would be defined twice.
    # shellcheck disable=SC2086 # words
    if printf '#include "%s"\n#include "%s"\n' "${header#src/}" "${header#src/}" | $compile -fsyntax-only -x c -; then
        passed=$((passed + 1))
    else
        echo "$header: does not compile alone"
        failed=$((failed + 1))
    fi
done
[ $((passed + failed)) -gt 0 ] || failed=1
echo "headers: $passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
