/* The table of services: each row is complete, and a shared port of HTTP has both of its faces. */
#include "app/services.h"

#include <cmocka.h>
#include <string.h>

#include "app/conf/conf_load.h"
#include "app/http/port.h"
#include "loop.h"

static struct conf *load(const char *text)
{
    struct conf_source from = { .path = "s.conf", .text = text, .text_len = strlen(text), .open_files = 65536 };
    struct conf_report report = { 0 };
    struct conf       *conf = NULL;
    assert_null(conf_load(&from, &conf, &report));
    conf_report_finish(&report);
    return conf;
}

static const struct listen_service *row(const char *name)
{
    const struct listen_service *s = listen_services;
    while (s->name && strcmp(s->name, name) != 0)
        s++;
    assert_non_null(s->name);
    return s;
}

static size_t count_faces(const struct listen_service *s, const struct conf *conf)
{
    size_t n = 0;
    for (const struct http_face *const *face = s->faces(conf); *face; face++)
        n++;
    return n;
}

static void each_row_has_what_its_kind_needs(void **state)
{
    (void)state;
    struct conf *conf = load("listen 1935; daemon off; vhost __defaultVhost__ { }");
    for (const struct listen_service *s = listen_services; s->name; s++) {
        assert_non_null(s->endpoints);
        assert_true(s->kind == LISTEN_DATAGRAM ? s->run && !s->start : s->start && !s->run);
        assert_true(!s->faces || count_faces(s, conf) > 0);
        assert_true(!s->has_api || s->faces);
    }
    conf_unref(&conf);
}

static void ports_of_their_own_have_one_face_each(void **state)
{
    (void)state;
    struct conf *conf = load("listen 1935; daemon off; http_api { enabled on; listen 1985; }"
                             "http_server { enabled on; listen 8080; } vhost __defaultVhost__ { }");
    assert_string_equal(row("HTTP-API")->endpoints(conf)->items[0], "1985");
    assert_string_equal(row("HTTP-Server")->endpoints(conf)->items[0], "8080");
    assert_int_equal(count_faces(row("HTTP-API"), conf), 1);
    assert_int_equal(count_faces(row("HTTP-Server"), conf), 1);
    assert_true(row("HTTP-API")->has_api(conf));
    assert_false(row("HTTP-Server")->has_api(conf));
    conf_unref(&conf);
}

static void a_shared_port_is_one_listener_with_both_faces(void **state)
{
    (void)state;
    struct conf *conf = load("listen 1935; daemon off; http_api { enabled on; listen 8080; }"
                             "http_server { enabled on; listen 8080; } vhost __defaultVhost__ { }");
    assert_null(row("HTTP-API")->endpoints(conf));
    assert_string_equal(row("HTTP-Server")->endpoints(conf)->items[0], "8080");
    assert_int_equal(count_faces(row("HTTP-Server"), conf), 2);
    assert_true(row("HTTP-Server")->has_api(conf));
    conf_unref(&conf);
}

static void what_is_off_listens_nowhere(void **state)
{
    (void)state;
    struct conf *conf = load("listen 1935; daemon off; vhost __defaultVhost__ { }");
    for (const struct listen_service *s = listen_services; s->name; s++)
        assert_true((s->endpoints(conf) != NULL) == (strcmp(s->name, "RTMP") == 0));
    conf_unref(&conf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_has_what_its_kind_needs),
        cmocka_unit_test(ports_of_their_own_have_one_face_each),
        cmocka_unit_test(a_shared_port_is_one_listener_with_both_faces),
        cmocka_unit_test(what_is_off_listens_nowhere),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}
