"""Files of HLS: hls_storage, what is deleted and when, restarts, reloads, and a directory that cannot be written."""
import os
import re
from itertools import takewhile

import pytest

import hls_playlist
import media
import rtmp
from hls_watch import Http
from wait import until


def conf(server, directives, on="on"):
    return "vhost __defaultVhost__ { hls { enabled %s; hls_fragment 2; hls_window 6; hls_ctx off; hls_path %s; %s } }" % (
        on, server.html, directives)


def serving(make_server, directives):
    server = make_server(http="", start=False)
    server.write_conf(conf(server, directives))
    server.start()
    return server


def send(publisher, seconds):
    publisher.send_tags(takewhile(lambda t: t.ts < seconds * 1000, media.loop("h264_aac.flv")))
    publisher.barrier()


def numbers(server, path="/live/s.m3u8"):
    """Numbers of the segments in the playlist over HTTP; None: there is no playlist."""
    reply = Http().get(server.http_url(path))
    return [s.number for s in hls_playlist.read(reply.body.decode()).segments] if reply.status == 200 else None


def wait_numbers(server, at_least):
    until(lambda: numbers(server) and numbers(server)[-1] >= at_least, lambda: numbers(server))
    return numbers(server)


def files(server):
    """Names of the files of the stream that are complete."""
    folder = os.path.join(server.html, "live")
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return {n for n in names if not n.endswith((".tmp", ".temp"))}


def listed(server):
    """Numbers in the playlist that lies on the disk, without gaps."""
    with open(os.path.join(server.html, "live", "s.m3u8")) as f:
        return [s.number for s in hls_playlist.read(f.read()).segments if not s.gap]


def test_memory_alone_writes_nothing(make_server):
    server = serving(make_server, "hls_storage memory;")
    with server.publisher() as publisher:
        send(publisher, 13)
        for n in wait_numbers(server, 4):
            assert len(Http().get(server.http_url("/live/s-%d.ts" % n)).body) % 188 == 0
    assert files(server) == set()


@pytest.mark.parametrize("cleanup", ["on", "off"])
def test_segments_that_left_the_playlist_are_deleted_if_they_may(make_server, cleanup):
    server = serving(make_server, "hls_cleanup %s;" % cleanup)
    with server.publisher() as publisher:
        send(publisher, 41)
        first = wait_numbers(server, 18)[0]
        assert first >= 12
        until(lambda: "s-18.ts" in files(server), lambda: files(server))
        if cleanup == "on":
            until(lambda: not {"s-%d.ts" % n for n in range(first - 6)} & files(server), lambda: files(server))
        else:
            assert {"s-%d.ts" % n for n in range(18)} <= files(server)
        until(lambda: listed(server)[-1] >= 18, lambda: listed(server))
        assert {"s-%d.ts" % n for n in listed(server)} <= files(server)     # what is listed is there


def test_all_files_go_some_time_after_the_publish(make_server):
    server = serving(make_server, "hls_dispose 1;")
    with server.publisher() as publisher:
        send(publisher, 9)
        wait_numbers(server, 2)
        until(lambda: "s.m3u8" in files(server), lambda: files(server))
    until(lambda: numbers(server) is None and not files(server), lambda: (numbers(server), files(server)))


def test_files_stay_if_they_shall(make_server):
    server = serving(make_server, "hls_dispose 0; hls_cleanup off;")
    with server.publisher() as publisher:
        send(publisher, 9)
        wait_numbers(server, 2)
        until(lambda: "s.m3u8" in files(server), lambda: files(server))
    server.stop()
    assert {"s.m3u8", "s-0.ts", "s-1.ts", "s-2.ts"} <= files(server)


def test_numbers_go_on_when_a_publisher_comes_back(make_server):
    server = serving(make_server, "")
    last = -1
    for _ in range(3):
        with server.publisher() as publisher:
            send(publisher, 5)
            now = wait_numbers(server, last + 2)
            assert now[-1] > last
        until(lambda: numbers(server)[-1] >= now[-1], lambda: numbers(server))
        last = numbers(server)[-1]


def test_a_reload_ends_and_begins_hls_of_a_live_stream(make_server):
    server = serving(make_server, "")
    with server.publisher() as publisher:
        tags = media.loop("h264_aac.flv")
        publisher.send_tags(takewhile(lambda t: t.ts < 5000, tags))
        publisher.barrier()
        wait_numbers(server, 1)
        server.reload(conf(server, "", on="off"))
        until(lambda: numbers(server) is None and not files(server), lambda: (numbers(server), files(server)))
        server.reload(conf(server, ""))
        publisher.send_tags(takewhile(lambda t: t.ts < 14000, tags))
        publisher.barrier()
        until(lambda: numbers(server) and len(numbers(server)) >= 2, lambda: numbers(server))


