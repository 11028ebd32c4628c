#!/bin/sh
# Compares the layout of C files with .clang-format, or changes it. Ends with "format: N passed, N failed, N skipped";
# a file is one check.
#
#   trunk-scripts/check-format.sh [FILE...]         show what differs; without FILE, in all C files that are laid out by it
#   trunk-scripts/check-format.sh --fix FILE...     change the files
#
# Versions of clang-format lay some lines out differently, so one version decides. Without it the check is skipped.
set -eu

version=14
formatter=
for program in "clang-format-$version" clang-format; do
    if "$program" --version 2>/dev/null | grep -q "version $version\."; then
        formatter=$program
        break
    fi
done

if [ "${1-}" = --fix ]; then
    shift
    [ -n "$formatter" ] || {
        echo "format: this needs clang-format $version (Debian 12: apt-get install clang-format)" >&2
        exit 1
    }
    exec "$formatter" -i "$@"
fi

if [ -z "$formatter" ]; then
    echo "format: 0 passed, 0 failed, 1 skipped (clang-format $version is not installed, and other versions differ)"
    exit 0
fi
if [ $# -eq 0 ]; then # the folders of STYLED in the Makefile
    cd "$(dirname "$0")/.."
    # shellcheck disable=SC2046
    set -- $(find src test/unit test/fuzz test/tools research/bench research/librtmp -name '*.[ch]')
fi
[ $# -gt 0 ] || {
    echo "format: 0 passed, 1 failed, 0 skipped (no file was given)"
    exit 1
}

# The first line of each difference is shown; make format makes all of them.
found=$("$formatter" --dry-run "$@" 2>&1) || true
failed=$(printf '%s\n' "$found" | sed -n 's/^\([^:]*\):[0-9]*:[0-9]*: warning: .*/\1/p' | sort -u | grep -c .) || true
if [ -n "$found" ]; then
    printf '%s\n' "$found"
    [ "$failed" -gt 0 ] || failed=1
    echo "format: make format lays these files out"
fi
echo "format: $(($# - failed)) passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
