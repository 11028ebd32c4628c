#!/bin/sh
# Who includes whom in src/: each layer includes itself and the layers before it, and inside src/app each floor does likewise.
# There is no circle of files (a .c and its .h count as one) and none of folders. check-layers-test.sh tries this script.
# Ends with "layers: N passed, N failed, 0 skipped": a file is one check, the circles of files and those of folders one each.
set -eu

layers="core kernel protocol app main srs_rtmp"

# The floors of src/app, the lowest first. Folders on one line share a floor and do not include each other. Files that lie in
# src/app itself are the top floor: the tables, and the order of start and end.
floors="
conf
stat
source
session
bans
limits
auth
live
tls
server
segment
program
ffmpeg
vod
sound
rtmp http
caster exec hold hls dash hds dvr hooks snapshot
rtc
forward ingest transcode
relay
edge
cluster
doctor memory
api exporter
heartbeat
"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Lines "FILE WHAT": what each file includes, "folder/name.h" or <name.h>.
find src -name '*.[ch]' | sort >"$work/files"
# shellcheck disable=SC2016
xargs awk '/^[ \t]*#[ \t]*include[ \t]*["<]/ {
    sub(/^[ \t]*#[ \t]*include[ \t]*/, "")
    print FILENAME, substr($0, 1, 1 + match(substr($0, 2), /[">]/))
}' <"$work/files" >"$work/includes"

# A line for each include, or folder, that is against the order.
awk -v layers="$layers" -v floors="$floors" '
function bad(why) {
    print $1 ": " why
}
function part(path, n,    names) { # the n-th folder of a path, "" when there is none
    return n < split(path, names, "/") ? names[n] : ""
}
function floor_of(path,    folder) { # of what lies in src/app
    folder = part(path, 2)
    return folder == "" ? n_floors + 1 : floor[folder]
}
BEGIN {
    for (n = split(layers, names, " "); n > 0; n--)
        layer[names[n]] = n
    n_floors = split(substr(floors, 2, length(floors) - 2), rows, "\n")
    for (row = 1; row <= n_floors; row++)
        for (n = split(rows[row], names, " "); n > 0; n--)
            floor[names[n]] = row
}
FILENAME ~ /files$/ {
    path = substr($1, length("src/") + 1)
    if (!(part(path, 1) in layer))
        bad("src/" part(path, 1) " is no layer")
    else if (part(path, 1) == "app" && !floor_of(path))
        bad("src/app/" part(path, 2) " has no floor: see the table in check-layers.sh")
    next
}
{
    from = substr($1, length("src/") + 1)
    what = substr($2, 2, length($2) - 2)
    lower = part(from, 1) == "core" || part(from, 1) == "kernel"
}
# What knows of no socket must not get one from the system either.
$2 ~ /^</ {
    if (lower && what ~ /^(st\.h|sys\/socket\.h|netinet\/.*|sys\/epoll\.h)$/)
        bad("layer " part(from, 1) " may not include " $2)
    next
}
# The server knows how it was built, its parts do not.
what == "build_info.h" && layer[part(from, 1)] >= layer["app"] {
    next
}
# The client library stands beside the server, on what both are made of.
part(from, 1) == "srs_rtmp" && (part(what, 1) == "app" || part(what, 1) == "main") {
    bad("the client library may not include " $2)
    next
}
!(part(what, 1) in layer) || layer[part(what, 1)] > layer[part(from, 1)] {
    bad("layer " part(from, 1) " may not include " $2)
    next
}
part(from, 1) == "app" && part(what, 1) == "app" {
    here = floor_of(from)
    there = floor_of(what)
    if (there > here || (there == here && part(from, 2) != part(what, 2)))
        bad("the floor of app/" part(from, 2) " may not include " $2)
}' "$work/files" "$work/includes" >"$work/bad"
cat "$work/bad"

# What includes what, files without their endings, and folders.
awk -v folders="$work/between_folders" '
function folder(path) {
    sub(/\/[^\/]*$/, "", path)
    return path
}
$2 ~ /^".*\// {
    from = substr($1, length("src/") + 1)
    what = substr($2, 2, length($2) - 2)
    sub(/\.[ch]$/, "", from)
    sub(/\.h$/, "", what)
    if (from != what)
        print from, what
    if (folder(from) != folder(what))
        print folder(from), folder(what) >folders
}' "$work/includes" >"$work/between_files"

n_circles=0
for kind in files folders; do
    if ! tsort "$work/between_$kind" >"$work/order" 2>"$work/circle"; then
        n_circles=$((n_circles + 1))
        awk -v kind="$kind" '
            / loop:$/ { printf "%s%s that include each other in a circle:", n++ ? "\n" : "", kind; next }
            { printf " %s", $2 }
            END { print "" }' "$work/circle"
    fi
done

n_files=$(wc -l <"$work/files")
n_bad=$(cut -d: -f1 "$work/bad" | sort -u | wc -l)
[ "$n_files" -gt 0 ] || n_bad=1
failed=$((n_bad + n_circles))
echo "layers: $((n_files + 2 - failed)) passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
