#!/bin/sh
# The server inside valgrind, for SRS_BIN of the end-to-end tests: exit status 99 on any error or leak.
exec valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,possible --num-callers=30 \
    "$(dirname "$0")/../objs/srs" "$@"
