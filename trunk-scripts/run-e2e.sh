#!/bin/sh
# Runs the end-to-end tests against ./objs/srs with Debian's Python, whichever python3 is first in PATH. Ends with
# "e2e: N passed, N failed, N skipped".
#
#   trunk-scripts/run-e2e.sh [pytest's arguments]
set -eu

mkdir -p objs/test/e2e
report=objs/test/e2e/report.xml
rm -f "$report"

[ -d test/e2e ] || {
    echo "e2e: 0 passed, 1 failed, 0 skipped (there is no end-to-end test)"
    exit 1
}
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_stack_use_after_return=0}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
export PYTHONDONTWRITEBYTECODE=1
# Settings for another Python of this machine do not apply.
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV PYTEST_ADDOPTS 2>/dev/null || true

status=0
/usr/bin/python3 -m pytest -q -rs -p no:cacheprovider --junitxml="$report" -o junit_logging=no "${@:-test/e2e}" </dev/null || status=$?

/usr/bin/python3 - "$report" "$status" <<'END'
import sys
import xml.etree.ElementTree as tree

report, status = sys.argv[1], int(sys.argv[2])
try:
    suites = list(tree.parse(report).getroot().iter("testsuite"))
except (OSError, tree.ParseError):
    suites = []
number = lambda name: sum(int(suite.get(name, 0)) for suite in suites)
failed = number("failures") + number("errors")
skipped = number("skipped")
passed = max(0, number("tests") - failed - skipped)
if failed == 0 and (status != 0 or passed == 0):
    failed = 1  # pytest itself failed, or ran nothing
print(f"e2e: {passed} passed, {failed} failed, {skipped} skipped")
sys.exit(failed != 0)
END
