"""The console in headless Chromium, as an operator uses it."""
import itertools
import os
import re

import pytest

import media
import qr
import rtmp
import srs
from api import Api
from wait import until

SEGMENTS = """vhost __defaultVhost__ { http_remux { enabled on; mount [vhost]/[app]/[stream].flv; }
    hls { enabled on; hls_fragment 1; hls_window 20; } dash { enabled on; dash_fragment 1; dash_timeshift 20; } }"""

# One browser with the console at a time, beside the one that plays.
pytestmark = pytest.mark.xdist_group("console")


@pytest.fixture
def screen(page):
    """screen(width) gives the page the screen of a desk or of a phone, until the test ends."""
    def take(width):
        page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500})

    yield take
    page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def console(server, view="", lang="en", on=None, **query):
    """The address of a view, on the API's port or on that of `on`."""
    query = dict(query, lang=lang, api="127.0.0.1:%d" % server.api_port)
    return "http://127.0.0.1:%d/console/?%s#/%s" % (
        on or server.api_port, "&".join("%s=%s" % pair for pair in query.items()), view)


def open_at(page, address):
    page.open("about:blank")  # a change behind # alone would not load the page again
    page.console()            # forget what earlier tests have left there
    page.open(address)


def press(page, label, nth=0):
    """Click a button by its name as a screen reader tells it."""
    found = """return [...document.querySelectorAll('button')].filter(b => (b.ariaLabel || b.textContent) === arguments[0])[arguments[1]]"""
    until(lambda: page.run(found, label, nth), lambda: "a button %s: %s" % (label, page.text()), 20)
    page.run(found, label, nth).click()


def fill(page, name, text):
    until(lambda: page.run("""const input = document.querySelector(`input[name=${arguments[0]}]`)
        if (!input) return false
        input.value = arguments[1]
        input.dispatchEvent(new Event('input', { bubbles: true }))
        return true""", name, text), "a field " + name, 20)


def requests(page):
    return page.run("return performance.getEntriesByType('resource').map(e => e.name)")


def choose(page, label, value):
    until(lambda: page.run("""const select = [...document.querySelectorAll('select')].find(s => s.ariaLabel === arguments[0])
        if (!select) return false
        select.value = arguments[1]
        select.dispatchEvent(new Event('change', { bubbles: true }))
        return true""", label, value), "a choice " + label, 20)


def order(page):
    return page.run("return [...document.querySelectorAll('.box .name')].map(e => e.textContent.split('/').at(-1))")


def follow(page, text):
    """Click a link by its text."""
    until(lambda: page.run("""const link = [...document.querySelectorAll('a')].find(a => a.textContent === arguments[0])
        link?.click()
        return Boolean(link)""", text), lambda: "a link %s: %s" % (text, page.text()), 20)


def fits(page, width):
    wide = page.run("return document.documentElement.scrollWidth")
    who = page.run("""return [...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > arguments[0])
        .map(e => `${e.tagName}.${e.className} ${e.textContent.slice(0, 60)}`).slice(0, 5)""", width)
    assert wide <= width, "%d pixels on a screen of %d: %s" % (wide, width, who)


def shown_links(page):
    return page.run("return [...document.querySelectorAll('.address code')].map(e => e.textContent)")


def row_of(page, text):
    return page.run("return [...document.querySelectorAll('[role=row]')].map(r => r.innerText).find(t => t.includes(arguments[0]))", text)


def no_complaints(page):
    """Chromium has seen no error of a script and nothing that the Content-Security-Policy forbids."""
    # Chat of a player; the first segment is not there yet; a picture of a stream that has just ended, or a build without pictures.
    usual = re.compile(r"/mpegts\.js|\.(m3u8|mpd) - .* 404|/snapshots/\S+ - .* (404|501|503)")
    said = [line for line in page.console() if not usual.search(line)]
    assert not said, said


def test_the_overview_has_figures_and_charts(page, site, live):
    server = site()
    live(server)
    open_at(page, console(server))
    page.wait_text("Streams on air: 1")
    until(lambda: page.run("return document.querySelectorAll('.chart canvas').length") == 4, "four charts")
    assert page.run("return document.title") == "Overview – Console"
    no_complaints(page)


def test_it_is_on_the_port_of_the_pages_too(page, site, live):
    server = site()
    live(server)
    open_at(page, console(server, "streams", on=server.http_port))
    page.wait_text("/live/livestream")
    no_complaints(page)


