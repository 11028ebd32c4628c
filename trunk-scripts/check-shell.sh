#!/bin/sh
# Runs shellcheck over every shell script of the repository. Ends with "shellcheck: N passed, N failed, N skipped";
# a file is one check, and without shellcheck all of them are skipped in one line.
set -eu

cd "$(dirname "$0")/.."

if ! command -v shellcheck >/dev/null; then
    echo "shellcheck: 0 passed, 0 failed, 1 skipped (shellcheck is not installed: apt-get install shellcheck)"
    exit 0
fi

passed=0
failed=0
# A script is a file whose first line names a shell.
for file in $(find configure .ci trunk-scripts etc research test -type f -exec awk '
        FNR == 1 && /^#!.*sh$/ { print FILENAME }
        { nextfile }' {} + | sort); do
    if shellcheck "$file"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done
[ "$passed" -gt 0 ] || failed=1
echo "shellcheck: $passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