@pytest.mark.parametrize("change", ["hls_use_fmp4 on;", "hls_ts_file [app]/ts/[stream]-[seq].ts;", "hls_keys on;", "hls_storage memory;"])
def test_a_reload_changes_what_segments_are_and_numbers_go_on(make_server, change):
    server = serving(make_server, "")
    with server.publisher() as publisher:
        tags = media.loop("h264_aac.flv")
        seen = -1
        for until_ms, directives in ((7000, ""), (14000, change), (21000, "")):
            if seen >= 0:
                server.reload(conf(server, directives))
            publisher.send_tags(takewhile(lambda t: t.ts < until_ms, tags))
            publisher.barrier()
            seen = wait_numbers(server, seen + 2)[-1]
            text = Http().get(server.http_url("/live/s.m3u8")).body.decode()
            assert "#EXT-X-GAP" not in text
            for uri in re.findall(r"^[^#].*", text, re.M):
                assert Http().get(server.http_url("/live/" + uri)).status == 200, (uri, text)


def test_keys_of_hls_that_ends_outlive_the_frames_that_they_are_for(make_server):
    server = make_server(http="", start=False)
    server.write_conf(conf(server, "hls_use_fmp4 on; hls_ll on; hls_keys on; hls_encryption cbcs; hls_on_error ignore;"))
    with open(server.html, "w") as f:
        f.write("this is no directory")
    server.start()
    with server.publisher() as publisher:
        tags = media.loop("h264_aac.flv")
        for until_ms in range(1000, 20000, 500):                      # HLS ends while a part is being gathered
            publisher.send_tags(takewhile(lambda t: t.ts < until_ms, tags))
            publisher.barrier()
        server.wait_log("HLS of .* ends until the next publish")
        assert numbers(server) is None


def test_a_directory_that_cannot_be_made_harms_only_the_files(make_server):
    server = make_server(http="", start=False)
    server.write_conf(conf(server, ""))
    with open(server.html, "w") as f:
        f.write("this is no directory")
    server.start()
    with server.publisher() as publisher:
        tags = media.loop("h264_aac.flv")
        publisher.send_tags(takewhile(lambda t: t.ts < 9000, tags))
        publisher.barrier()
        wait_numbers(server, 2)                                       # from memory
        server.wait_log(r"WARN.*HLS")
        os.remove(server.html)
        publisher.send_tags(takewhile(lambda t: t.ts < 21000, tags))
        publisher.barrier()
        wait_numbers(server, 8)
        until(lambda: "s-8.ts" in files(server) and listed(server), lambda: files(server))


def unwritable(make_server, directives):
    """A server whose hls_path is no directory."""
    server = make_server(http="", start=False)
    server.write_conf(conf(server, directives))
    with open(server.html, "w") as f:
        f.write("this is no directory")
    server.start()
    return server


def test_an_error_may_end_hls_until_the_next_publish(make_server):
    server = unwritable(make_server, "hls_on_error ignore;")
    with server.publisher() as publisher:
        tags = media.loop("h264_aac.flv")
        publisher.send_tags(takewhile(lambda t: t.ts < 5000, tags))
        publisher.barrier()
        until(lambda: "could not" in server.log or "HLS" in server.log, "an error of the disk")
        publisher.send_tags(takewhile(lambda t: t.ts < 9000, tags))                     # the stream goes on
        publisher.barrier()
        server.wait_log("WARN.*HLS of .*live/s ends until the next publish")
        until(lambda: numbers(server) is None, lambda: numbers(server))
    os.remove(server.html)
    with server.publisher() as publisher:
        send(publisher, 9)
        until(lambda: numbers(server) and listed(server), lambda: (numbers(server), files(server)))


def test_an_error_may_disconnect_the_publisher(make_server):
    server = unwritable(make_server, "hls_on_error disconnect;")
    with server.client() as c:
        publisher = c.publish("s")
        with pytest.raises(rtmp.Closed):
            publisher.send_tags(media.loop("h264_aac.flv"))           # endless, unless the server ends it
    server.wait_log("WARN.*publisher of /live/s is disconnected, because its segments cannot be written")


def test_a_directory_that_is_removed_is_made_again(make_server):
    server = serving(make_server, "")
    with server.publisher() as publisher:
        tags = media.loop("h264_aac.flv")
        publisher.send_tags(takewhile(lambda t: t.ts < 9000, tags))
        publisher.barrier()
        until(lambda: "s-2.ts" in files(server), lambda: files(server))
        os.rename(server.html, server.html + ".gone")                 # at once, whatever is being written
        publisher.send_tags(takewhile(lambda t: t.ts < 21000, tags))
        publisher.barrier()
        assert wait_numbers(server, 8)[0] > 0
        until(lambda: "s-8.ts" in files(server), lambda: files(server))
