#!/bin/sh
# make demo: starts a server with conf/srs.conf, publishes the sample clip to it in a loop, and says where to watch it.
# make demo-stop: ends both, by their recorded process ids.
#
#   trunk-scripts/demo.sh start|stop
#
# Other ports: DEMO_PORT=1935 (RTMP), DEMO_HTTP_PORT=8080 (streams and pages), DEMO_API_PORT=1985.
set -eu

cd "$(dirname "$0")/.."
dir=objs/demo
port=${DEMO_PORT:-1935}
http_port=${DEMO_HTTP_PORT:-8080}
api_port=${DEMO_API_PORT:-1985}
stream=live/livestream

# The start time of a process, in clock ticks since boot. It tells a process from a later one with the same pid.
began_at() {
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

# remember NAME PID
remember() {
    echo "$2 $(began_at "$2")" >"$dir/$1.pid"
}

# Prints the pid of a remembered process if that same process still runs.
running() {
    [ -f "$dir/$1.pid" ] || return 1
    read -r pid began <"$dir/$1.pid" || return 1
    [ -n "$began" ] && [ "$(began_at "$pid")" = "$began" ] || return 1
    case $(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null) in
    Z*) return 1 ;; # a zombie: it has ended
    esac
    echo "$pid"
}

stop_one() {
    if pid=$(running "$1"); then
        kill -TERM "$pid" 2>/dev/null || true
        tries=0
        while running "$1" >/dev/null; do
            tries=$((tries + 1))
            [ "$tries" -ne 100 ] || kill -KILL "$pid" 2>/dev/null || true
            [ "$tries" -lt 150 ] || break
            sleep 0.1
        done
        echo "demo: stopped the $1 (pid $pid)"
    fi
    rm -f "$dir/$1.pid"
}

stop_all() {
    stop_one publisher
    stop_one server
}

give_up() {
    echo "demo: $1" >&2
    if [ -n "${2-}" ] && [ -s "$2" ]; then
        echo "demo: the end of $2:" >&2
        tail -n 20 "$2" >&2
    fi
    stop_all >/dev/null
    exit 1
}

# Succeeds if a process of this machine listens on the TCP port. State 0A is LISTEN.
listening() {
    hex=$(printf '%04X' "$1")
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        awk -v port=":$hex" '$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 } END { exit !found }'
}

# The page on this address. Its query names the ports of API and RTMP unless they are the usual ones.
page_at() {
    query=
    [ "$api_port" = 1985 ] || query="api=$1:$api_port"
    [ "$port" = 1935 ] || query="${query:+$query&}rtmp=$port"
    echo "http://$1:$http_port/${query:+?$query}"
}

say_where() {
    address=$(hostname -I 2>/dev/null | cut -d ' ' -f 1)
    [ -n "$address" ] || address=127.0.0.1
    cat <<END

The server is running (pid $(running server)) and the sample clip is being published to it in a loop.

  watch      $(page_at 127.0.0.1) in a browser
             from another machine: $(page_at "$address")
             ffplay, VLC, mpv: rtmp://$address:$port/$stream
                               http://$address:$http_port/$stream.flv
  publish    ffmpeg -re -i FILE -c copy -f flv rtmp://127.0.0.1:$port/live/another
             OBS: server rtmp://$address:$port/live, stream key another
  look       http://127.0.0.1:$api_port/api/v1/streams/
  log        tail -f $dir/server.log
  stop       make demo-stop

END
}

start() {
    if running server >/dev/null && running publisher >/dev/null; then
        echo "demo: already running; make demo-stop ends it"
        read -r port http_port api_port <"$dir/ports"
        say_where
        return
    fi

    echo "demo: 1 of 4, packages"
    trunk-scripts/deps.sh build
    echo "demo: 2 of 4, the build; a minute or two the first time"
    unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES
    [ -f objs/configured ] || ./configure
    make -s "-j$(nproc)" all bench-tools
    [ -x objs/srs ] || give_up "there is no objs/srs after the build"

    stop_all # the rest of an earlier demo that broke off
    for taken in "DEMO_PORT $port" "DEMO_HTTP_PORT $http_port" "DEMO_API_PORT $api_port"; do
        if listening "${taken#* }"; then
            give_up "TCP port ${taken#* } is taken by another program; end it, or choose another: make demo ${taken% *}=19350"
        fi
    done

    echo "demo: 3 of 4, server and publisher"
    mkdir -p "$dir"
    rm -f "$dir"/*.log
    echo "$port $http_port $api_port" >"$dir/ports"
    # The server stays in the foreground of its own session: so its pid is known, and it outlives this terminal. Its log
    # and pid file are in the folder of the demo, whatever the config says.
    SRS_LISTEN=$port SRS_HTTP_SERVER_LISTEN=$http_port SRS_HTTP_API_LISTEN=$api_port SRS_DAEMON=off SRS_PID=./$dir/srs.pid SRS_SRS_LOG_TANK=console \
        setsid ./objs/srs -c conf/srs.conf >"$dir/server.log" 2>&1 </dev/null &
    remember server $!
    tries=0
    until listening "$port"; do
        running server >/dev/null || give_up "the server did not start" "$dir/server.log"
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || give_up "the server does not listen on port $port" "$dir/server.log"
        sleep 0.1
    done

    url=rtmp://127.0.0.1:$port/$stream
    # Our own load tools publish: ffmpeg would need ten times as many packages as the server.
    setsid objs/bench/publishers --quiet doc/sample.flv "$url" >"$dir/publisher.log" 2>&1 </dev/null &
    remember publisher $!

    echo "demo: 4 of 4, does it play?"
    # The stream plays if a player gets two seconds of it.
    tries=0
    until timeout 20 objs/bench/players --quiet --join-timeout 8 --warmup 0 --duration 2 "$url" >"$dir/player.log" 2>&1 &&
        grep -q '"event":"result".*"connected":1,.*"messages":[1-9][0-9]*,"gaps":0,' "$dir/player.log"; do
        running server >/dev/null || give_up "the server ended" "$dir/server.log"
        running publisher >/dev/null || give_up "the publisher ended" "$dir/publisher.log"
        tries=$((tries + 1))
        [ "$tries" -lt 4 ] || give_up "the stream does not play" "$dir/player.log"
        sleep 0.5
    done
    say_where
}

case ${1-} in
start) start ;;
stop)
    stop_all
    echo "demo: everything has ended"
    ;;
*)
    echo "usage: trunk-scripts/demo.sh start|stop" >&2
    exit 2
    ;;
esac
