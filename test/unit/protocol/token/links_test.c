/* Links in the forms of others: nginx's secure_link, and those of content delivery networks. Digests were made by openssl and md5sum. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"
#include "protocol/token/cdn.h"
#include "protocol/token/pattern.h"
#include "protocol/token/secure_link.h"
#include "protocol/token/timed_links.h"

/* printf '%s' '1000060/live/s.flv::1 k' | openssl md5 -binary | openssl base64 | tr +/ -_ | tr -d = */
#define LINK "md5=Oo5MgyD3oL9S8QbH9R5stA&expires=1000060"
/* MD5 of /live/s.flv-1000060-0-0-k; of k200601021504/live/s; of k/live/sF427C; of ksF427C */
#define HASH_A "a7062dc6c1958211b5c407c5d59ea590"
#define HASH_B "49a7f7dd3f7cfbb4fb5d89605086fb33"
#define HASH_C "a1d4b1036af0fe6a492174f8e06da93d"
#define HASH_TX "af503fc2a7b0b00b46ecd1133835e043"
/* The same for the file s.flv: of k200601021504/live/s.flv; of k/live/s.flvF427C; of kF427C/live/s.flv; with a decimal time, before and behind */
#define FLV_B "f91b43ddeeef681ac7c2d4b895571911"
#define FLV_C "2889a2df5d14ff23196fba26dc7b293e"
#define FLV_TENCENT_C "9b3423fc9ff88367c00fca567dfd41f1"
#define FLV_DECIMAL "112f3161e021873b1a5b8311259b68e9"
#define FLV_LATER "dc401d38f8563839c7d4040d39e336fd"
/* SHA-256 of /live/s.flv-1000060-0-0-k */
#define SHA256_A "f4ec44bfbd1d45c92485803177e90c26050e9229e7f2d4b0fdb136beebde3d96"
/* printf '%s' 'exp=1000060~acl=/live/\*' | openssl dgst -sha256 -mac HMAC -macopt hexkey:00ff */
#define EDGE "exp=1000060~acl=/live/*~hmac=2c0a1156dd708253e705cb8859ec2e83e2191bb35fd4513bf4b27c4ad590a095"
#define EDGE_LATER \
    "st=1000001~exp=1000060~acl=/x!/*/s.flv~hmac=1f1b16812411c1200217e8b8739c6dac1ad90b7409cb4f8c6530a49f6e12b059"
/* 15:04 in China */
enum { MINUTE_S = 1136185440 };

static struct token_grant grant;

static struct token_ask asked(const char *app, const char *name, const char *query, int64_t now_s)
{
    grant = (struct token_grant){ 0 };
    return (struct token_ask){ .app = app, .stream = "s", .name = name, .ip = "::1", .query = query, .now_s = now_s };
}

/* ---- secure_link ---- */

static enum token_verdict link_is(const char *query, int64_t now_s)
{
    struct token_ask ask = asked("live", "s.flv", query, now_s);
    return secure_link_check(&ask, "$secure_link_expires$uri$remote_addr k", &grant);
}

static void a_link_of_nginx_is_good_until_it_expires(void **state)
{
    (void)state;
    assert_int_equal(link_is(LINK, 1000059), TOKEN_GOOD);
    assert_int_equal(grant.expires_s, 1000060);
    assert_int_equal(link_is(LINK, 1000060), TOKEN_EXPIRED);
    assert_int_equal(link_is("", 0), TOKEN_ABSENT);
    assert_int_equal(link_is("expires=1000060", 0), TOKEN_ABSENT);
    assert_int_equal(link_is("md5=AAAAAAAAAAAAAAAAAAAAAA&expires=1000060", 0), TOKEN_FORGED);
    assert_int_equal(link_is("md5=AAAAAAAAAAAAAAAAAAAAA&expires=1000060", 0), TOKEN_MALFORMED);
    assert_int_equal(link_is("md5=AAAAAAAAAAAAAAAAAAAAAA", 0), TOKEN_MALFORMED);
    assert_int_equal(link_is(LINK "&md5=x", 0), TOKEN_MALFORMED);
    struct token_ask other = asked("live", "t.flv", LINK, 0);
    assert_int_equal(secure_link_check(&other, "$secure_link_expires$uri$remote_addr k", &grant), TOKEN_FORGED);
}

