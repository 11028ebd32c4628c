#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "protocol/rtmp/address.h"
#include "protocol/rtmp/aggregate.h"
#include "protocol/rtmp/answer.h"
#include "protocol/rtmp/bandcheck.h"
#include "protocol/rtmp/command.h"
#include "protocol/rtmp/url.h"
#include "protocol/stream_name.h"

static void fuzz_command(uint8_t type_id, const uint8_t *data, size_t len)
{
    struct rtmp_call   call;
    struct rtmp_answer answer;
    struct err        *e = rtmp_call_decode(&call, type_id, data, len);
    if (rtmp_bandcheck_read(data, len) > RTMP_BANDCHECK_BAD)
        abort();
    if (!e) {
        rtmp_answer_read(&answer, &call);
        struct err *refusal = rtmp_answer_check(&answer);
        if (answer.refused != (refusal != NULL))
            abort();
        err_free(refusal);
        if (call.text.len > len || answer.code.len > len || strlen(answer.peer.id) >= sizeof answer.peer.id)
            abort();
    }
    err_free(e);
}

static void fuzz_aggregate(const uint8_t *data, size_t len)
{
    struct rtmp_aggregate a = rtmp_aggregate_over(data, len, 1000);
    struct err           *e = NULL;
    uint8_t               sum = 0;
    for (bool got = true; got && !e;) {
        struct rtmp_part part;
        e = rtmp_aggregate_next(&a, &part, &got);
        for (uint32_t i = 0; got && i < part.len; i++)
            sum ^= part.body[i];
    }
    if (sum == 0xFF)
        err_free(NULL);
    err_free(e);
}

/* The normal form of a normal form is itself, and never longer than its input. */
static void fuzz_name(const uint8_t *data, size_t len)
{
    char  *normal = mem_alloc(len + 1), *again = mem_alloc(len + 1);
    size_t n = stream_name_normalise(normal, (const char *)data, len);
    if (n > len || stream_name_normalise(again, normal, n) != n || memcmp(normal, again, n) != 0)
        abort();
    if (stream_name_is_safe(normal) && strstr(normal, "/../"))
        abort();
    mem_free(normal);
    mem_free(again);
}

/* Parse a URL for a client: the host and the stream are never empty. */
static void fuzz_address(const char *url)
{
    struct rtmp_address a;
    struct err         *e = rtmp_address_parse(&a, url);
    if (!e && (!*a.host || !a.port || !*a.app || !*a.stream || !strstr(a.tc_url, "://")))
        abort();
    err_free(e);
    rtmp_address_finish(&a);
}

/* The input is a tcUrl, a newline and a stream name. A URL that is written from the result gives the same result. */
static void fuzz_url(const uint8_t *data, size_t len)
{
    struct rtmp_url url, again;
    char           *text = mem_strndup((const char *)data, len), *newline = strchr(text, '\n');
    if (newline)
        *newline = '\0';
    fuzz_address(text);
    struct err *e = rtmp_url_parse(&url, text, newline ? newline + 1 : NULL);
    if (!e) {
        char identity[STREAM_IDENTITY_CAP], name[2 * RTMP_URL_MAX];
        stream_name_identity(identity, url.vhost, url.app, url.stream);
        if (strchr(url.stream, '/') || strchr(url.vhost, '/') || !*url.app || !*url.vhost || !url.port)
            abort();
        snprintf(name, sizeof name, "%s%s", url.stream, url.param);
        char tc_url[2 * RTMP_URL_MAX];
        snprintf(tc_url, sizeof tc_url, strchr(url.host, ':') ? "%s://[%s]:%u/%s" : "%s://%s:%u/%s", url.schema,
                 url.host, url.port, url.app);
        /* these two mean something else in a tcUrl */
        if (*url.stream && !strstr(tc_url, "...vhost...") && !strchr(url.host, '@')) {
            struct err *changed = rtmp_url_parse(&again, tc_url, name);
            if (changed
                    ? err_code(changed) != E_LIMIT
                    : strcmp(url.app, again.app) || strcmp(url.stream, again.stream) || strcmp(url.vhost, again.vhost))
                abort();
            err_free(changed);
            rtmp_url_finish(&again);
        }
    }
    err_free(e);
    rtmp_url_finish(&url);
    mem_free(text);
}

/* The first byte chooses the parser for the rest. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (!len)
        return 0;
    switch (data[0] % 4) {
    case 0: fuzz_command(RTMP_TYPE_COMMAND, data + 1, len - 1); break;
    case 1: fuzz_command(RTMP_TYPE_COMMAND_AMF3, data + 1, len - 1); break;
    case 2: fuzz_aggregate(data + 1, len - 1); break;
    default:
        fuzz_name(data + 1, len - 1);
        fuzz_url(data + 1, len - 1);
        break;
    }
    return 0;
}
