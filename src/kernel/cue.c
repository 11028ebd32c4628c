#include "kernel/cue.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/jw.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "kernel/amf0.h"
#include "kernel/amf0_json.h"
#include "kernel/id3.h"

#define ON_TEXT_DATA "onTextData"
#define ON_CUE_POINT "onCuePoint"
#define ON_AD_CUE "onAdCue"

enum { US = 1000000 };

/* No stream is older than thirty years. */
#define TIME_MAX_S 1e9

/* ---- values ---- */

static bool is_object(const struct rd *value)
{
    enum amf0_type type = amf0_peek(value);
    return type == AMF0_OBJECT || type == AMF0_ECMA_ARRAY || type == AMF0_TYPED_OBJECT;
}

static bool is_string(const struct rd *value)
{
    enum amf0_type type = amf0_peek(value);
    return type == AMF0_STRING || type == AMF0_LONG_STRING;
}

/* A number, or a string that is one; NaN if it is something else. */
static double number_of(struct rd value)
{
    char text[32], *end;
    if (amf0_peek(&value) == AMF0_NUMBER)
        return amf0_read_number(&value);
    if (!is_string(&value) || !amf0_text_copy(text, sizeof text, amf0_read_string(&value)) || !*text)
        return NAN;
    double number = strtod(text, &end);
    return *end ? NAN : number;
}

/* Seconds as microseconds; `otherwise` if they are not between the bounds. */
static int64_t us_of(struct rd value, double least_s, double most_s, int64_t otherwise)
{
    double s = number_of(value);
    return s >= least_s && s <= most_s ? (int64_t)(s * US + 0.5) : otherwise;
}

/* The text of a string, number or boolean; false if it is something else, or does not fit. */
static bool text_of(char *text, size_t cap, struct rd value)
{
    if (is_string(&value)) {
        struct amf0_text s = amf0_read_string(&value);
        return s.p && utf8_copy(text, cap, s.p, s.len);
    }
    if (amf0_peek(&value) == AMF0_NUMBER)
        return (size_t)snprintf(text, cap, "%.15g", amf0_read_number(&value)) < cap;
    if (amf0_peek(&value) == AMF0_BOOLEAN)
        return (size_t)snprintf(text, cap, "%s", amf0_read_bool(&value) ? "true" : "false") < cap;
    return false;
}

/* ---- cue points and advertisements ---- */

