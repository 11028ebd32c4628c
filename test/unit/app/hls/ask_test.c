/* Requests of HLS viewers as they come over HTTP: who becomes a viewer, who stays one, and who hears what. */
#include "app/hls/ask.h"

#include "app/hls/viewers.h"
#include "app/http/port.h"
#include "app/serving.h"
#include "app/session/rules.h"
#include "core/mem.h"
#include "protocol/http/router.h"
#include "protocol/http/status.h"

static struct caller caller = { .fd = -1 };
static bool          refuses;
static int           n_asked, n_left;

/* ---- a server whose every path is a playlist, a segment or a key of v/live/cam ---- */

static struct err *reply(struct http_exchange *x, const struct hls_ask *a)
{
    char       text[2048];
    struct buf query = buf_up_to(HLS_ASK_QUERY_MAX);
    if (a->is_new)
        hls_ask_master_query(a, x, &query);
    else
        hls_ask_media_query(a, x, &query);
    snprintf(text, sizeof text, "%s %s.", a->is_new ? "master" : "media", query.len ? query.bytes : "");
    buf_finish(&query);
    return http_reply(x, HTTP_STATUS_OK, "text/plain", text, strlen(text));
}

static struct err *serve(struct http_exchange *x)
{
    const char              *path = http_request_of(x)->path;
    const struct conf_vhost *vhost = conf_find_vhost(server.conf, "v");
    enum hls_ask_for         what = strstr(path, ".m3u8")  ? HLS_ASK_PLAYLIST
                                    : strstr(path, ".key") ? HLS_ASK_KEY
                                                           : HLS_ASK_SEGMENT;
    struct hls_ask           a;
    struct err              *e = hls_ask_begin(&a, x, vhost, "live", strstr(path, "other") ? "other" : "cam", what);
    if (!e && !a.is_answered)
        e = reply(x, &a);
    hls_ask_end(&a, x);
    return e;
}

static const struct http_route         rows[] = { { "/", HTTP_METHOD(GET), serve } };
static const struct http_routes        table = { rows, ARRAY_LEN(rows) };
static const struct http_routes *const tables[] = { &table, NULL };
static const struct http_router        router = { tables };
static const struct http_face          face = { .router = &router };
static const struct http_face *const   faces[] = { &face, NULL };

static const struct http_face *const *all_faces(const struct conf *conf)
{
    (void)conf;
    return faces;
}

static const struct listen_service service = { .name = "test", .start = http_port_start, .faces = all_faces };

/* ---- guards ---- */

static struct err *ask_counting(struct session *s, void **kept)
{
    (void)kept;
    (void)s;
    if (refuses)
        return err_new(E_RTMP_ACCESS_DENIED, "refused by the test");
    n_asked++;
    return NULL;
}

static void leave_counting(void *kept)
{
    (void)kept;
    n_left++;
}

static const struct session_guard        counting = { .ask = ask_counting, .leave = leave_counting };
static const struct session_guard *const guards[] = { &session_vhost_guard, &session_security_guard,
                                                      &session_refer_guard, &counting, NULL };

static void serve_vhost(const char *hls, const char *others)
{
    char text[1024];
    snprintf(text, sizeof text, "trusted_proxies 192.0.2.7; vhost v { hls { enabled on; %s } %s }", hls, others);
    serve_with(text);
    server.door.guards = guards;
    refuses = false;
    n_asked = n_left = 0;
}

static int teardown(void **state)
{
    (void)state;
    hang_up(&caller);
    serve_no_more();
    assert_int_equal(n_left, n_asked);
    return 0;
}

/* Sends one request on a new connection, and reads the whole reply. */
static const char *ask_with(const char *target, const char *fields)
{
    char request[HTTP_REQUEST_LINE_MAX + 512];
    hang_up(&caller);
    call_service(&caller, &service);
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: v:8080\r\nConnection: close\r\n%s\r\n", target, fields);
    say_bytes(&caller, request, strlen(request));
    hear_all(&caller);
    return caller.heard;
}

static const char *ask(const char *target)
{
    return ask_with(target, "");
}

static bool replies(const char *target, const char *status, const char *body)
{
    char line[64];
    snprintf(line, sizeof line, "HTTP/1.1 %s ", status);
    ask(target);
    const char *end = strstr(caller.heard, "\r\n\r\n");
    return strncmp(caller.heard, line, strlen(line)) == 0 && end && (!body || strcmp(end + 4, body) == 0);
}