def test_a_stream_in_the_list_and_its_figures(page, site, live):
    server = site()
    feeder = rtmp.Feeder(server.publisher("livestream"), media.loop("h264_aac.flv"))
    open_at(page, console(server, "streams"))
    page.wait_text("/live/livestream")
    until(lambda: "H264 160×120" in row_of(page, "/live/livestream"), lambda: row_of(page, "/live/livestream"), 20)
    page.run("document.querySelector('.streams a').click()")
    page.wait_text("All streams")
    page.wait_text("AAC")
    page.wait_text("GOP")
    until(lambda: page.run("return document.querySelectorAll('.chart canvas').length") == 3, "its charts")
    choose(page, "Range", "24h")
    until(lambda: any("from=-86400" in name for name in requests(page)), "the day to be asked for")
    feeder.finish()
    page.wait_text("It is not there any more.")
    no_complaints(page)


@pytest.mark.skipif(not srs.makes_pictures(), reason="the server is built without FFmpeg's libraries")
@pytest.mark.sample(2)
@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_of_a_stream_shows_its_newest_picture(page, screen, site, live, width):
    server = site()
    live(server)
    screen(width)
    open_at(page, console(server, "streams"))
    follow(page, "/live/livestream")
    until(lambda: page.run("return document.querySelector('img.thumbnail')?.naturalWidth") == 480, "a picture", 20)
    first = page.run("return document.querySelector('img.thumbnail').src")
    until(lambda: page.run("return document.querySelector('img.thumbnail')?.src") not in (None, first), "the next one", 30)
    fits(page, width)
    no_complaints(page)


def test_the_doctor_says_what_is_wrong_and_of_which_stream(page, site):
    server = site()
    player = server.player("nobody")
    open_at(page, console(server, "doctor"))
    page.wait_text("not-published")
    page.wait_text("/live/nobody")
    open_at(page, console(server, "streams"))
    page.wait_text("not published")
    page.run("document.querySelector('.streams a').click()")
    page.wait_text("not-published")
    player.close()
    no_complaints(page)


@pytest.mark.sample(3)
@pytest.mark.parametrize("label,on_pages", [("HTTP-FLV", False), ("HTTP-FLV", True), ("WebSocket-FLV", False), ("HLS", False), ("DASH", False)])
def test_a_stream_is_played_by_its_links(page, site, live, label, on_pages):
    server = site(SEGMENTS)
    live(server, clip="minute.flv")
    open_at(page, console(server, "streams", on=server.http_port if on_pages else None, http=server.http_port))
    page.wait_text("/live/livestream")
    page.run("document.querySelector('.streams a').click()")
    press(page, "Play as " + label)
    facts = page.wait_playing()
    assert (facts["width"], facts["height"]) == (160, 120)
    asked = requests(page)
    assert all(name.startswith("http://127.0.0.1:") for name in asked), asked
    press(page, "Stop")
    no_complaints(page)


def test_the_links_are_those_of_the_ports_and_of_the_vhost(page, site, live):
    server = site("vhost a.example { hls { enabled on; } }")
    open_at(page, console(server, "connect", http=server.http_port, rtmp=server.port))
    fill(page, "vhost", "a.example")
    fill(page, "name", "s 1")
    links = until(lambda: shown_links(page) if "a.example" in page.text() else None, "the links")
    assert "rtmp://127.0.0.1:%d/live/s 1?vhost=a.example" % server.port in links
    assert "http://127.0.0.1:%d/live/s%%201.m3u8?vhost=a.example" % server.http_port in links
    assert "rtmp://127.0.0.1:%d/live" % server.port in links and "s 1?vhost=a.example" in links
    assert "http://127.0.0.1:%d/rtc/v1/whip/?app=live&stream=s%%201&vhost=a.example" % server.api_port in links
    no_complaints(page)


@pytest.mark.long
def test_the_links_have_the_ports_of_the_configuration(page, site, live):
    server = site(SEGMENTS, api="raw_api { enabled on; allow_query on; }")
    live(server)
    open_at(page, console(server, "streams"))
    follow(page, "/live/livestream")
    until(lambda: "rtmp://127.0.0.1:%d/live/livestream" % server.port in shown_links(page), lambda: shown_links(page), 20)
    press(page, "Play as HTTP-FLV")
    page.wait_playing(0.5, 5)


