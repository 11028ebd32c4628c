/* The site of the page that sends a request, and the server's name in the request. */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/conf/conf_testing.h"
#include "app/http/site.h"
#include "core/attr.h"

enum { FIELDS_MAX = 4 };

struct site_row {
    const char      *host;
    struct http_pair fields[FIELDS_MAX];
    enum http_site   site;
};

static struct http_request request_of(const char *host, const struct http_pair *fields)
{
    struct http_request r = { .host = host, .host_port = host, .fields = fields };
    while (r.n_fields < FIELDS_MAX && fields && fields[r.n_fields].name)
        r.n_fields++;
    return r;
}

static void a_browser_says_whose_page_it_is(void **state)
{
    static const char chromium[] = "Mozilla/5.0 (X11; Linux x86_64)";
    /* clang-format off */
    static const struct site_row rows[] = {
        { "10.0.0.1:1985", {{ NULL, NULL }},                                                   HTTP_SITE_NONE },
        { "10.0.0.1:1985", {{ "User-Agent", "curl/8.5.0" }},                                   HTTP_SITE_NONE },
        { "10.0.0.1:1985", {{ "User-Agent", chromium }},                                       HTTP_SITE_UNKNOWN },
        /* the host of Origin decides; port and scheme do not count */
        { "10.0.0.1:1985", {{ "Origin", "http://10.0.0.1:8080" }},                             HTTP_SITE_OWN },
        { "10.0.0.1:1985", {{ "Origin", "https://10.0.0.1" }},                                 HTTP_SITE_OWN },
        { "Live.Example:1985", {{ "Origin", "http://live.example" }},                          HTTP_SITE_OWN },
        { "live.example.:1985", {{ "Origin", "http://live.example" }},                         HTTP_SITE_OWN },
        { "[::1]:1985",    {{ "Origin", "http://[::1]:8080" }},                                HTTP_SITE_OWN },
        { "10.0.0.1:1985", {{ "Origin", "http://evil.example" }},                              HTTP_SITE_FOREIGN },
        { "10.0.0.1:1985", {{ "Origin", "http://10.0.0.1.evil.example" }},                     HTTP_SITE_FOREIGN },
        { "10.0.0.1:1985", {{ "Origin", "http://10.0.0.1@evil.example" }},                     HTTP_SITE_FOREIGN },
        { "10.0.0.1:1985", {{ "Origin", "http://evil.example http://10.0.0.1" }},              HTTP_SITE_FOREIGN },
        { "10.0.0.1:1985", {{ "Origin", "null" }},                                             HTTP_SITE_FOREIGN },
        { "10.0.0.1:1985", {{ "Origin", "" }},                                                 HTTP_SITE_FOREIGN },
        { "",              {{ "Origin", "http://evil.example" }},                              HTTP_SITE_FOREIGN },
        { "",              {{ "Origin", "" }},                                                 HTTP_SITE_FOREIGN },
        /* Origin counts more than Referer */
        { "10.0.0.1", {{ "Origin", "http://evil.example" }, { "Referer", "http://10.0.0.1/" }}, HTTP_SITE_FOREIGN },
        { "10.0.0.1", {{ "Referer", "http://10.0.0.1:8080/console/?a" }, { "User-Agent", chromium }}, HTTP_SITE_OWN },
        { "10.0.0.1", {{ "Referer", "http://evil.example/10.0.0.1/" }},                        HTTP_SITE_FOREIGN },
        { "10.0.0.1", {{ "Referer", "" }, { "User-Agent", chromium }},                         HTTP_SITE_UNKNOWN },
        /* Fetch Metadata */
        { "10.0.0.1", {{ "Sec-Fetch-Site", "same-origin" }, { "User-Agent", chromium }},       HTTP_SITE_OWN },
        { "10.0.0.1", {{ "Sec-Fetch-Site", "none" }, { "User-Agent", chromium }},              HTTP_SITE_OWN },
        { "10.0.0.1", {{ "Sec-Fetch-Site", "cross-site" }},                                    HTTP_SITE_FOREIGN },
        { "10.0.0.1", {{ "Sec-Fetch-Site", "same-site" }},                                     HTTP_SITE_FOREIGN },
        { "10.0.0.1", {{ "Sec-Fetch-Site", "same-site" }, { "Referer", "http://10.0.0.1:8080/" }}, HTTP_SITE_OWN },
        { "10.0.0.1", {{ "Sec-Fetch-Site", "none" }, { "Origin", "http://evil.example" }},     HTTP_SITE_FOREIGN },
        /* a proxy in between has changed Host */
        { "127.0.0.1:1985", {{ "Sec-Fetch-Site", "same-origin" }, { "Origin", "https://console.example" }}, HTTP_SITE_OWN },
        /* trusted_hosts */
        { "10.0.0.1", {{ "Origin", "https://console.example:8443" }},                          HTTP_SITE_FOREIGN },
        { "10.0.0.1", {{ "Origin", "https://Desk.Trusted.Example:8443" }},                     HTTP_SITE_OWN },
        { "10.0.0.1", {{ "Origin", "https://a.below.example" }},                               HTTP_SITE_OWN },
        { "10.0.0.1", {{ "Origin", "https://below.example" }},                                 HTTP_SITE_FOREIGN },
        { "10.0.0.1", {{ "Origin", "https://notbelow.example" }},                              HTTP_SITE_FOREIGN },
        { "10.0.0.1", {{ "Referer", "https://desk.trusted.example/x" }, { "Sec-Fetch-Site", "cross-site" }}, HTTP_SITE_OWN },
    };
    /* clang-format on */
    (void)state;
    struct conf *conf = conf_of("http_api { trusted_hosts desk.trusted.example .below.example; } vhost v { }");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_request r = request_of(rows[i].host, rows[i].fields);
        if (http_site_of(conf, &r) != rows[i].site)
            fail_msg("row %zu: %d in place of %d", i, (int)http_site_of(conf, &r), (int)rows[i].site);
    }
    conf_unref(&conf);
}