/* Becomes a viewer. The id that the master playlist brings is in `id`. */
static void become_viewer(char id[static HLS_VIEWER_ID_CAP])
{
    const char *at = strstr(ask("/live/cam.m3u8"), "master hls_ctx=");
    assert_non_null(at);
    snprintf(id, HLS_VIEWER_ID_CAP, "%s", at + strlen("master hls_ctx="));
}

static const char *with_id(const char *path, const char *id)
{
    static char target[256];
    snprintf(target, sizeof target, "%s%shls_ctx=%s", path, strchr(path, '?') ? "&" : "?", id);
    return target;
}

static const char *media_of(const char *id)
{
    static char text[128];
    snprintf(text, sizeof text, "media hls_ctx=%s.", id);
    return text;
}

/* ---- playlists ---- */

static void a_first_request_gets_the_master_and_later_ones_the_media_playlist(void **state)
{
    char id[HLS_VIEWER_ID_CAP];
    (void)state;
    serve_vhost("", "");
    become_viewer(id);
    assert_int_equal(server.registry.n_clients, 1);
    for (int i = 0; i < 3; i++)
        assert_true(replies(with_id("/live/cam.m3u8", id), "200", media_of(id)));
    assert_int_equal(server.registry.n_clients, 1);
    assert_int_equal(n_asked, 1);
    const struct client *c = registry_find_client(&server.registry, id);
    assert_non_null(c);
    assert_string_equal(c->tc_url, "http://v/live");
    assert_true(*c->bytes_in > 4 * 60 && *c->bytes_out > 4 * 100);
}

static void the_original_query_goes_on_and_a_chosen_id_does_not(void **state)
{
    (void)state;
    serve_vhost("", "");
    ask("/live/cam.m3u8?token=xyz&hls_ctx=mine&b=%22&c=\"<>&&d");
    assert_null(strstr(caller.heard, "mine"));
    assert_non_null(strstr(caller.heard, "&token=xyz&b=%22&c=%22%3C%3E&d."));
    assert_int_equal(server.registry.n_clients, 1);
    assert_true(replies("/live/cam.m3u8?hls_ctx=mine", "200", NULL));
    assert_null(strstr(caller.heard, "mine"));
    assert_int_equal(server.registry.n_clients, 2);
}

static void segments_are_asked_of_the_vhost_that_a_parameter_named(void **state)
{
    char id[HLS_VIEWER_ID_CAP], text[128];
    (void)state;
    serve_vhost("", "");
    become_viewer(id);
    snprintf(text, sizeof text, "media hls_ctx=%s&vhost=v.", id);
    assert_true(replies(with_id("/live/cam.m3u8?token=1&vhost=v&x=y", id), "200", text));
}

static void an_id_of_another_stream_makes_a_new_viewer(void **state)
{
    char id[HLS_VIEWER_ID_CAP];
    (void)state;
    serve_vhost("", "");
    become_viewer(id);
    assert_true(replies(with_id("/live/other.m3u8", id), "200", NULL));
    assert_non_null(strstr(caller.heard, "master "));
    assert_null(strstr(caller.heard, id));
    assert_true(replies(with_id("/live/other-1.ts", id), "403", NULL));
}

static void without_hls_ctx_there_are_no_viewers(void **state)
{
    (void)state;
    serve_vhost("hls_ctx off;", "");
    assert_true(replies("/live/cam.m3u8?a=1", "200", "media ."));
    assert_true(replies("/live/cam-1.ts", "200", "media ."));
    assert_int_equal(server.registry.n_clients, 0);
    assert_int_equal(hls_viewers_count(), 0);
}

/* ---- segments ---- */

static void segments_and_keys_are_for_viewers(void **state)
{
    char id[HLS_VIEWER_ID_CAP];
    (void)state;
    serve_vhost("", "");
    assert_true(replies("/live/cam-1.ts", "403", NULL));
    assert_true(replies("/live/cam-1.ts?hls_ctx=767f54e9", "403", NULL));
    assert_true(replies("/live/cam-1.ts?hls_ctx=abcdefghijklmnopqrstuvwxyz234567", "403", NULL));
    assert_true(replies("/live/cam-1.key", "403", NULL));
    assert_int_equal(server.registry.n_clients, 0);
    become_viewer(id);
    assert_true(replies(with_id("/live/cam-1.ts", id), "200", media_of(id)));
    assert_true(replies(with_id("/live/cam-1.key", id), "200", media_of(id)));
    assert_int_equal(n_asked, 1);
}

