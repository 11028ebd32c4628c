/* The file that a URI of a playlist names: the inverse of what is written, and URIs that name no file of ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "app/hls/uri_path.h"
#include "app/segment/template.h"
#include "core/attr.h"
#include "core/mem.h"

#define M3U8 "live/cam/index.m3u8"

static void check(char *path, const char *want, const char *uri)
{
    if (!path != !want || (path && strcmp(path, want) != 0))
        fail_msg("%s is %s", uri, path ? path : "no file");
    mem_free(path);
}

static void what_is_written_is_found_again(void **state)
{
    static const char *const prefixes[] = { "", "/", "/a b/", "http://cdn.example/hls/", "http://cdn.example", "x" };
    static const char *const files[] = { "live/cam/s-1.ts",          "live/s-1.ts",      "s.ts", "live/cam/ts/s 1.ts",
                                         "live/caf\xc3\xa9/100%.ts", "live/cam/a?b#c.ts" };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        for (size_t k = 0; k < ARRAY_LEN(files); k++) {
            struct buf entry = buf_up_to(1000), key = buf_up_to(1000);
            template_put_entry(&entry, prefixes[i], files[k], M3U8);
            template_put_key(&key, prefixes[i], files[k], M3U8);
            check(hls_uri_path_entry(M3U8, entry.bytes, prefixes[i]), files[k], entry.bytes);
            check(hls_uri_path_key(M3U8, key.bytes, prefixes[i]), files[k], key.bytes);
            buf_finish(&entry);
            buf_finish(&key);
        }
}

static void a_query_is_no_part_of_the_path(void **state)
{
    (void)state;
    check(hls_uri_path_entry(M3U8, "s-1.ts?hls_ctx=x", ""), "live/cam/s-1.ts", "a query");
    check(hls_uri_path_entry("s.m3u8", "s-1.ts", ""), "s-1.ts", "a playlist at the root");
    check(hls_uri_path_entry(M3U8, "/live/s-1.ts", ""), "live/s-1.ts", "a path from the root");
}

static void what_lies_elsewhere_is_no_file_of_ours(void **state)
{
    static const char *const uris[] = { "http://other.example/s-1.ts",
                                        "../../../etc/passwd",
                                        "/../etc/passwd",
                                        "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
                                        "a%00b.ts",
                                        "a%2fb.ts",
                                        "a\\b.ts",
                                        "%zz.ts" };
    static char              longest[3 * TEMPLATE_PATH_MAX];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(uris); i++)
        check(hls_uri_path_entry(M3U8, uris[i], ""), NULL, uris[i]);
    check(hls_uri_path_entry(M3U8, "s-1.ts", "http://cdn.example/"), NULL, "a URI without the prefix");
    check(hls_uri_path_entry(M3U8, "http://cdn.example/http://other.example/s.ts", "http://cdn.example/"), NULL,
          "two servers");
    memset(longest, 'x', sizeof longest - 1);
    check(hls_uri_path_entry(M3U8, longest, ""), NULL, "a long URI");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_found_again),
        cmocka_unit_test(a_query_is_no_part_of_the_path),
        cmocka_unit_test(what_lies_elsewhere_is_no_file_of_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
