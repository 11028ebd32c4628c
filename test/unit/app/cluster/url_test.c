/* Where clients are sent: their parameters go along, and the hops are counted. */
#include "app/cluster/url.h"

#include <cmocka.h>
#include <string.h>

#include "core/attr.h"
#include "core/mem.h"

static const struct cluster_place there = {
    .host = "10.0.0.3", .rtmp_port = 19350, .http_port = 8080, .https_port = 8443
};
static const struct cluster_place there6 = { .host = "::1", .rtmp_port = 1, .rtmps_port = 2 };

static void hops_are_counted(void **state)
{
    static const struct {
        const char *param;
        int         hops;
    } rows[] = {
        { "", 0 },
        { "?k=v", 0 },
        { "?cluster_hop=1", 1 },
        { "cluster_hop=2&k=v", 2 },
        { "?k=v&cluster_hop=0", 0 },
        { "?cluster_hop=1#x", 1 },
        { "?k=v#cluster_hop=1", 0 },
        { "?cluster_hop=", CLUSTER_HOPS_MAX },
        { "?cluster_hop=9", CLUSTER_HOPS_MAX },
        { "?cluster_hop=-1", CLUSTER_HOPS_MAX },
        { "?cluster_hop=10", CLUSTER_HOPS_MAX },
        { "?xcluster_hop=2", 0 },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(cluster_hops(rows[i].param), rows[i].hops);
}

static void rtmp(const struct cluster_place *p, bool is_tls, const char *vhost, const char *param, const char *expected)
{
    char       *url;
    struct err *e = cluster_rtmp_url(&url, p, is_tls, vhost, "live", "s", param);
    assert_null(e);
    assert_string_equal(url, expected);
    mem_free(url);
}

static void an_rtmp_player_keeps_its_parameters(void **state)
{
    (void)state;
    rtmp(&there, false, "__defaultVhost__", "", "rtmp://10.0.0.3:19350/live/s?cluster_hop=1");
    rtmp(&there, false, "__defaultVhost__", "?tk=a/b&x", "rtmp://10.0.0.3:19350/live/s?tk=a/b&x&cluster_hop=1");
    rtmp(&there, false, "a.example", "?k=v", "rtmp://10.0.0.3:19350/live/s?k=v&vhost=a.example&cluster_hop=1");
    rtmp(&there, false, "a.example", "?vhost=A.example", "rtmp://10.0.0.3:19350/live/s?vhost=a.example&cluster_hop=1");
    rtmp(&there, false, "__defaultVhost__", "?cluster_hop=1&k=v#f", "rtmp://10.0.0.3:19350/live/s?k=v&cluster_hop=2");
    rtmp(&there6, false, "__defaultVhost__", "", "rtmp://[::1]:1/live/s?cluster_hop=1");
    rtmp(&there6, true, "__defaultVhost__", "", "rtmps://[::1]:2/live/s?cluster_hop=1");
}

static void an_http_player_keeps_its_path(void **state)
{
    char *url;
    (void)state;
    assert_null(cluster_http_url(&url, &there, false, "a.example", "/live/s%20x.flv", "k=v"));
    assert_string_equal(url, "http://10.0.0.3:8080/live/s%20x.flv?k=v&vhost=a.example&cluster_hop=1");
    mem_free(url);
    assert_null(cluster_http_url(&url, &there, true, "__defaultVhost__", "/s.m3u8", ""));
    assert_string_equal(url, "https://10.0.0.3:8443/s.m3u8?cluster_hop=1");
    mem_free(url);
}

static void nobody_is_sent_to_a_port_that_is_not_known_or_less_safe(void **state)
{
    char       *url;
    struct err *e = cluster_rtmp_url(&url, &there, true, "__defaultVhost__", "live", "s", "");
    (void)state;
    assert_int_equal(err_code(e), E_OCLUSTER_REDIRECT);
    assert_null(url);
    err_free(e);
    e = cluster_http_url(&url, &there6, false, "__defaultVhost__", "/live/s.flv", "");
    assert_int_equal(err_code(e), E_OCLUSTER_REDIRECT);
    err_free(e);
    e = cluster_http_url(&url, &there, false, "__defaultVhost__", "@evil.example/", "");
    assert_int_equal(err_code(e), E_OCLUSTER_REDIRECT);
    err_free(e);
}

static void a_url_has_its_bound(void **state)
{
    static char param[5000];
    char       *url;
    (void)state;
    memset(param, 'x', sizeof param - 1);
    struct err *e = cluster_rtmp_url(&url, &there, false, "__defaultVhost__", "live", "s", param);
    assert_int_equal(err_code(e), E_OCLUSTER_REDIRECT);
    err_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hops_are_counted),
        cmocka_unit_test(an_rtmp_player_keeps_its_parameters),
        cmocka_unit_test(an_http_player_keeps_its_path),
        cmocka_unit_test(nobody_is_sent_to_a_port_that_is_not_known_or_less_safe),
        cmocka_unit_test(a_url_has_its_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