static void without_hls_ts_ctx_keys_alone_are_for_viewers(void **state)
{
    char id[HLS_VIEWER_ID_CAP];
    (void)state;
    serve_vhost("hls_ts_ctx off;", "");
    become_viewer(id);
    assert_true(replies("/live/cam-1.ts", "200", "media ."));
    assert_true(replies("/live/cam-1.key", "403", NULL));
    assert_true(replies(with_id("/live/cam-1.key", id), "200", NULL));
    struct hls_ask a = { .viewer = (struct hls_viewer *)&a };
    assert_int_equal(hls_ask_uri_kinds(&a, conf_find_vhost(server.conf, "v")), HLS_URI_KEY | HLS_URI_PLAYLIST);
}

/* ---- refusals ---- */

static void who_is_refused_stays_refused_segments_included(void **state)
{
    (void)state;
    serve_vhost("", "");
    refuses = true;
    for (int i = 0; i < 3; i++) {
        assert_true(replies("/live/cam.m3u8?hls_ctx=chosen01", "403", NULL));
        assert_true(replies("/live/cam-1.ts?hls_ctx=chosen01", "403", NULL));
    }
    assert_int_equal(server.registry.n_clients, 0);
    assert_int_equal(hls_viewers_count(), 0);
}

static void the_rules_of_the_vhost_decide(void **state)
{
    static const char *const rules[] = { "security { enabled on; deny play all; }",
                                         "refer { enabled on; play page.test; }" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        serve_vhost("", rules[i]);
        assert_true(replies("/live/cam.m3u8", "403", NULL));
        assert_non_null(strstr(caller.heard, "Cache-Control: no-store"));
        serve_no_more();
    }
    serve_vhost("", rules[1]);
    assert_non_null(strstr(ask_with("/live/cam.m3u8", "Referer: http://page.test/\r\n"), "master "));
}

static void a_viewer_whose_address_changes_stays_one_if_that_address_may_play(void **state)
{
    char id[HLS_VIEWER_ID_CAP];
    (void)state;
    serve_vhost("", "security { enabled on; deny play 198.51.100.0/24; }");
    become_viewer(id);
    assert_non_null(strstr(ask_with(with_id("/live/cam.m3u8", id), "X-Forwarded-For: 203.0.113.5\r\n"), media_of(id)));
    assert_non_null(strstr(ask_with(with_id("/live/cam.m3u8", id), "X-Forwarded-For: 198.51.100.5\r\n"), " 403 "));
    assert_non_null(strstr(ask_with(with_id("/live/cam-1.ts", id), "X-Forwarded-For: 198.51.100.5\r\n"), " 403 "));
    assert_int_equal(server.registry.n_clients, 1);
    assert_true(replies(with_id("/live/cam.m3u8", id), "200", media_of(id)));
}

static void a_query_without_end_makes_no_viewer(void **state)
{
    static char target[HLS_VIEWER_PARAM_MAX + 64];
    (void)state;
    serve_vhost("", "");
    snprintf(target, sizeof target, "/live/cam.m3u8?token=%0*d", HLS_VIEWER_PARAM_MAX, 7);
    assert_true(replies(target, "414", NULL));
    assert_int_equal(server.registry.n_clients, 0);
}

static void a_server_without_room_says_when_to_come_back(void **state)
{
    (void)state;
    serve_vhost("", "");
    hang_up(&caller);
    call_service(&caller, &service); /* the connection is there when memory is out */
    mem_set_limit(1, NULL, NULL);
    static const char request[] = "GET /live/cam.m3u8 HTTP/1.1\r\nHost: v\r\nConnection: close\r\n\r\n";
    say_bytes(&caller, request, strlen(request));
    hear_all(&caller);
    mem_set_limit(0, NULL, NULL);
    assert_non_null(strstr(caller.heard, "HTTP/1.1 503 "));
    assert_non_null(strstr(caller.heard, "Retry-After: 5\r\n"));
}

/* ---- kicks, and coming back ---- */

