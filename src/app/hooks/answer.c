#include "app/hooks/answer.h"

#include <string.h>

#include "core/clock.h"
#include "core/jr.h"
#include "core/str.h"
#include "protocol/http/status.h"

struct err *hook_answer_judge(int status, const char *body, size_t len)
{
    struct jr_value answer, code;
    int64_t         n;
    if (status != HTTP_STATUS_OK && status != HTTP_STATUS_CREATED)
        return err_new(E_HTTP_STATUS_INVALID, "http: status %d", status);
    if (len == 1 && body[0] == '0')
        return NULL;
    if (len == 0)
        return err_new(E_HTTP_DATA_INVALID, "http: the answer is empty");
    if (!jr_parse(body, len, &answer) || answer.kind != JR_OBJECT)
        return err_new(E_HTTP_DATA_INVALID, "http: the answer is neither 0 nor a JSON object");
    if (!jr_member(&answer, "code", &code) || !jr_int(&code, &n))
        return err_new(E_RESPONSE_CODE, "http: the answer has no integer code");
    return n ? err_new(E_RESPONSE_CODE, "http: the answer has code %lld", (long long)n) : NULL;
}

/* ---- wishes -------------------------------------------------------------------------------------------------------- */

static struct err *bad(const char *member, const char *why)
{
    return err_new(E_RESPONSE_CODE, "http: %s of the answer %s", member, why);
}

/* A member that is there, and not null. */
static bool find(const struct jr_value *answer, const char *name, struct jr_value *out)
{
    return jr_member(answer, name, out) && out->kind != JR_NULL;
}

/* Read a number from 1 to `max`. One that is absent, or out of bounds, leaves *out as it is. */
static struct err *read_number(const struct jr_value *answer, const char *name, int64_t max, const char *why,
                               int64_t *out)
{
    struct jr_value v;
    int64_t         n;
    if (!find(answer, name, &v))
        return NULL;
    if (!jr_int(&v, &n) || n < 1 || n > max)
        return bad(name, why);
    *out = n;
    return NULL;
}

static struct err *read_limits(const struct jr_value *answer, struct hook_wish *wish)
{
    int64_t     seconds = 0, kbps = 0;
    struct err *e = read_number(answer, "limit_seconds", HOOK_LIMIT_SECONDS_MAX,
                                "is no number of seconds from 1 to ten years", &seconds);
    if (!e)
        e = read_number(answer, "limit_kbps", HOOK_LIMIT_KBPS_MAX, "is no number from 1 to 10000000", &kbps);
    if (seconds)
        wish->limit_us = seconds * US_PER_SECOND;
    if (kbps)
        wish->limit_kbps = (int)kbps;
    return e;
}

static struct err *read_stream(const struct jr_value *answer, struct hook_wish *wish)
{
    char            name[STREAM_NAME_MAX + 1];
    struct jr_value v;
    if (!find(answer, "stream", &v))
        return NULL;
    if (!jr_string(&v, name, sizeof name) || stream_name_normalise(name, name, strlen(name)) == 0 ||
        !stream_name_is_safe(name))
        return bad("stream", "is no name of a stream");
    str_copy(wish->stream, sizeof wish->stream, name);
    return NULL;
}

static bool is_place(const char *url)
{
    static const char *const schemes[] = { "rtmp://", "rtmps://", "http://", "https://" };
    size_t                   i = 0;
    while (i < ARRAY_LEN(schemes) && !str_starts_with(url, schemes[i]))
        i++;
    for (const char *c = url; *c; c++)
        if (*c <= ' ' || *c >= 0x7f || strchr("\"<>\\^`{|}", *c))
            return false;
    return i < ARRAY_LEN(schemes) && url[strlen(schemes[i])] && url[strlen(schemes[i])] != '/';
}

static struct err *read_redirect(const struct jr_value *answer, struct hook_wish *wish)
{
    char            url[HOOK_REDIRECT_MAX + 1];
    struct jr_value v;
    if (!find(answer, "redirect", &v))
        return NULL;
    if (!jr_string(&v, url, sizeof url) || !is_place(url))
        return bad("redirect", "is no URL of rtmp or http");
    str_copy(wish->redirect, sizeof wish->redirect, url);
    return NULL;
}

struct err *hook_answer_wish(const char *body, size_t len, struct hook_wish *wish)
{
    struct jr_value answer;
    struct err     *e = NULL;
    if (!jr_parse(body, len, &answer) || answer.kind != JR_OBJECT)
        return NULL; /* the character 0 */
    if (!(e = read_limits(&answer, wish)) && !(e = read_stream(&answer, wish)))
        e = read_redirect(&answer, wish);
    return e;
}
