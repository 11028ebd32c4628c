#include "srs_rtmp/handle.h"

#include "core/clock.h"
#include "core/str.h"

int64_t handle_deadline(struct srs_rtmp *c)
{
    return c->deadline_us = now_us() + (int64_t)c->timeout_ms * US_PER_MS;
}

static enum srs_rtmp_result meaning_of(enum err_code code)
{
    switch (code) {
    case E_SUCCESS: return SRS_RTMP_OK;
    case E_NO_MEMORY: return SRS_RTMP_NO_MEMORY;
    case E_END_OF_STREAM: return SRS_RTMP_CLOSED;
    case E_SOCKET_TIMEOUT: return SRS_RTMP_TIMED_OUT;
    case E_CONTROL_REDIRECT: return SRS_RTMP_MOVED;
    case E_AUTH_REQUIRED:
    case E_SYSTEM_STREAM_BUSY:
    case E_RTMP_STREAM_NOT_FOUND:
    case E_REFUSED: return SRS_RTMP_REFUSED;
    case E_SOCKET_CREATE:
    case E_SOCKET_CONNECT:
    case E_SOCKET_READ:
    case E_SOCKET_WRITE:
    case E_SOCKET_WAIT:
    case E_ST_OPEN_SOCKET:
    case E_SYSTEM_DNS_RESOLVE:
    case E_HTTPS_HANDSHAKE:
    case E_HTTPS_READ:
    case E_HTTPS_WRITE:
    case E_HTTPS_KEY_CRT: return SRS_RTMP_FAILED;
    case E_RTMP_REQ_TCURL:
    case E_RTMP_STREAM_NAME_EMPTY: return SRS_RTMP_BAD_USE;
    default: return SRS_RTMP_BAD_DATA;
    }
}

enum srs_rtmp_result handle_fail(struct srs_rtmp *c, struct err *e)
{
    enum srs_rtmp_result result = meaning_of(err_code(e));
    if (e)
        err_text(e, c->error, sizeof c->error);
    err_free(e);
    return result;
}

enum srs_rtmp_result handle_end(struct srs_rtmp *c, struct err *e)
{
    enum srs_rtmp_result result = handle_fail(c, e);
    if (result != SRS_RTMP_OK) {
        c->stage = HANDLE_OVER;
        c->ended_by = result;
    }
    return result;
}

enum srs_rtmp_result handle_expect(struct srs_rtmp *c, enum handle_stage stage, const char *call)
{
    static const char *const words[] = {
        [HANDLE_NEW] = "not connected",    [HANDLE_CONNECTED] = "connected", [HANDLE_PLAYS] = "playing",
        [HANDLE_PUBLISHES] = "publishing", [HANDLE_OVER] = "over",
    };
    if (c->stage == stage)
        return SRS_RTMP_OK;
    if (c->stage == HANDLE_OVER)
        return c->ended_by;
    struct str text = str_over(c->error, sizeof c->error);
    str_printf(&text, "%s: the connection is %s, it must be %s", call, words[c->stage], words[stage]);
    return SRS_RTMP_BAD_USE;
}