def test_the_qr_code_of_a_link_is_the_link(page, site):
    """The modules of the picture, read by zbar."""
    server = site()
    open_at(page, console(server, "connect", http=8080))
    press(page, "QR code", nth=1)
    until(lambda: page.run("return document.querySelector('svg.qr')"), "the QR code", 20)
    path = page.run("return document.querySelector('svg.qr path').getAttribute('d')")
    size = int(page.run("return document.querySelector('svg.qr').getAttribute('viewBox').split(' ')[2]"))
    dark = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h", path)}
    assert qr.text(dark, size) == "http://127.0.0.1:8080/live/livestream.flv"


def test_a_client_is_kicked_after_a_second_question(page, site, live):
    server = site()
    live(server)
    player = server.player("livestream")
    player.wait_media()
    api = Api(server)
    mine, = [c["id"] for c in api.get("/api/v1/clients/")["clients"] if not c["publish"]]
    open_at(page, console(server, "clients"))
    press(page, "Kick " + mine)
    press(page, "No")
    assert mine in [c["id"] for c in api.get("/api/v1/clients/")["clients"]]
    press(page, "Kick " + mine)
    press(page, "Kick %s? Yes" % mine)
    page.wait_text(mine + " was kicked.")
    until(lambda: mine not in [c["id"] for c in api.get("/api/v1/clients/")["clients"]], "the client to be gone")
    until(lambda: not page.run("return document.querySelector('[aria-label=\"Kick %s\"]')" % mine), "its row to go", 20)
    no_complaints(page)


@pytest.mark.parametrize("on_pages", [False, True])
def test_the_password_of_the_api_is_asked_for(page, site, live, on_pages):
    """On the port of the pages, requests with a password ask the API for leave first (CORS)."""
    server = site(api="auth { enabled on; username admin; password 密钥:1; }")
    live(server)
    open_at(page, console(server, "streams", on=server.http_port if on_pages else None))
    for password, text in (("wrong", "not accepted"), ("密钥:1", "/live/livestream")):
        fill(page, "user", "admin")
        fill(page, "password", password)
        press(page, "Log in")
        page.wait_text(text)
    press(page, "Log out")
    page.wait_text("asks for a user and a password")


def test_a_link_cannot_have_the_password_sent_to_another_host(page, site):
    server = site(api="auth { enabled on; username admin; password p; }")
    open_at(page, "http://127.0.0.1:%d/console/?lang=en&api=localhost:%d#/streams" % (server.api_port, server.api_port))
    fill(page, "user", "admin")
    fill(page, "password", "p")
    press(page, "Log in")
    page.wait_text("No streams")
    api_requests = [name for name in requests(page) if "/api/" in name]
    assert api_requests and all(name.startswith("http://127.0.0.1:%d/" % server.api_port) for name in api_requests)


@pytest.mark.parametrize("name,word", [("ng_index.html", "客户端"), ("en_index.html", "Clients")])
def test_links_to_the_console_of_srs_lead_to_the_same_view(page, site, live, name, word):
    server = site()
    live(server)
    open_at(page, "http://127.0.0.1:%d/console/%s#/clients?port=%d" % (server.http_port, name, server.api_port))
    page.wait_text("fmle-publish")
    assert word in page.text() and "/console/index.html?lang=" in page.run("return location.href")


def test_in_a_frame_of_another_page_it_does_nothing(page, site, live):
    server = site()
    live(server)
    with open(os.path.join(server.html, "frame.html"), "w") as f:
        f.write('<iframe src="%s"></iframe>' % console(server, "clients").replace("&", "&amp;"))
    open_at(page, server.http_url("/frame.html"))
    page.driver.switch_to.frame(0)
    try:
        page.wait_text("in a window of its own")
        assert "/live/livestream" not in page.text() and not page.run("return document.querySelector('button')")
    finally:
        page.driver.switch_to.default_content()


def test_a_stream_name_is_text(page, site, live):
    server = site()
    name = "<img/src=x/onerror=document.title='broken'>"
    live(server, name)
    for view in ("streams", "clients"):
        open_at(page, console(server, view))
        page.wait_text(name)
    page.run("document.querySelector('.clients a').click()")
    page.wait_text("All streams")
    page.wait_text(name)
    assert not page.run("return document.querySelector('img:not(.thumbnail)')")
    no_complaints(page)