static void a_kicked_viewer_hears_that_its_stream_is_over(void **state)
{
    char id[HLS_VIEWER_ID_CAP], text[128];
    (void)state;
    serve_vhost("", "");
    become_viewer(id);
    struct client *c = registry_find_client(&server.registry, id);
    c->end(c);
    assert_int_equal(server.registry.n_clients, 0);
    snprintf(text, sizeof text, "HLS stream %s is EOF", id);
    for (int i = 0; i < 3; i++) {
        assert_true(replies(with_id("/live/cam.m3u8", id), "404", text));
        assert_true(replies(with_id("/live/cam-1.ts", id), "404", text));
    }
    assert_int_equal(n_asked, 1);
}

static void an_id_of_before_a_restart_is_asked_at_the_door_and_goes_on(void **state)
{
    char    id[HLS_VIEWER_ID_CAP];
    uint8_t secret[SERVER_SECRET_LEN];
    (void)state;
    serve_vhost("", "");
    become_viewer(id);
    memcpy(secret, server.secret, sizeof secret);
    serve_no_more();
    serve_vhost("", "");
    memcpy(server.secret, secret, sizeof secret);
    assert_true(replies(with_id("/live/cam.m3u8", id), "200", media_of(id)));
    assert_int_equal(n_asked, 1);
    assert_int_equal(server.registry.n_clients, 1);
    assert_true(replies(with_id("/live/cam-1.ts", id), "200", media_of(id)));
    serve_no_more();
    serve_vhost("", "");
    memcpy(server.secret, secret, sizeof secret);
    refuses = true;
    assert_true(replies(with_id("/live/cam.m3u8", id), "403", NULL));
    assert_true(replies(with_id("/live/cam-1.ts", id), "403", NULL));
    refuses = false;
    assert_true(replies(with_id("/live/cam-1.ts", id), "200", media_of(id)));
}

#define TEST(f) cmocka_unit_test_teardown(f, teardown)

/* What stands behind each URI of a playlist must not be a client's to lengthen. */
static void the_vhost_is_named_once_behind_uris(void **state)
{
    static const struct {
        const char *asked, *told;
    } rows[] = {
        { "vhost=v", "&vhost=v" },
        { "a=1&domain=v&b=2", "&domain=v" },
        { "domain=x&vhost=v&vhost=y&domain=z", "&vhost=v" },
        { "vhost=&domain=v", "&domain=v" },
        { "vhost=v%20<x>", "&vhost=v%20%3Cx%3E" },
        { "vhosts=v&vhost", "" },
        { "vhost=&vhost=v", "" },
    };
    char id[HLS_VIEWER_ID_CAP], target[2048], wanted[2048], name[1024];
    (void)state;
    serve_vhost("", "");
    become_viewer(id);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        snprintf(target, sizeof target, "/live/cam.m3u8?hls_ctx=%s&%s", id, rows[i].asked);
        snprintf(wanted, sizeof wanted, "media hls_ctx=%s%s.", id, rows[i].told);
        if (!replies(target, "200", wanted))
            fail_msg("%s: %s", rows[i].asked, caller.heard);
    }
    memset(name, 'v', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(target, sizeof target, "/live/cam.m3u8?hls_ctx=%s&vhost=%s", id, name);
    assert_true(replies(target, "200", media_of(id))); /* no vhost has such a name */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_first_request_gets_the_master_and_later_ones_the_media_playlist),
        TEST(the_original_query_goes_on_and_a_chosen_id_does_not),
        TEST(segments_are_asked_of_the_vhost_that_a_parameter_named),
        TEST(the_vhost_is_named_once_behind_uris),
        TEST(an_id_of_another_stream_makes_a_new_viewer),
        TEST(without_hls_ctx_there_are_no_viewers),
        TEST(segments_and_keys_are_for_viewers),
        TEST(without_hls_ts_ctx_keys_alone_are_for_viewers),
        TEST(who_is_refused_stays_refused_segments_included),
        TEST(the_rules_of_the_vhost_decide),
        TEST(a_viewer_whose_address_changes_stays_one_if_that_address_may_play),
        TEST(a_query_without_end_makes_no_viewer),
        TEST(a_server_without_room_says_when_to_come_back),
        TEST(a_kicked_viewer_hears_that_its_stream_is_over),
        TEST(an_id_of_before_a_restart_is_asked_at_the_door_and_goes_on),
    };
    return cmocka_run_group_tests(tests, serving_begin, serving_end);
}