static void an_expression_has_known_variables_and_a_time(void **state)
{
    (void)state;
    assert_true(secure_link_is_valid("$secure_link_expires$uri k"));
    assert_true(secure_link_is_valid("k$secure_link_expires"));
    assert_false(secure_link_is_valid(""));
    assert_false(secure_link_is_valid("$uri k"));
    assert_false(secure_link_is_valid("$secure_link_expires$urix"));
    assert_false(secure_link_is_valid("$secure_link_expires$"));
    assert_false(secure_link_is_valid("$secure_link_expires$http_user_agent"));
}

/* ---- Alibaba ---- */

static enum token_verdict key_is(const char *app, const char *name, const char *query, int64_t now_s, int64_t valid_s)
{
    struct token_ask ask = asked(app, name, query, now_s);
    return cdn_auth_key_check(&ask, "k", valid_s, &grant);
}

static void type_a_is_a_parameter(void **state)
{
    (void)state;
    assert_int_equal(key_is("live", "s.flv", "auth_key=1000060-0-0-" HASH_A, 1000059, 0), TOKEN_GOOD);
    assert_int_equal(key_is("live", "s.flv", "auth_key=1000060-0-0-" HASH_A, 1000060, 0), TOKEN_EXPIRED);
    assert_int_equal(key_is("live", "s.flv", "auth_key=1000060-0-0-" HASH_A, 1000060, 1800), TOKEN_GOOD);
    assert_int_equal(grant.expires_s, 1000060 + 1800);
    assert_int_equal(key_is("live", "t.flv", "auth_key=1000060-0-0-" HASH_A, 0, 0), TOKEN_FORGED);
    assert_int_equal(key_is("live", "s.flv", "auth_key=1000061-0-0-" HASH_A, 0, 0), TOKEN_FORGED);
    assert_int_equal(key_is("live", "s.flv", "auth_key=1000060-0-1-" HASH_A, 0, 0), TOKEN_FORGED);
    assert_int_equal(key_is("live", "s.flv", "auth_key=" HASH_A, 0, 0), TOKEN_MALFORMED);
    assert_int_equal(key_is("live", "s.flv", "auth_key=-" HASH_A, 0, 0), TOKEN_MALFORMED);
    assert_int_equal(key_is("live", "s.flv", "auth_key=", 0, 0), TOKEN_MALFORMED);
    assert_int_equal(key_is("live", "s.flv", "", 0, 0), TOKEN_ABSENT);
}

static void types_b_and_c_are_the_beginning_of_the_app(void **state)
{
    (void)state;
    assert_int_equal(key_is("200601021504/" HASH_B "/live", "s", "", MINUTE_S - 1, 0), TOKEN_GOOD);
    assert_int_equal(grant.app_skip, 12 + 1 + 32 + 1);
    assert_int_equal(grant.expires_s, MINUTE_S);
    assert_int_equal(key_is("200601021504/" HASH_B "/live", "s", "", MINUTE_S, 0), TOKEN_EXPIRED);
    assert_int_equal(key_is("200601021504/" HASH_B "/live2", "s", "", 0, 0), TOKEN_FORGED);
    assert_int_equal(key_is("200601021505/" HASH_B "/live", "s", "", 0, 0), TOKEN_FORGED);
    assert_int_equal(key_is(HASH_C "/F427C/live", "s", "", 1000059, 0), TOKEN_GOOD);
    assert_int_equal(grant.app_skip, 32 + 1 + 5 + 1);
    assert_int_equal(key_is(HASH_C "/F427C/live", "s", "", 1000060, 0), TOKEN_EXPIRED);
    assert_int_equal(key_is(HASH_C "/F427D/live", "s", "", 0, 0), TOKEN_FORGED);
    assert_int_equal(key_is(HASH_C "/F427C/", "s", "", 0, 0), TOKEN_ABSENT);
    assert_int_equal(key_is(HASH_C "/F427C", "s", "", 0, 0), TOKEN_ABSENT);
    assert_int_equal(key_is(HASH_C, "s", "", 0, 0), TOKEN_ABSENT);
    assert_int_equal(key_is(HASH_C "/xyz/live", "s", "", 0, 0), TOKEN_ABSENT);
    assert_int_equal(key_is("live", "s", "", 0, 0), TOKEN_ABSENT);
}