TOUR = {"en": ["Streams", "good", "Play as HTTP-FLV", "Clients", "Kick %s", "Kick %s? Yes", "%s was kicked."],
        "zh": ["流", "正常", "以 HTTP-FLV 播放", "客户端", "踢出 %s", "确定踢出 %s？ 确定", "已踢出 %s。"]}


@pytest.mark.sample(3)
@pytest.mark.parametrize("width", [1100, 390])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_operator_sees_a_stream_plays_it_and_kicks_a_viewer(page, screen, site, live, lang, width):
    """By the navigation and by buttons, at a desk and on a phone. Nothing is wider than the screen."""
    streams, good, play, clients, kick, sure, kicked = TOUR[lang]
    server = site(SEGMENTS)
    live(server, clip="minute.flv")
    viewer = server.player("livestream")
    viewer.wait_media()
    screen(width)
    open_at(page, console(server, lang=lang, http=server.http_port))
    follow(page, streams)
    page.wait_text("/live/livestream")
    page.wait_text(good)
    fits(page, width)
    follow(page, "/live/livestream")
    press(page, play)
    page.wait_playing()
    fits(page, width)
    follow(page, clients)
    viewer_id, = [c["id"] for c in Api(server).get("/api/v1/clients/")["clients"] if c["type"] == "rtmp-play"]
    press(page, kick % viewer_id)
    press(page, sure % viewer_id)
    page.wait_text(kicked % viewer_id)
    fits(page, width)
    viewer.wait_closed()
    assert page.run("return document.documentElement.lang") == lang
    no_complaints(page)


def test_a_list_is_sorted_by_a_click_on_its_head(page, site, live):
    server = site()
    for name in ("b", "a", "c"):
        live(server, name)
    viewers = [server.player("c"), server.player("c"), server.player("b")]
    open_at(page, console(server, "streams"))
    page.wait_text("/live/c")
    until(lambda: order(page) == ["b", "a", "c"], "the order of arrival", 20)
    for column, wanted in (("Viewers", ["c", "b", "a"]), ("Viewers", ["a", "b", "c"]), ("Viewers", ["b", "a", "c"]),
                           ("Stream", ["c", "b", "a"]), ("Stream", ["a", "b", "c"])):
        press(page, column)
        until(lambda: order(page) == wanted, lambda: "%s by %s: %s" % (wanted, column, order(page)), 40)
    for viewer in viewers:
        viewer.close()
    no_complaints(page)


def test_the_configuration_in_force_with_its_places(page, site):
    server = site("vhost a.example { hls { enabled on; } }", api="raw_api { enabled on; allow_query on; }")
    open_at(page, console(server, "configs"))
    page.wait_text("vhost a.example {")
    page.wait_text("%s:%d" % (server.conf_path, server.line_of("a.example")))
    page.run("""const input = document.querySelector('input[type=search]')
        input.value = 'srs_log_file'
        input.dispatchEvent(new Event('input', { bubbles: true }))""")
    until(lambda: "a.example" not in page.text(), "the others to go")
    page.wait_text("srs_log_file " + server.log_path)
    no_complaints(page)


def config_text(server):
    with open(server.conf_path) as f:
        return f.read()


def test_a_value_of_the_configuration_is_changed_and_rolled_back(page, site):
    server = site("vhost __defaultVhost__ { # mine\n play { gop_cache off; } }", api="raw_api { enabled on; allow_query on; allow_update on; }")
    before = config_text(server)
    open_at(page, console(server, "configs"))
    path = "vhost[__defaultVhost__].play.gop_cache"
    press(page, "Edit " + path)
    fill(page, "value", "maybe")
    press(page, "Check", nth=1)
    page.wait_text("neither on nor off")                                # a warning of the check
    press(page, "No")
    assert config_text(server) == before
    press(page, "Edit " + path)
    fill(page, "value", "on")
    press(page, "Check", nth=1)
    at = server.line_of("gop_cache")
    page.wait_text("- %d   play { gop_cache off; } }\n+ %d   play { gop_cache on; } }" % (at, at))
    assert config_text(server) == before                                # so far it was only tried
    press(page, "Apply")
    page.wait_text("The configuration was changed.")
    until(lambda: config_text(server) == before.replace("gop_cache off", "gop_cache on"), "the file")
    page.wait_text("gop_cache on;")
    press(page, "Roll back 1")
    page.wait_text("+ %d   play { gop_cache off; } }" % at)
    press(page, "Apply")
    until(lambda: config_text(server) == before, "the old file")
    page.wait_text("gop_cache off;")
    fill(page, "path", "no_such_thing")
    fill(page, "words", "1")
    press(page, "Check")
    page.wait_text("The API refused")                                   # and it says why
    fill(page, "path", "max_connections")
    fill(page, "words", "777")
    press(page, "Check")
    press(page, "Apply")
    page.wait_text("max_connections 777;")


