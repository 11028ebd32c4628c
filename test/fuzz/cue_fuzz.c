/* Any body gives a cue within its bounds, or none: a tag of valid UTF-8, JSON that another parser reads, names that a playlist may have. */
#include "fuzzing.h"

#include <jansson.h>

#include "core/utf8.h"
#include "kernel/amf0.h"
#include "kernel/cue.h"

/* The values behind the name are one string. */
static int is_one_string(const uint8_t *data, size_t len)
{
    struct rd r = rd_over(data, len);
    amf0_skip(&r);
    enum amf0_type type = amf0_peek(&r);
    amf0_skip(&r);
    return rd_left(&r) == 0 && (type == AMF0_STRING || type == AMF0_LONG_STRING);
}

static void check_text(const struct cue *cue, int is_text)
{
    enum { HEADERS_LEN = 10 + 10 + 1 };
    const uint8_t *tag = cue->id3->bytes, *text = tag + HEADERS_LEN + strlen(cue->message) + 1;
    size_t         frame = (size_t)tag[14] << 21 | (size_t)tag[15] << 14 | (size_t)tag[16] << 7 | tag[17];
    size_t         len = frame - 1 - strlen(cue->message) - 1;
    struct utf8    u = { 0 };
    check(HEADERS_LEN - 1 + frame <= cue->id3->len && memchr(text, 0, len) == NULL);
    check(utf8_feed(&u, text, len) && utf8_is_whole(&u));
    json_t *json = json_loadb((const char *)text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    check(is_text || json);
    json_decref(json);
}

static void check_attributes(const struct cue *cue)
{
    for (size_t i = 0; i < cue->n_attributes; i++) {
        const char *name = cue->attributes[i].name;
        check(strncmp(name, "X-", 2) == 0 && strlen(name) > 2);
        check(strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == strlen(name));
        for (size_t k = 0; k < i; k++)
            check(strcmp(name, cue->attributes[k].name) != 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct cue *cue;
    if (cue_read(&cue, data, len) != CUE_READ)
        return 0;
    check(cue->id3->len <= CUE_ID3_MAX);
    check_text(cue, is_one_string(data, len));
    check_attributes(cue);
    cue_set_times(cue, 1000, 500);
    check(cue->shown_us >= 1000 && cue->at_us <= cue->shown_us);
    check(!cue_is_range(cue) || cue->section_len > 0 || cue->duration_us > 0);
    cue_unref(&cue);
    return 0;
}
