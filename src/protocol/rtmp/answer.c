#include "protocol/rtmp/answer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/str.h"

enum { SHOWN_CAP = 256 };

/* The codes that refuse, and the error for each. Some servers send them at level "status". */
static const struct {
    const char   *code;
    enum err_code error;
} refusals[] = {
    { "NetStream.Publish.BadName", E_SYSTEM_STREAM_BUSY },
    { "NetStream.Publish.Denied", E_REFUSED },
    { "NetStream.Publish.Failed", E_REFUSED },
    { "NetStream.Play.StreamNotFound", E_RTMP_STREAM_NOT_FOUND },
    { "NetStream.Play.Failed", E_REFUSED },
    { "NetStream.Failed", E_REFUSED },
    { "NetConnection.Connect.Rejected", E_REFUSED },
    { "NetConnection.Connect.InvalidApp", E_REFUSED },
    { "NetConnection.Connect.Failed", E_REFUSED },
    { "NetConnection.Connect.Closed", E_REFUSED },
};

/* The error for a code, or NULL. */
static const enum err_code *refusal_of(struct amf0_text code)
{
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
        if (amf0_text_is(code, refusals[i].code))
            return &refusals[i].error;
    return NULL;
}

static void read_info(struct rtmp_answer *a, struct rd info)
{
    struct rd data, ex;
    a->level = amf0_get_string(info, "level");
    a->code = amf0_get_string(info, "code");
    a->description = amf0_get_string(info, "description");
    a->refused |= amf0_text_is(a->level, "error") || refusal_of(a->code);
    if (amf0_find(info, "ex", &ex)) {
        a->redirect = amf0_get_string(ex, "redirect");
        a->redirect2 = amf0_get_string(ex, "redirect2");
    }
    if (amf0_find(info, "data", &data))
        rtmp_peer_read(&a->peer, data);
}

void rtmp_answer_read(struct rtmp_answer *a, const struct rtmp_call *call)
{
    *a = (struct rtmp_answer){ .refused = call->kind == RTMP_CALL_ERROR, .number = -1, .peer.pid = -1 };
    enum amf0_type type = amf0_peek(&call->args);
    struct rd      r = call->args;
    if (type == AMF0_NUMBER)
        a->number = amf0_read_number(&r);
    if (type == AMF0_OBJECT || type == AMF0_ECMA_ARRAY)
        read_info(a, call->args);
}

static const char *shown(struct amf0_text text, char buf[static SHOWN_CAP])
{
    size_t len = text.len < SHOWN_CAP - 1 ? text.len : SHOWN_CAP - 1;
    if (len)
        memcpy(buf, text.p, len);
    buf[len] = '\0';
    str_tame(buf, len);
    return buf;
}

static enum err_code error_of(const struct rtmp_answer *a)
{
    const enum err_code *known = refusal_of(a->code);
    if (a->redirect.len || a->redirect2.len)
        return E_CONTROL_REDIRECT;
    if (a->description.len && memmem(a->description.p, a->description.len, "authmod=", 8))
        return E_AUTH_REQUIRED;
    return known ? *known : E_REFUSED;
}

struct err *rtmp_answer_check(const struct rtmp_answer *a)
{
    char code[SHOWN_CAP], description[SHOWN_CAP];
    if (!a->refused)
        return NULL;
    return err_new(error_of(a), "the server answers %s: %s", a->code.len ? shown(a->code, code) : "_error",
                   shown(a->description, description));
}