def test_without_leave_the_configuration_is_not_shown(page, site):
    server = site()
    open_at(page, console(server, "configs"))
    page.wait_text("allow_query on")
    page.wait_text("code 1061")


def test_an_address_is_banned_and_let_in_again(page, site):
    server = site()
    viewer = server.player("livestream")
    open_at(page, console(server, "clients"))
    page.wait_text("rtmp-play")
    follow(page, "Ban")
    until(lambda: page.run("return document.querySelector('input[name=subject]')?.value") == "127.0.0.1", "the address in the form", 20)
    fill(page, "reason", "<b>too many</b>")
    press(page, "Ban")
    page.wait_text("127.0.0.1 is banned.")
    page.wait_text("<b>too many</b>")
    viewer.wait_closed()
    press(page, "Lift 127.0.0.1")
    page.wait_text("Nobody is banned.")
    server.player("livestream").close()
    fill(page, "subject", "no address")
    press(page, "Ban")
    page.wait_text("which names one")                                  # the API says what is wrong
    fits(page, 1100)


def test_a_backend_that_fails_is_shown_with_its_journal(page, site, tmp_path):
    dead = srs.free_port()
    server = site("vhost __defaultVhost__ { http_hooks { enabled on; journal %s; on_unpublish http://127.0.0.1:%d/x; } }" % (
        tmp_path / "journal", dead))
    open_at(page, console(server, "events"))
    page.wait_text("good")
    server.publisher("livestream").close()
    page.wait_text("Backends that fail")
    page.wait_text("http://127.0.0.1:%d" % dead)
    page.wait_text(str(tmp_path / "journal"))
    page.wait_text("callback failed")
    no_complaints(page)


JOBS = """vhost __defaultVhost__ { forward { enabled on; destination 127.0.0.1:%d 127.0.0.1:%d; }
    exec { enabled on; publish /bin/sleep 1000; publish /bin/sh -c "exit 3"; } }"""
JOB_WORDS = {"en": ("pushing", "waiting to try again", "running", "Pushes", "Programs"), "zh": ("转推中", "等待重试", "运行中", "转推", "程序")}


def jobs(page, title):
    """The rows of a table: [[text of a cell, …], …]."""
    return page.run("""const card = [...document.querySelectorAll('.jobs')].find(c => c.querySelector('h2').textContent.startsWith(arguments[0]))
        return card ? [...card.querySelectorAll('tbody tr')].map(r => [...r.cells].map(c => c.innerText)) : []""", title)


@pytest.mark.parametrize("width", [1100, 390])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_pushes_and_programs_are_shown_of_all_streams_and_of_one(page, screen, site, live, make_server, lang, width):
    target, dead = make_server(), srs.free_port()
    server = site(JOBS % (target.port, dead))
    pushing, waiting, running, pushes, programs = JOB_WORDS[lang]
    live(server)
    live(server, "other")
    screen(width)
    open_at(page, console(server, "jobs", lang=lang))

    def are_shown(n_streams):
        rows, all_of = jobs(page, pushes), jobs(page, programs)
        states = [next(word for word in row if word in (pushing, waiting)) for row in rows if pushing in row or waiting in row]
        return states == [waiting] * n_streams + [pushing] * n_streams and len(all_of) == 2 * n_streams \
            and sum(running in row for row in all_of) == n_streams and all(any("3" in cell for cell in row) for row in all_of if waiting in row)

    until(lambda: are_shown(2), lambda: "the jobs of two streams: %s" % page.text(), 30)
    assert any(row[:2] == ["/live/other", "127.0.0.1:%d" % dead] and "connect" in row[-1] for row in jobs(page, pushes)), jobs(page, pushes)
    fits(page, width)
    stream = next(s for s in Api(server).get("/api/v1/streams/")["streams"] if s["name"] == "other")
    open_at(page, console(server, "streams/" + stream["id"], lang=lang))
    until(lambda: are_shown(1), lambda: "the jobs of one stream: %s" % page.text(), 30)
    fits(page, width)
    no_complaints(page)
    if "CONSOLE_PICTURES" in os.environ:
        open_at(page, console(server, "jobs", lang=lang))
        until(lambda: are_shown(2), "the jobs", 30)
        page.driver.save_screenshot(os.path.join(os.environ["CONSOLE_PICTURES"], "jobs-%s-%d.png" % (lang, width)))