static enum token_verdict judged(const char *app, const char *name, const char *query, const char *secret,
                                 int64_t now_s)
{
    struct token_ask ask = asked(app, name, query, now_s);
    return cdn_auth_key_check(&ask, secret, 1, &grant);
}

/* The examples in the documents of Huawei Cloud CDN and Huawei Cloud Live, signing method A. */
static void examples_of_documents_are_good(void **state)
{
    static const char huawei[] = "auth_key=1498752000-0-0-4143ae4a8034c637fd256dfd3542bafc";
    static const char huawei_live[] =
        "auth_key=1592639100-477b3bbc253f467b8def6711128c7bec-0-dd1b5ffa00cf26acec0c169ae1cfabea";
    (void)state;
    assert_int_equal(judged("T128_2_1_0_sdk/0210/M00/82/3E", "test.mp3", huawei, "huaweicloud12345", 1498752000),
                     TOKEN_GOOD);
    assert_int_equal(judged("livetest", "huawei1.flv", huawei_live, "GCTbw44s6MPLh4GqgDpnfuFHgy25Enly", 1592639100),
                     TOKEN_GOOD);
}

static void a_token_of_a_path_may_be_a_parameter(void **state)
{
    (void)state;
    assert_int_equal(key_is("live", "s.flv", "path_token=200601021504/" FLV_B, MINUTE_S - 1, 0), TOKEN_GOOD);
    assert_int_equal(grant.app_skip, 0);
    assert_int_equal(key_is("live", "s.flv", "path_token=200601021504/" FLV_B, MINUTE_S, 0), TOKEN_EXPIRED);
    assert_int_equal(key_is("live", "s.flv", "path_token=" FLV_C "/F427C", 1000059, 0), TOKEN_GOOD);
    assert_int_equal(key_is("live", "s.flv", "path_token=" FLV_TENCENT_C "/F427C", 1000059, 0), TOKEN_GOOD);
    assert_int_equal(key_is("live", "s.flv", "path_token=" FLV_DECIMAL "/1000000060", 1000000059, 0), TOKEN_GOOD);
    assert_int_equal(grant.expires_s, 1000000060);
    assert_int_equal(key_is("live", "t.flv", "path_token=" FLV_C "/F427C", 0, 0), TOKEN_FORGED);
    assert_int_equal(key_is("live", "s.flv", "path_token=" FLV_C "/F427C&path_token=x", 0, 0), TOKEN_MALFORMED);
    assert_int_equal(key_is("live", "s.flv", "path_token=x", 0, 0), TOKEN_ABSENT);
}

static void a_digest_of_type_a_may_be_sha256(void **state)
{
    (void)state;
    assert_int_equal(key_is("live", "s.flv", "auth_key=1000060-0-0-" SHA256_A, 1000059, 0), TOKEN_GOOD);
    assert_int_equal(key_is("live", "t.flv", "auth_key=1000060-0-0-" SHA256_A, 1000059, 0), TOKEN_FORGED);
}

static void the_form_of_a_path_tells_that_it_has_a_token(void **state)
{
    (void)state;
    assert_int_equal(cdn_path_token_len("200601021504/" HASH_B "/live/s.flv"), 12 + 1 + 32);
    assert_int_equal(cdn_path_token_len(HASH_C "/F427C/live/s.flv"), 32 + 1 + 5);
    assert_int_equal(cdn_path_token_len(HASH_C "/F427C/"), 0);
    assert_int_equal(cdn_path_token_len(HASH_C "/live/s.flv"), 0);
    assert_int_equal(cdn_path_token_len("live/" HASH_C "/s.flv"), 0);
    assert_int_equal(cdn_path_token_len("200601021504/live/s.flv"), 0);
    assert_int_equal(cdn_path_token_len(""), 0);
}

/* ---- links of a digest and a time ---- */

typedef enum token_verdict timed_check(const struct token_ask *ask, const char *secret, int64_t valid_s,
                                       struct token_grant *grant);

static enum token_verdict timed_is(timed_check *check, const char *query, int64_t now_s)
{
    struct token_ask ask = asked("live", "s.flv", query, now_s);
    return check(&ask, "k", 0, &grant);
}