/* The name of a playlist's attribute: "ad_id" is X-AD-ID. False if it cannot be one. */
static bool name_attribute(char name[static CUE_ATTRIBUTE_NAME_MAX + 1], struct amf0_text key)
{
    static const char prefix[] = { 'X', '-' };
    bool              has_prefix = key.len > 2 && (key.p[0] | 0x20) == 'x' && (key.p[1] == '-' || key.p[1] == '_');
    size_t            n = has_prefix ? 0 : sizeof prefix;
    memcpy(name, prefix, n);
    if (key.len == 0 || key.len > CUE_ATTRIBUTE_NAME_MAX - n)
        return false;
    for (size_t i = 0; i < key.len; i++) {
        char c = key.p[i];
        bool is_lower = c >= 'a' && c <= 'z';
        if (!is_lower && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.')
            return false;
        name[n++] = (char)(is_lower ? c - 'a' + 'A' : c == '_' || c == '.' ? '-' : c);
    }
    name[n] = '\0';
    return true;
}

static bool has_attribute(const struct cue *cue, const char *name)
{
    for (size_t i = 0; i < cue->n_attributes; i++)
        if (strcmp(cue->attributes[i].name, name) == 0)
            return true;
    return false;
}

static void add_attribute(struct cue *cue, struct amf0_text key, struct rd value)
{
    struct cue_attribute *a = &cue->attributes[cue->n_attributes];
    if (cue->n_attributes < CUE_ATTRIBUTES_MAX && name_attribute(a->name, key) && !has_attribute(cue, a->name) &&
        text_of(a->text, sizeof a->text, value))
        cue->n_attributes++;
}

static bool take_section(struct cue *cue, struct rd value)
{
    if (cue->section_len > 0 || !is_string(&value))
        return false;
    struct scte35    splice;
    struct amf0_text text = amf0_read_string(&value);
    cue->section_len = text.p ? scte35_decode(text.p, text.len, cue->section, &splice) : 0;
    if (cue->section_len > 0)
        cue->splice = splice;
    return cue->section_len > 0;
}

/* True if the property names the cue. */
static bool is_name(const struct cue *cue, struct amf0_text key)
{
    if (strcmp(cue->message, ON_AD_CUE) == 0)
        return amf0_text_is(key, "type") || amf0_text_is(key, "cue");
    return amf0_text_is(key, "name");
}

static void take_property(struct cue *cue, struct amf0_text key, struct rd value, bool is_parameter)
{
    if (take_section(cue, value))
        return;
    if (amf0_text_is(key, "id"))
        (void)text_of(cue->id, sizeof cue->id, value);
    else if (amf0_text_is(key, "duration"))
        cue->duration_us = us_of(value, 1e-3, CUE_DURATION_MAX_S, -1);
    else if (amf0_text_is(key, "elapsed"))
        cue->elapsed_us = us_of(value, 0, CUE_DURATION_MAX_S, 0);
    else if (amf0_text_is(key, "time") && !is_parameter)
        cue->time_us = us_of(value, 0, TIME_MAX_S, -1);
    else if (is_name(cue, key) && !is_parameter && !*cue->name)
        (void)text_of(cue->name, sizeof cue->name, value);
    else
        add_attribute(cue, key, value);
}

static void take_properties(struct cue *cue, struct rd object, bool are_parameters)
{
    struct amf0_walk walk = amf0_open(&object);
    struct amf0_text key;
    while (amf0_next(&walk, &object, &key)) {
        struct rd value = object;
        amf0_skip_inner(&object);
        if (object.bad)
            return;
        if (!are_parameters && amf0_text_is(key, "parameters") && is_object(&value))
            take_properties(cue, value, true);
        else
            take_property(cue, key, value, are_parameters);
    }
}

/* ---- the ID3 tag ---- */

static char *copy_text(struct amf0_text s)
{
    enum { REPLACED_LEN = 3 };
    size_t cap = REPLACED_LEN * s.len + 1;
    char  *text = mem_alloc(cap);
    if (text)
        (void)utf8_copy(text, cap, s.p ? s.p : "", s.len);
    return text;
}

/* One string as it is, all else as JSON; several values are an array. NULL without memory. */
static char *text_of_values(struct rd values)
{
    struct jw j = JW_INIT;
    struct rd behind = values;
    amf0_skip(&behind);
    bool is_one = rd_left(&behind) == 0;
    if (is_one && is_string(&values))
        return copy_text(amf0_read_string(&values));
    if (!is_one)
        jw_array(&j, NULL);
    while (rd_left(&values) > 0 && !values.bad)
        amf0_json_put(&j, NULL, &values);
    if (!is_one)
        jw_array_end(&j);
    char *text = j.text.fault ? NULL : buf_take(&j.text);
    jw_finish(&j);
    return text;
}

/* The length of a frame with these two texts, the first of them terminated. */
static size_t frame_len(const char *head, size_t len)
{
    return ID3_HEADER_LEN + strlen(head) + 1 + len;
}

static enum cue_read make_id3(struct cue *cue, struct rd values)
{
    char *text = text_of_values(values);
    if (!text)
        return CUE_NO_MEMORY;
    size_t len = ID3_HEADER_LEN + frame_len(cue->message, 1 + strlen(text)) +
                 (cue->section_len ? frame_len(CUE_SCTE35_OWNER, cue->section_len) : 0);
    cue->id3 = len <= CUE_ID3_MAX ? blob_new(len) : NULL;
    if (cue->id3) {
        struct wr w = wr_over(cue->id3->bytes, len);
        size_t    tag = id3_begin(&w);
        id3_text(&w, cue->message, text);
        if (cue->section_len)
            id3_private(&w, CUE_SCTE35_OWNER, cue->section, cue->section_len);
        id3_end(&w, tag);
    }
    mem_free(text);
    return cue->id3 ? CUE_READ : len <= CUE_ID3_MAX ? CUE_NO_MEMORY : CUE_BAD;
}

/* ---- messages ---- */

static bool is_cue(struct amf0_text message)
{
    return amf0_text_is(message, ON_TEXT_DATA) || amf0_text_is(message, ON_CUE_POINT) ||
           amf0_text_is(message, ON_AD_CUE);
}

bool cue_is_in(const uint8_t *body, size_t len)
{
    struct rd r = rd_over(body, len);
    return is_cue(amf0_read_string(&r));
}

static bool is_well_formed(struct rd values)
{
    while (rd_left(&values) > 0 && !values.bad)
        amf0_skip(&values);
    return !values.bad;
}

enum cue_read cue_read(struct cue **out, const uint8_t *body, size_t len)
{
    struct rd        r = rd_over(body, len);
    struct amf0_text message = amf0_read_string(&r);
    *out = NULL;
    if (!is_cue(message))
        return CUE_OTHER;
    if (len > CUE_BODY_MAX || rd_left(&r) == 0 || !is_well_formed(r))
        return CUE_BAD;
    struct cue *cue = mem_calloc(1, sizeof *cue);
    if (!cue)
        return CUE_NO_MEMORY;
    cue->refs = 1;
    cue->duration_us = cue->time_us = cue->splice.duration_us = -1;
    (void)amf0_text_copy(cue->message, sizeof cue->message, message);
    if (!amf0_text_is(message, ON_TEXT_DATA) && is_object(&r))
        take_properties(cue, r, false);
    enum cue_read made = make_id3(cue, r);
    if (made != CUE_READ)
        cue_unref(&cue);
    *out = cue;
    return made;
}

void cue_set_times(struct cue *cue, int64_t told_us, int64_t shift_us)
{
    int64_t time_us = cue->time_us < 0 ? told_us : cue->time_us + shift_us;
    bool    is_ahead = time_us > told_us && time_us - told_us <= (int64_t)CUE_AHEAD_MAX_S * US;
    cue->at_us = is_ahead ? time_us : told_us - cue->elapsed_us;
    cue->shown_us = is_ahead ? time_us : told_us;
}

bool cue_is_range(const struct cue *cue)
{
    if (cue->section_len > 0)
        return cue->splice.kind != SCTE35_CANCEL;
    return cue->duration_us > 0 && (*cue->name || *cue->id);
}

int64_t cue_planned_us(const struct cue *cue)
{
    if (cue->duration_us > 0)
        return cue->duration_us;
    return cue->splice.duration_us > 0 ? cue->splice.duration_us : -1;
}

void cue_unref(struct cue **cp)
{
    struct cue *cue = *cp;
    *cp = NULL;
    if (!cue || --cue->refs > 0)
        return;
    blob_unref(&cue->id3);
    mem_free(cue);
}