@pytest.mark.long
@pytest.mark.parametrize("lang, title, pulling, waiting, idle", [("en", "Pulls", "pulling", "waiting to try again", "nobody watches"),
                                                                 ("zh", "拉流", "拉流中", "等待重试", "无人观看")])
def test_pulls_are_shown(page, screen, site, live, make_server, lang, title, pulling, waiting, idle):
    origin, dead = make_server(), "rtmp://user:hidden@127.0.0.1:%d/live/b" % srs.free_port()
    live(origin)
    server = site("vhost __defaultVhost__ { relay live/a { pull %s; } relay live/b { pull %s; } relay live/c { pull %s; on_demand on; } }" % (
        origin.url("live/livestream"), dead, origin.url()))
    screen(390)
    open_at(page, console(server, "jobs", lang=lang))
    until(lambda: [(row[0], row[2]) for row in jobs(page, title)] == [("/live/b", waiting), ("/live/a", pulling), ("/live/c", idle)],
          lambda: "three pulls: %s" % page.text(), 60)
    rows = {row[0]: row for row in jobs(page, title)}
    assert rows["/live/a"][1] == origin.url("live/livestream") and rows["/live/a"][3] != rows["/live/c"][3]
    assert "connect" in rows["/live/b"][-1] and "hidden" not in page.text()
    fits(page, 390)
    no_complaints(page)


@pytest.mark.parametrize("lang, title, recording, complete", [("en", "Recordings", "recording", "complete"), ("zh", "录制", "录制中", "已完成")])
def test_recordings_are_shown_of_all_streams_and_of_one(page, screen, site, live, tmp_path, lang, title, recording, complete):
    server = site("vhost __defaultVhost__ { dvr { enabled on; dvr_path %s/[stream].[timestamp].flv; dvr_plan session; } }" % tmp_path)
    with server.publisher("other") as publisher:
        publisher.send_tags(itertools.islice(media.loop("h264_aac.flv"), 100))
    live(server)
    screen(390)
    open_at(page, console(server, "jobs", lang=lang))
    until(lambda: {(row[0], row[2]) for row in jobs(page, title)} == {("/live/livestream", recording), ("/live/other", complete)},
          lambda: "two recordings: %s" % page.text(), 30)
    assert all(str(tmp_path) in row[-1] for row in jobs(page, title))
    fits(page, 390)
    stream = next(s for s in Api(server).get("/api/v1/streams/")["streams"] if s["name"] == "livestream")
    open_at(page, console(server, "streams/" + stream["id"], lang=lang))
    until(lambda: [row[1] for row in jobs(page, title)] == [recording], lambda: "one recording: %s" % page.text(), 30)
    fits(page, 390)
    no_complaints(page)


@pytest.mark.parametrize("auth", ["", "auth { enabled on; username admin; password p; }"])
def test_events_are_shown_as_they_come(page, site, auth):
    server = site(api=auth)
    open_at(page, console(server, "events"))
    if auth:
        fill(page, "user", "admin")
        fill(page, "password", "p")
        press(page, "Log in")
    page.wait_text("live, since this view was opened")
    name = "<img/src=x/onerror=document.title='broken'>"
    publisher = server.publisher(name)
    page.wait_text("came · fmle-publish · 127.0.0.1 · /live/" + name)
    page.wait_text("published · /live/" + name)
    publisher.close()
    page.wait_text("unpublished · /live/" + name)
    choose(page, "Type", "client")
    until(lambda: "unpublished" not in page.text(), "the others to go")
    assert not page.run("return document.querySelector('img:not(.thumbnail)')")


