#!/bin/sh
# Checks that doc/architecture.md lists, under "State of a process", exactly those files of src/ that have writable variables.
# So a reader finds there all state that a second loop would share, or that a test leaves behind.
#
#   check-state.sh OBJECTS SOURCE...     OBJECTS: where the objects of the sources lie, by the same paths
# Ends with "state: N passed, N failed, 0 skipped"; a file is one check.
set -eu

objects=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Constants with addresses in them are in .data.rel.ro and do not count.
for source; do
    if objdump -t "$objects/${source%.c}.o" | awk '
            $NF !~ /^\./ && / \.(bss|tbss|data|data\.rel|data\.rel\.local)\t/ { n++ }
            END { exit !n }'; then
        source=${source#src/}
        echo "${source%.c}"
    fi
done | sort >"$work/have"
# shellcheck disable=SC2016 # backquotes in Markdown
sed -n '/^## State of a process/,/^## [^S]/s/^| `\([^`]*\)` |.*/\1/p' doc/architecture.md | sort >"$work/listed"

comm -23 "$work/have" "$work/listed" | sed 's|.*|src/&.c keeps variables, and doc/architecture.md does not list it under "State of a process"|'
comm -13 "$work/have" "$work/listed" | sed 's|.*|doc/architecture.md lists the state of src/&.c, which has none|'
failed=$(comm -3 "$work/have" "$work/listed" | wc -l)
echo "state: $(comm -12 "$work/have" "$work/listed" | wc -l) passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
