#!/bin/sh
# make install: the server, its configs, manual, pages and service files below DESTDIR and PREFIX.
#
#   trunk-scripts/install.sh DESTDIR PREFIX
#
# A config file that is there already and differs is its owner's: the new one goes beside it as NAME.dist.
set -eu

cd "$(dirname "$0")/.."
prefix=$2
to=$1$prefix

put_dir() {
    mkdir -p "$to/$1"
}

# put MODE FILE PLACE   replaces a running server's file without touching the one that runs
put() {
    install -m "$1" "$2" "$to/$3.new"
    mv -f "$to/$3.new" "$to/$3"
}

put_conf() {
    if [ -f "$to/$2" ] && ! cmp -s "$1" "$to/$2"; then
        put 644 "$1" "$2.dist"
        echo "install: $to/$2 is kept; the new one is $2.dist"
    else
        put 644 "$1" "$2"
    fi
}

put_dir objs/nginx/html
put_dir conf
put_dir etc/init.d
put_dir etc/logrotate.d
put_dir usr/lib/systemd/system
put_dir share/man/man8

put 755 objs/srs objs/srs

find conf -type f ! -name '.*' | sort | while read -r file; do
    mkdir -p "$to/$(dirname "$file")"
    put_conf "$file" "$file"
done

# the web pages, where they were built
[ ! -f objs/players/made ] || trunk-scripts/pages.sh "$to/objs/nginx/html"

quoted=$(printf '%s' "$prefix" | sed 's/[&|\\]/\\&/g')
stage=objs/install
mkdir -p "$stage"
trap 'rm -rf "$stage"' EXIT
sed "s|^ROOT=.*|ROOT=\"$quoted\"|" etc/init.d/srs >"$stage/srs"
put 755 "$stage/srs" etc/init.d/srs
sed "s|@PREFIX@|$quoted|g" etc/logrotate.d/srs >"$stage/logrotate"
put 644 "$stage/logrotate" etc/logrotate.d/srs
put 644 etc/systemd/srs.service usr/lib/systemd/system/srs.service
put 644 doc/srs.8 share/man/man8/srs.8

echo "install: $to"
echo "install: to start it at boot: ln -sf $prefix/etc/init.d/srs /etc/init.d/srs"
echo "install:   cp $prefix/usr/lib/systemd/system/srs.service /usr/lib/systemd/system/ && systemctl enable --now srs"
