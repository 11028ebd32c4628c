#include "srs_rtmp/handle.h"

#include "core/clock.h"
#include "core/str.h"
#include "srs_rtmp/result.h"

int64_t handle_deadline(struct srs_rtmp *c)
{
    return c->deadline_us = now_us() + (int64_t)c->timeout_ms * US_PER_MS;
}

enum srs_rtmp_result handle_fail(struct srs_rtmp *c, struct err *e)
{
    enum srs_rtmp_result result = result_of(err_code(e));
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