# A view and a text of it, in English and Chinese.
VIEWS = [("summaries", "Bandwidth", "带宽"), ("streams", "/live/livestream", "/live/livestream"), ("clients", "rtmp-play", "rtmp-play"),
         ("bans", "192.0.2.0/24", "192.0.2.0/24"), ("vhosts", "HLS", "HLS"), ("connect", "rtmp://", "rtmp://"),
         ("doctor", "not-published", "not-published"), ("jobs", "Pushes", "转推"), ("events", "came", "接入"), ("logs", "client identified", "client identified"),
         ("configs", "http_remux", "http_remux")]
RAW = "raw_api { enabled on; allow_query on; allow_update on; }"


@pytest.mark.sample(4)
@pytest.mark.parametrize("width", [390, 1100])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_view_fits_the_screen_in_both_languages(page, screen, site, live, lang, width):
    server = site(SEGMENTS, api=RAW)
    live(server)
    ban = b'{"address":"192.0.2.0/24","seconds":3600,"reason":"a-flood-with-a-reason-that-has-no-blank-to-break-the-line-at"}'
    assert Api(server).ask("POST", "/api/v1/bans/", ban).status == 200
    screen(width)
    with server.player("livestream"), server.player("nobody-publishes-this-stream-whose-name-is-quite-long"):
        for view, en, zh in VIEWS:
            open_at(page, console(server, view, lang=lang, http=server.http_port))
            if view == "events":
                page.wait_text("live, since" if lang == "en" else "实时")
                server.player("livestream").close()
            page.wait_text(en if lang == "en" else zh)
            fits(page, width)
            no_complaints(page)
            if "CONSOLE_PICTURES" in os.environ:
                page.driver.save_screenshot(os.path.join(os.environ["CONSOLE_PICTURES"], "%s-%s-%d.png" % (view, lang, width)))
        open_at(page, console(server, "configs", lang=lang))
        press(page, "Edit max_connections" if lang == "en" else "编辑 max_connections")
        fill(page, "value", "777")
        press(page, "Check" if lang == "en" else "检查", nth=1)
        page.wait_text("max_connections 777;")                          # the lines of the change
        fits(page, width)
        no_complaints(page)
        if "CONSOLE_PICTURES" in os.environ:
            page.driver.save_screenshot(os.path.join(os.environ["CONSOLE_PICTURES"], "change-%s-%d.png" % (lang, width)))


LOG = {"en": ("Log", "Log of %s", "Level", "Pause", "Go on", "No such lines."),
       "zh": ("日志", "%s 的日志", "级别", "暂停", "继续", "没有符合的日志。")}


@pytest.mark.sample(3)
@pytest.mark.parametrize("width", [1100, 390])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_log_of_one_client_is_followed(page, screen, site, lang, width):
    log, log_of, level, pause, go_on, none = LOG[lang]
    name = "<img/src=x/onerror=document.title='broken'>"
    server = site(api="raw_api { enabled on; allow_query on; }")
    publisher = server.publisher(name)
    mine, = [c["id"] for c in Api(server).get("/api/v1/clients/")["clients"] if c["publish"]]
    screen(width)
    with server.player("other"):
        open_at(page, console(server, "clients", lang=lang))
        page.wait_text("rtmp-play")
        page.run("document.querySelector(`a[aria-label='${arguments[0]}']`).click()", log_of % mine)
        page.wait_text("source url=/live/" + name)
        assert "stream=other" not in page.text()
        fits(page, width)
        publisher.close()
        page.wait_text("client has gone")                                # comes by itself
        choose(page, level, "error")
        page.wait_text(none)
        choose(page, level, "info")
        fill(page, "trace", "")
        page.wait_text("stream=other")
        press(page, pause)
        server.player("third").close()
        press(page, go_on)
        page.wait_text("stream=third")
        fill(page, "search", "STREAM=THIRD")
        until(lambda: "stream=other" not in page.text(), "the others to go", 20)
        page.run("document.querySelector('.log a').click()")             # the trace of a line picks its client
        until(lambda: "trace=" in page.run("return location.hash"), "the address of its log", 20)
        fits(page, width)
        assert not page.run("return document.querySelector('img:not(.thumbnail)')")
        assert page.run("return document.title").startswith(log)
        no_complaints(page)


