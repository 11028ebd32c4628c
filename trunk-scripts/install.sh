#!/bin/sh
# make install: the server, its configs, manual, pages and service files, and the client library, below DESTDIR and PREFIX.
#
#   trunk-scripts/install.sh DESTDIR PREFIX [UNITDIR]
#
# A config file that exists already and differs is kept; the new one goes beside it as NAME.dist. The systemd unit goes below
# the prefix, and also to UNITDIR, where systemd looks. UNITDIR is /usr/local/lib/systemd/system unless it is given; then a
# prefix outside /usr, /usr/local and /opt is taken for a private installation, and systemd is left alone.
set -eu

cd "$(dirname "$0")/.."
prefix=$2
to=$1$prefix

put_dir() {
    mkdir -p "$to/$1"
}

# put MODE FILE PLACE   replaces the file by renaming, so that a running server keeps the one it has open
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

put_dir include
put_dir lib/pkgconfig

put 755 objs/srs objs/srs
put 644 objs/lib/libsrs_rtmp.a lib/libsrs_rtmp.a
put 644 src/srs_rtmp/srs_rtmp.h include/srs_rtmp.h

find conf -type f ! -name '.*' | sort | while read -r file; do
    mkdir -p "$to/$(dirname "$file")"
    put_conf "$file" "$file"
done

# The web pages, if they were built.
[ ! -f objs/players/made ] || trunk-scripts/pages.sh "$to/objs/nginx/html"

quoted=$(printf '%s' "$prefix" | sed 's/[&|\\]/\\&/g')
stage=$(mktemp -d objs/install.XXXXXX)
trap 'rm -rf "$stage"' EXIT
sed "s|^ROOT=.*|ROOT=\"$quoted\"|" etc/init.d/srs >"$stage/srs"
put 755 "$stage/srs" etc/init.d/srs
version=$(sed -n 's/^#define VERSION "\(.*\)"$/\1/p' src/core/version.h)
sed "s|@PREFIX@|$quoted|g; s|@VERSION@|$version|g" src/srs_rtmp/srs_rtmp.pc.in >"$stage/srs_rtmp.pc"
put 644 "$stage/srs_rtmp.pc" lib/pkgconfig/srs_rtmp.pc
sed "s|@PREFIX@|$quoted|g" etc/logrotate.d/srs >"$stage/logrotate"
put 644 "$stage/logrotate" etc/logrotate.d/srs
sed "s|@PREFIX@|$quoted|g" etc/systemd/srs.service >"$stage/srs.service"
put 644 "$stage/srs.service" usr/lib/systemd/system/srs.service
put 644 doc/srs.8 share/man/man8/srs.8

units=${3-}
if [ -z "$units" ]; then
    case $prefix in
    /usr | /usr/* | /opt | /opt/*) units=/usr/local/lib/systemd/system ;;
    esac
fi
has_unit=no
if [ -n "$units" ] && mkdir -p "$1$units" 2>/dev/null && [ -w "$1$units" ]; then
    install -m 644 "$stage/srs.service" "$1$units/srs.service"
    has_unit=yes
fi

echo "install: $to"
if [ $has_unit = yes ]; then
    echo "install: to start it at boot by systemd: systemctl daemon-reload && systemctl enable --now srs"
else
    echo "install: to start it at boot by systemd, as root:"
    echo "install:   cp $prefix/usr/lib/systemd/system/srs.service /etc/systemd/system/ && systemctl daemon-reload && systemctl enable --now srs"
fi
echo "install: to start it at boot by init.d: ln -sf $prefix/etc/init.d/srs /etc/init.d/srs"