static void examples_of_timed_links_are_good(void **state)
{
    struct token_ask qiniu =
        asked("DIR1/dir2", "vodfile.mp4", "sign=19eb212771e87cc3d478b9f32d6c7bf9&t=55bb9b80", 1438358399);
    struct token_ask huawei = {
        .app = "livetest",
        .stream = "huawei1",
        .name = "huawei1.flv",
        .query = "hwSecret=ce201856a0957413319e883c8ccae13602f01d3d91e21daf5161964cf708a6a8&hwTime=5eed5888",
        .now_s = 0x5eed5888 + 1248,
    };
    (void)state;
    assert_int_equal(timed_links_sign_t(&qiniu, "12345678", 0, &grant), TOKEN_GOOD);
    assert_int_equal(grant.expires_s, 1438358400);
    assert_int_equal(timed_links_hw_secret(&huawei, "GCTbw44s6MPLh4GqgDpnfuFHgy25Enly", 1249, &grant), TOKEN_GOOD);
    huawei.now_s++;
    assert_int_equal(timed_links_hw_secret(&huawei, "GCTbw44s6MPLh4GqgDpnfuFHgy25Enly", 1249, &grant), TOKEN_EXPIRED);
    huawei.stream = "huawei2";
    assert_int_equal(timed_links_hw_secret(&huawei, "GCTbw44s6MPLh4GqgDpnfuFHgy25Enly", 1249, &grant), TOKEN_FORGED);
}

static void a_timed_link_is_good_for_its_path_until_its_time(void **state)
{
    (void)state;
    assert_int_equal(timed_is(timed_links_sign_t, "sign=" FLV_C "&t=F427C", 1000059), TOKEN_GOOD);
    assert_int_equal(timed_is(timed_links_sign_t, "sign=" FLV_C "&t=F427C", 1000060), TOKEN_EXPIRED);
    assert_int_equal(timed_is(timed_links_ws_secret, "wsSecret=" FLV_C "&wsTime=F427C", 1000059), TOKEN_GOOD);
    assert_int_equal(timed_is(timed_links_ws_secret, "wsSecret=" FLV_LATER "&wsTime=1000000060", 1000000059),
                     TOKEN_GOOD);
    assert_int_equal(timed_is(timed_links_ws_secret, "wsSecret=" FLV_C "&wsTime=F427D", 0), TOKEN_FORGED);
    assert_int_equal(timed_is(timed_links_ws_secret, "wsSecret=" FLV_C, 0), TOKEN_MALFORMED);
    assert_int_equal(timed_is(timed_links_ws_secret, "wsSecret=" FLV_C "&wsTime=", 0), TOKEN_MALFORMED);
    assert_int_equal(timed_is(timed_links_ws_secret, "wsSecret=" FLV_C "&wsTime=0123456789abcdef", 0), TOKEN_MALFORMED);
    assert_int_equal(timed_is(timed_links_ws_secret, "wsTime=F427C", 0), TOKEN_ABSENT);
    assert_int_equal(timed_is(timed_links_hw_secret, "hwSecret=" FLV_C "&hwTime=F427C", 0), TOKEN_FORGED);
}

/* ---- Tencent ---- */

static enum token_verdict tx_is(const char *query, int64_t now_s)
{
    struct token_ask ask = asked("live", "s.flv", query, now_s);
    return cdn_tx_secret_check(&ask, "k", &grant);
}

static void a_tx_secret_is_good_for_its_stream(void **state)
{
    (void)state;
    assert_int_equal(tx_is("txSecret=" HASH_TX "&txTime=F427C", 1000059), TOKEN_GOOD);
    assert_int_equal(tx_is("txSecret=" HASH_TX "&txTime=F427C", 1000060), TOKEN_EXPIRED);
    assert_int_equal(tx_is("txSecret=" HASH_TX "&txTime=F427D", 0), TOKEN_FORGED);
    assert_int_equal(tx_is("txSecret=" HASH_TX, 0), TOKEN_MALFORMED);
    assert_int_equal(tx_is("txSecret=" HASH_TX "&txTime=", 0), TOKEN_MALFORMED);
    assert_int_equal(tx_is("txSecret=" HASH_TX "&txTime=0123456789ABCDEF", 0), TOKEN_MALFORMED);
    assert_int_equal(tx_is("txSecret=x&txTime=F427C", 0), TOKEN_FORGED);
    assert_int_equal(tx_is("txTime=F427C", 0), TOKEN_ABSENT);
}

/* ---- Akamai ---- */

