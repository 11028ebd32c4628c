#!/bin/sh
# make test-distros: builds and tests the sources in a chroot of each supported Debian, with gcc and with clang. The last
# line is "N passed, N failed".
#
#   trunk-scripts/test-distros.sh [RELEASE[/COMPILER]]...      12, 13, unstable; gcc, clang; default: all six
#
#   SUITES='unit e2e'     only these suites of make test (default: all)
#   COMMIT=main           the sources of this commit (default: the files of the working tree that git knows or would add)
#
# Each release is a tree of 3 GB in objs/distros, made once; delete it to make a new one. deps.sh of the sources installs the
# packages. Then configure, make and all tests run with only the loopback. The log of a run is
# objs/distros/RELEASE-COMPILER.log. Needs root with the rights to mount (run-in-tree.sh).
set -eu

cd "$(dirname "$0")/.."
folder=objs/distros

give_up() {
    echo "make test-distros: $1"
    echo "0 passed, 1 failed"
    exit 1
}

suite_of() {
    case $1 in
    12 | bookworm) echo bookworm ;;
    13 | trixie) echo trixie ;;
    unstable | sid) echo sid ;;
    *) give_up "no release '$1': 12, 13 or unstable" >&2 ;;
    esac
}

[ "$(id -u)" -eq 0 ] || give_up "it needs root, to make trees of other releases and to run programs in them"
trunk-scripts/deps.sh test-distros || give_up "packages are missing"
git rev-parse --git-dir >/dev/null 2>&1 || give_up "it takes the sources from git, and this is not a clone"

# unpack FOLDER   the sources as a clean clone has them
unpack() {
    rm -rf "$1"
    mkdir -p "$1"
    if [ -n "${COMMIT-}" ]; then
        git archive "$COMMIT" | tar -x -C "$1"
    else
        git ls-files -z --cached --others --exclude-standard | tar -c --null --ignore-failed-read -T - 2>/dev/null | tar -x -C "$1"
    fi
}

# install_packages RELEASE TREE SOURCES   installs the packages of make test by apt of that release
install_packages() {
    valid=$(apt-config dump --format '%v' Acquire::Check-Valid-Until)
    echo "Acquire::Check-Valid-Until \"${valid:-true}\";" >"$2/etc/apt/apt.conf.d/90made-by-debian-tree"
    cp /etc/resolv.conf "$2/etc/resolv.conf" 2>/dev/null || true
    grep -qs localhost "$2/etc/hosts" || printf '127.0.0.1 localhost\n::1 localhost\n' >>"$2/etc/hosts"
    trunk-scripts/run-in-tree.sh "$2" "$3/trunk-scripts/deps.sh" test
}

# try RELEASE COMPILER
try() {
    name=$1-$2
    log=$folder/$name.log
    suite=$(suite_of "$1")
    tree=$folder/$suite
    line="0 passed, 1 failed"
    trunk-scripts/debian-tree.sh --below "$folder" "$suite" make ca-certificates || return 0
    sources=/srv/$2
    unpack "$tree$sources"
    echo "==== Debian $1, $2: packages"
    install_packages "$1" "$tree" "$sources" || return 0
    echo "==== Debian $1, $2: build and test; tail -f $log"
    # shellcheck disable=SC2016 # for the inner shell
    trunk-scripts/run-in-tree.sh --offline "$tree" sh -c '
        cd "$1" && CC=$2 ./configure --werror=on && SUITES=$3 exec trunk-scripts/run-tests.sh
        ' sh "$sources" "$2" "${SUITES-}" >"$log" 2>&1 </dev/null || true
    sed -n '/^==== summary/,$p' "$log" | grep -a '^[a-z0-9-]*: ' || tail -n 20 "$log"
    line=$(tail -n 1 "$log" | grep -a '^[0-9]* passed, [0-9]* failed$') || line="0 passed, 1 failed"
}

[ $# -gt 0 ] || set -- 12 13 unstable
mkdir -p "$folder"
results=$(mktemp "$folder/results.XXXXXX") # several runs, of different releases, may go on at the same time
trap 'rm -f "$results"' EXIT
for wanted in "$@"; do
    release=${wanted%/*}
    suite_of "$release" >/dev/null || exit 1
    compilers="gcc clang"
    [ "$release" = "$wanted" ] || compilers=${wanted#*/}
    for compiler in $compilers; do
        try "$release" "$compiler"
        echo "Debian $release, $compiler: $line" | tee -a "$results"
    done
done

echo "==== all"
cat "$results"
awk '
    { passed += $(NF - 3); failed += $(NF - 1) }
    END {
        printf "%d passed, %d failed\n", passed, failed
        exit failed != 0
    }' "$results"