static void only_its_own_pages_and_no_page_change_anything(void **state)
{
    (void)state;
    for (int m = HTTP_DELETE; m <= HTTP_POST; m++) {
        assert_true(http_site_may_change(HTTP_SITE_OWN, (enum http_method)m));
        assert_true(http_site_may_change(HTTP_SITE_NONE, (enum http_method)m));
        assert_false(http_site_may_change(HTTP_SITE_FOREIGN, (enum http_method)m));
    }
    assert_true(http_site_may_change(HTTP_SITE_UNKNOWN, HTTP_DELETE)); /* a page of another site would send an Origin */
    assert_false(http_site_may_change(HTTP_SITE_UNKNOWN, HTTP_GET));
    assert_false(http_site_may_change(HTTP_SITE_UNKNOWN, HTTP_POST)); /* a form of any site can do this */
}

static void a_name_is_its_own_or_another_site_s(void **state)
{
    static const char *const own[] = { "",
                                       "127.0.0.1",
                                       "203.0.113.7:1985",
                                       "127.1",
                                       "[::1]",
                                       "[2001:db8::1]:1985",
                                       "localhost",
                                       "LOCALHOST:1985",
                                       "x.localhost",
                                       "srs",
                                       "srs:1985",
                                       "srs.default.svc.cluster.local:1985",
                                       "nas.home.arpa",
                                       "live.own.example",
                                       "Live.OWN.example:80",
                                       "live.own.example.",
                                       "api.trusted.example",
                                       "a.b.below.example" };
    static const char *const foreign[] = { "evil.example",           "evil.example:1985",
                                           "127.0.0.1.evil.example", "localhost.evil.example",
                                           "notlive.own.example",    "below.example",
                                           "local.evil.example",     "live.own.example.evil.example" };
    (void)state;
    struct conf *conf = conf_of("http_api { trusted_hosts api.trusted.example *.below.example; }"
                                " vhost __defaultVhost__ { } vhost live.own.example { }");
    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        struct http_request r = request_of(own[i], NULL);
        if (!http_site_host_is_own(conf, &r))
            fail_msg("%s is foreign", own[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(foreign); i++) {
        struct http_request r = request_of(foreign[i], NULL);
        if (http_site_host_is_own(conf, &r))
            fail_msg("%s is its own", foreign[i]);
    }
    char machine[256] = "";
    gethostname(machine, sizeof machine - 1);
    struct http_request r = request_of(machine, NULL);
    assert_true(http_site_host_is_own(conf, &r));
    conf_unref(&conf);
}

static void any_host_can_be_trusted(void **state)
{
    static const struct http_pair elsewhere[] = { { "Origin", "http://elsewhere.example" } };
    static const struct http_pair nowhere[] = { { "Origin", "null" }, { NULL, NULL } };
    (void)state;
    struct conf        *conf = conf_of("http_api { trusted_hosts any; } vhost v { }");
    struct http_request r = request_of("other.example", NULL);
    assert_true(http_site_host_is_own(conf, &r));
    r.fields = elsewhere;
    r.n_fields = 1;
    assert_int_equal(http_site_of(conf, &r), HTTP_SITE_OWN);
    r.fields = nowhere;
    assert_int_equal(http_site_of(conf, &r), HTTP_SITE_FOREIGN);
    conf_unref(&conf);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_browser_says_whose_page_it_is),
        cmocka_unit_test(only_its_own_pages_and_no_page_change_anything),
        cmocka_unit_test(a_name_is_its_own_or_another_site_s),
        cmocka_unit_test(any_host_can_be_trusted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