def test_the_log_goes_on_after_a_restart(page, site):
    server = site(api="raw_api { enabled on; allow_query on; }")
    open_at(page, console(server, "logs"))
    page.wait_text("server main cid=")
    server.player("before").close()
    page.wait_text("stream=before")
    server.stop()
    server.start()
    server.player("after").close()
    page.wait_text("stream=after")
    until(lambda: "stream=before" not in page.text(), "the lines of the old process to go", 20)


def test_without_leave_the_log_is_not_shown(page, site):
    open_at(page, console(site(), "logs"))
    page.wait_text("allow_query on")
    page.wait_text("code 1061")


def test_it_works_by_keyboard(page, site, live):
    server = site()
    live(server)
    viewer = server.player("livestream")
    viewer.wait_media()
    open_at(page, console(server, "clients"))
    page.wait_text("rtmp-play")
    page.run("[...document.querySelectorAll('.row')].find(r => r.textContent.includes('rtmp-play')).querySelector('button').focus()")
    keys = page.driver.switch_to.active_element.send_keys
    keys("\ue007")                                                      # Enter asks, and the focus is on the answer
    until(lambda: page.run("return document.activeElement.className") == "danger", "the question", 20)
    page.driver.switch_to.active_element.send_keys("\ue00c")            # Escape takes it back
    until(lambda: page.run("return document.querySelector('.danger')") is None, "the question to go", 20)
    assert page.run("return document.activeElement.textContent") == "Kick"
    page.driver.switch_to.active_element.send_keys(" ")
    until(lambda: page.run("return document.activeElement.className") == "danger", "the question", 20)
    page.driver.switch_to.active_element.send_keys("\ue007")
    viewer.wait_closed()


def test_colours_and_language_are_kept(page, site):
    server = site()
    open_at(page, console(server))
    ground = "return getComputedStyle(document.body).backgroundColor"
    choose(page, "Colours", "light")
    light = page.run(ground)
    choose(page, "Colours", "dark")
    until(lambda: page.run(ground) != light, "the other colours")
    choose(page, "Language", "zh")
    page.wait_text("客户端")
    open_at(page, "http://127.0.0.1:%d/console/" % server.api_port)
    page.wait_text("客户端")
    assert page.run(ground) != light
    choose(page, "语言", "en")
    choose(page, "Colours", "auto")


# -- long lists -------------------------------------------------------------------------------------------------------------

MANY = 1000


def rows(page):
    return page.run("return [...document.querySelectorAll('.box [role=row]')].map(r => r.innerText)")


def all_names(api):
    names = [s["name"] for s in api.get("/api/v1/streams/?count=2000")["streams"]]
    return names if len(names) == MANY else None


def asked_for(page, kind):
    """The (start, count) of the pages of a list that were asked for."""
    names = requests(page)
    return [tuple(map(int, m.groups())) for m in (re.search(kind + r"/\?start=(\d+)&count=(\d+)", name) for name in names) if m]


@pytest.mark.long
def test_a_long_list_shows_and_asks_for_what_is_on_the_screen(page, site, swarm):
    server = site(root={"max_connections": "3000"})
    for i in range(MANY):
        swarm.add("127.0.0.1", server.port, server.tc_url("live"), "stream-%04d" % i)
    api = Api(server)
    names = until(lambda: all_names(api), "all streams", 60)
    open_at(page, console(server, "streams"))
    page.wait_text("%d of %d" % (MANY, MANY))
    first = rows(page)
    assert len(first) < 60 and names[0] in first[0]
    read = len(asked_for(page, "streams"))
    until(lambda: len(asked_for(page, "streams")) > read, "the next request", 30)
    assert asked_for(page, "streams")[read][1] < 60                    # the part on the screen
    for share in range(1, 11):
        page.run("const box = document.querySelector('.box'); box.scrollTop = box.scrollHeight * arguments[0] / 10", share)
        at = min(MANY * share // 10, MANY - 1)
        until(lambda: any(names[at] in row for row in rows(page)), lambda: "row %d: %s" % (at, rows(page)))
        assert len(rows(page)) < 60
    until(lambda: any(start > MANY - 100 and count < 60 for start, count in asked_for(page, "streams")), "a request for the end", 30)
    page.run("""const input = document.querySelector('input[type=search]')
        input.value = '-0777'
        input.dispatchEvent(new Event('input', { bubbles: true }))""")
    page.wait_text("1 of %d" % MANY)
    assert len(rows(page)) == 1
    no_complaints(page)
