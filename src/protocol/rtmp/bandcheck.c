#include "protocol/rtmp/bandcheck.h"

#include <stdio.h>

#include "core/attr.h"
#include "core/rd.h"
#include "kernel/amf0.h"

static const char *const names[] = {
    [RTMP_BANDCHECK_START_PLAY] = "onSrsBandCheckStartPlayBytes",
    [RTMP_BANDCHECK_STARTING_PLAY] = "onSrsBandCheckStartingPlayBytes",
    [RTMP_BANDCHECK_PLAYING] = "onSrsBandCheckPlaying",
    [RTMP_BANDCHECK_STOP_PLAY] = "onSrsBandCheckStopPlayBytes",
    [RTMP_BANDCHECK_STOPPED_PLAY] = "onSrsBandCheckStoppedPlayBytes",
    [RTMP_BANDCHECK_START_PUBLISH] = "onSrsBandCheckStartPublishBytes",
    [RTMP_BANDCHECK_STARTING_PUBLISH] = "onSrsBandCheckStartingPublishBytes",
    [RTMP_BANDCHECK_PUBLISHING] = "onSrsBandCheckPublishing",
    [RTMP_BANDCHECK_STOP_PUBLISH] = "onSrsBandCheckStopPublishBytes",
    [RTMP_BANDCHECK_STOPPED_PUBLISH] = "onSrsBandCheckStoppedPublishBytes",
    [RTMP_BANDCHECK_FINISHED] = "onSrsBandCheckFinished",
    [RTMP_BANDCHECK_FINAL] = "finalClientPacket",
};

/* The data of the messages that carry bytes. Clients of SRS send objects; whoever sends something else measures something else. */
static bool has_object(struct rd r)
{
    amf0_read_number(&r);
    amf0_skip(&r);
    enum amf0_type type = amf0_peek(&r);
    return !r.bad && (type == AMF0_OBJECT || type == AMF0_ECMA_ARRAY);
}

enum rtmp_bandcheck rtmp_bandcheck_read(const uint8_t *body, size_t len)
{
    struct rd        r = rd_over(body, len);
    struct amf0_text name = amf0_read_string(&r);
    if (r.bad)
        return RTMP_BANDCHECK_BAD;
    for (int i = RTMP_BANDCHECK_START_PLAY; i < (int)ARRAY_LEN(names); i++)
        if (amf0_text_is(name, names[i]))
            return i == RTMP_BANDCHECK_PUBLISHING && !has_object(r) ? RTMP_BANDCHECK_BAD : (enum rtmp_bandcheck)i;
    return RTMP_BANDCHECK_OTHER;
}

static void begin(struct wr *w, enum rtmp_bandcheck command)
{
    amf0_write_string(w, names[command]);
    amf0_write_number(w, 0);
    amf0_write_null(w);
    amf0_write_object(w);
}

void rtmp_bandcheck_write(struct wr *w, enum rtmp_bandcheck command, const struct rtmp_bandcheck_value *values,
                          size_t n)
{
    begin(w, command);
    for (size_t i = 0; i < n; i++)
        amf0_put_number(w, values[i].name, values[i].value);
    amf0_write_end(w);
}

void rtmp_bandcheck_write_playing(struct wr *w, int n_texts)
{
    begin(w, RTMP_BANDCHECK_PLAYING);
    for (int i = 0; i < n_texts && i < RTMP_BANDCHECK_TEXTS_MAX; i++) {
        char key[12];
        snprintf(key, sizeof key, "%d", i);
        amf0_put_string(w, key, "SRS band check data from server's playing......");
    }
    amf0_write_end(w);
}