static enum token_verdict edge_is(const char *app, const char *query, const char *secret, int64_t now_s)
{
    struct token_ask ask = asked(app, "s.flv", query, now_s);
    return cdn_edge_auth_check(&ask, secret, &grant);
}

static void a_token_of_the_edge_is_good_for_its_paths(void **state)
{
    (void)state;
    assert_int_equal(edge_is("live", "hdnts=" EDGE, "00ff", 1000059), TOKEN_GOOD);
    assert_int_equal(edge_is("live", "hdnea=" EDGE, "00FF", 1000059), TOKEN_GOOD);
    assert_int_equal(edge_is("live/a", "hdnts=" EDGE, "00ff", 0), TOKEN_GOOD);
    assert_int_equal(edge_is("live", "hdnts=" EDGE, "00ff", 1000060), TOKEN_EXPIRED);
    assert_int_equal(edge_is("vod", "hdnts=" EDGE, "00ff", 0), TOKEN_FORGED);
    assert_int_equal(edge_is("live", "hdnts=" EDGE, "00fe", 0), TOKEN_FORGED);
    assert_int_equal(edge_is("live", "hdnts=" EDGE, "secret", 0), TOKEN_FORGED);
    assert_int_equal(edge_is("live", "hdnts=" EDGE, "", 0), TOKEN_FORGED);
    assert_int_equal(edge_is("live", "hdnts=exp=1~acl=/*", "00ff", 0), TOKEN_FORGED);
    assert_int_equal(edge_is("live", "hdnts=acl=/*~hmac=00", "00ff", 0), TOKEN_MALFORMED);
    assert_int_equal(edge_is("live", "hdnts=exp=1~hmac=00", "00ff", 0), TOKEN_MALFORMED);
    assert_int_equal(edge_is("live", "", "00ff", 0), TOKEN_ABSENT);
    assert_int_equal(edge_is("any", "hdnts=" EDGE_LATER, "00ff", 1000000), TOKEN_EARLY);
    assert_int_equal(edge_is("any", "hdnts=" EDGE_LATER, "00ff", 1000001), TOKEN_GOOD);
    /* Fields behind the digest are not signed. */
    assert_int_equal(edge_is("vod", "hdnts=" EDGE "~acl=/*", "00ff", 0), TOKEN_FORGED);
}

/* ---- patterns ---- */

struct pattern_row {
    const char *pattern, *text;
    bool        is, crosses;
};

static void a_star_stands_for_what_has_no_slash(void **state)
{
    static const struct pattern_row rows[] = {
        { "", "", true, false },
        { "*", "", true, false },
        { "*", "abc", true, false },
        { "a*", "abc", true, false },
        { "*c", "abc", true, false },
        { "a*c", "abc", true, false },
        { "a*b*c", "aXbYbZc", true, false },
        { "a*b*c", "aXbYbZ", false, false },
        { "**", "a", true, false },
        { "a", "ab", false, false },
        { "ab", "a", false, false },
        { "", "a", false, false },
        { "*", "a/b", false, true },
        { "*/*", "a/b", true, false },
        { "a/*", "a/b/c", false, true },
        { "*c", "a/bc", false, true },
        { "a*", "b", false, false },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t len = strlen(rows[i].pattern);
        assert_int_equal(pattern_is(rows[i].pattern, len, rows[i].text, false), rows[i].is);
        assert_int_equal(pattern_is(rows[i].pattern, len, rows[i].text, true), rows[i].is || rows[i].crosses);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_of_nginx_is_good_until_it_expires),
        cmocka_unit_test(an_expression_has_known_variables_and_a_time),
        cmocka_unit_test(type_a_is_a_parameter),
        cmocka_unit_test(types_b_and_c_are_the_beginning_of_the_app),
        cmocka_unit_test(examples_of_documents_are_good),
        cmocka_unit_test(a_token_of_a_path_may_be_a_parameter),
        cmocka_unit_test(a_digest_of_type_a_may_be_sha256),
        cmocka_unit_test(the_form_of_a_path_tells_that_it_has_a_token),
        cmocka_unit_test(examples_of_timed_links_are_good),
        cmocka_unit_test(a_timed_link_is_good_for_its_path_until_its_time),
        cmocka_unit_test(a_tx_secret_is_good_for_its_stream),
        cmocka_unit_test(a_token_of_the_edge_is_good_for_its_paths),
        cmocka_unit_test(a_star_stands_for_what_has_no_slash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
