/* Cues: what of a data message goes into ID3, and what into a playlist. */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "kernel/amf0.h"
#include "kernel/cue.h"

enum { S = 1000000, BODY_CAP = 2 * CUE_BODY_MAX };

/* The message that a test writes. */
struct body {
    uint8_t   bytes[BODY_CAP];
    struct wr w;
};

static void begin(struct body *b, const char *name)
{
    b->w = wr_over(b->bytes, sizeof b->bytes);
    amf0_write_string(&b->w, name);
}

static enum cue_read read_body(struct body *b, struct cue **cue)
{
    assert_false(b->w.full);
    return cue_read(cue, b->bytes, wr_len(&b->w));
}

/* The text of the tag's only frame. */
static void assert_text(const struct cue *cue, const char *message, const char *text)
{
    const uint8_t *tag = cue->id3->bytes;
    size_t         at = 10 + 10;
    assert_memory_equal(tag, "ID3\4", 4);
    assert_memory_equal(tag + 10, "TXXX", 4);
    assert_int_equal(tag[at], 3); /* UTF-8 */
    assert_string_equal((const char *)tag + at + 1, message);
    assert_int_equal(cue->id3->len, at + 1 + strlen(message) + 1 + strlen(text));
    assert_memory_equal(tag + at + 1 + strlen(message) + 1, text, strlen(text));
}

static void a_text_is_json_and_no_range(void **state)
{
    struct body b;
    struct cue *cue;
    (void)state;
    begin(&b, "onTextData");
    amf0_write_object(&b.w);
    amf0_put_string(&b.w, "text",
                    "Gr\xc3\xbc\xc3\x9f"
                    "e \"du\"\n");
    amf0_put_string(&b.w, "language", "de");
    amf0_put_number(&b.w, "duration", 3);
    amf0_put_string(&b.w, "name", "n");
    amf0_write_end(&b.w);
    assert_int_equal(read_body(&b, &cue), CUE_READ);
    assert_text(cue, "onTextData",
                "{\"text\":\"Gr\xc3\xbc\xc3\x9f"
                "e \\\"du\\\"\\n\",\"language\":\"de\",\"duration\":3,\"name\":\"n\"}");
    assert_false(cue_is_range(cue));
    cue_unref(&cue);
}

static void a_string_stays_as_it_is(void **state)
{
    struct body b;
    struct cue *cue;
    (void)state;
    begin(&b, "onTextData");
    amf0_write_text(&b.w, "say \"hi\"\xff\0!", 11);
    assert_int_equal(read_body(&b, &cue), CUE_READ);
    assert_text(cue, "onTextData", "say \"hi\"\xef\xbf\xbd\xef\xbf\xbd!");
    cue_unref(&cue);
}

static void several_values_are_an_array(void **state)
{
    struct body b;
    struct cue *cue;
    (void)state;
    begin(&b, "onTextData");
    amf0_write_string(&b.w, "a");
    amf0_write_number(&b.w, 0.1);
    amf0_write_null(&b.w);
    assert_int_equal(read_body(&b, &cue), CUE_READ);
    assert_text(cue, "onTextData", "[\"a\",0.1,null]");
    cue_unref(&cue);
}

static void assert_attribute(const struct cue *cue, size_t i, const char *name, const char *text)
{
    assert_true(i < cue->n_attributes);
    assert_string_equal(cue->attributes[i].name, name);
    assert_string_equal(cue->attributes[i].text, text);
}

static void a_cue_point_is_a_range(void **state)
{
    struct body b;
    struct cue *cue;
    (void)state;
    begin(&b, "onCuePoint");
    amf0_write_object(&b.w);
    amf0_put_string(&b.w, "name", "ad");
    amf0_put_number(&b.w, "time", 12.5);
    amf0_put_string(&b.w, "type", "event");
    amf0_write_key(&b.w, "parameters");
    amf0_write_ecma_array(&b.w, 0);
    amf0_put_string(&b.w, "id", "break-7");
    amf0_put_string(&b.w, "duration", "30.5"); /* as Elemental Live writes numbers */
    amf0_put_number(&b.w, "avail_num", 3);
    amf0_put_bool(&b.w, "x-First", true);
    amf0_put_string(&b.w, "First", "again");
    amf0_put_string(&b.w, "no good", "name");
    amf0_put_string(&b.w, "\xc3\xa4", "name");
    amf0_put_string(&b.w, "", "name");
    amf0_put_string(&b.w, "x-", "name alone");
    amf0_write_key(&b.w, "parameters"); /* an object inside is no text */
    amf0_write_object(&b.w);
    amf0_write_end(&b.w);
    amf0_write_end(&b.w);
    amf0_write_end(&b.w);
    assert_int_equal(read_body(&b, &cue), CUE_READ);
    assert_string_equal(cue->name, "ad");
    assert_string_equal(cue->id, "break-7");
    assert_int_equal(cue->duration_us, 30 * S + S / 2);
    assert_int_equal(cue->time_us, 12 * S + S / 2);
    assert_true(cue_is_range(cue));
    assert_int_equal(cue->n_attributes, 4);
    assert_attribute(cue, 0, "X-TYPE", "event");
    assert_attribute(cue, 1, "X-AVAIL-NUM", "3");
    assert_attribute(cue, 2, "X-FIRST", "true");
    assert_attribute(cue, 3, "X-X-", "name alone");
    cue_unref(&cue);
}

static void a_point_without_duration_or_name_is_no_range(void **state)
{
    struct body b;
    struct cue *cue;
    (void)state;
    for (int with = 0; with < 2; with++) {
        begin(&b, "onCuePoint");
        amf0_write_object(&b.w);
        if (with)
            amf0_put_string(&b.w, "name", "chapter");
        else
            amf0_put_number(&b.w, "duration", 10);
        amf0_write_end(&b.w);
        assert_int_equal(read_body(&b, &cue), CUE_READ);
        assert_false(cue_is_range(cue));
        cue_unref(&cue);
    }
}

static void absurd_numbers_count_as_missing(void **state)
{
    static const double absurd[] = { -1, 0, 1e12, -0.0, 1.0 / 0.0, 0.0 / 0.0 };
    struct body         b;
    struct cue         *cue;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(absurd); i++) {
        begin(&b, "onCuePoint");
        amf0_write_object(&b.w);
        amf0_put_string(&b.w, "name", "ad");
        amf0_put_number(&b.w, "duration", absurd[i]);
        amf0_put_number(&b.w, "elapsed", absurd[i]);
        amf0_put_string(&b.w, "time", "12 o'clock");
        amf0_write_end(&b.w);
        assert_int_equal(read_body(&b, &cue), CUE_READ);
        assert_int_equal(cue->duration_us, -1);
        assert_int_equal(cue->elapsed_us, 0);
        assert_int_equal(cue->time_us, -1);
        cue_unref(&cue);
    }
}

static const char splice_out[] = "/DAlAAAAAAAAAP/wFAUAAAQCf+//KRjAfP4AKTLgAAAAAAAAVYsh2w==";

static void an_advertisement_has_its_splice_section(void **state)
{
    struct body b;
    struct cue *cue;
    (void)state;
    begin(&b, "onAdCue");
    amf0_write_object(&b.w);
    amf0_put_string(&b.w, "cue", splice_out);
    amf0_put_string(&b.w, "type", "scte35");
    amf0_put_string(&b.w, "id", "1026");
    amf0_put_number(&b.w, "duration", 0);
    amf0_put_number(&b.w, "elapsed", 4);
    amf0_write_end(&b.w);
    assert_int_equal(read_body(&b, &cue), CUE_READ);
    assert_string_equal(cue->name, "scte35");
    assert_string_equal(cue->id, "1026");
    assert_int_equal(cue->section_len, 40);
    assert_int_equal(cue->splice.kind, SCTE35_OUT);
    assert_int_equal(cue->n_attributes, 0);
    assert_int_equal(cue->elapsed_us, 4 * S);
    assert_true(cue_is_range(cue));
    size_t         owner = sizeof CUE_SCTE35_OWNER;
    const uint8_t *priv = cue->id3->bytes + cue->id3->len - 10 - owner - 40;
    assert_memory_equal(priv, "PRIV", 4);
    assert_string_equal((const char *)priv + 10, CUE_SCTE35_OWNER);
    assert_memory_equal(priv + 10 + owner, cue->section, 40);
    cue_unref(&cue);
}

static void a_simple_advertisement_is_named_by_its_cue(void **state)
{
    struct body b;
    struct cue *cue;
    (void)state;
    begin(&b, "onAdCue");
    amf0_write_object(&b.w);
    amf0_put_string(&b.w, "cue", "SpliceOut");
    amf0_put_number(&b.w, "id", 95766);
    amf0_put_number(&b.w, "duration", 30);
    amf0_write_end(&b.w);
    assert_int_equal(read_body(&b, &cue), CUE_READ);
    assert_string_equal(cue->name, "SpliceOut");
    assert_string_equal(cue->id, "95766");
    assert_int_equal(cue->section_len, 0);
    assert_true(cue_is_range(cue));
    cue_unref(&cue);
}

static void a_splice_that_is_cancelled_is_no_range(void **state)
{
    struct body b;
    struct cue *cue;
    (void)state;
    begin(&b, "onCuePoint");
    amf0_write_object(&b.w);
    amf0_put_string(&b.w, "name", "scte35");
    amf0_put_number(&b.w, "duration", 30);
    amf0_put_string(&b.w, "data", "0xfc301600000000000000fff0050500001234ff00001945ff60");
    amf0_write_end(&b.w);
    assert_int_equal(read_body(&b, &cue), CUE_READ);
    assert_int_equal(cue->splice.kind, SCTE35_CANCEL);
    assert_false(cue_is_range(cue));
    cue_unref(&cue);
}

static void times(void **state)
{
    static const struct {
        int64_t time_us, elapsed_us, told_us, shift_us, at_us, shown_us;
    } rows[] = {
        { -1, 0, 100 * S, 90 * S, 100 * S, 100 * S },
        { 14 * S, 0, 100 * S, 90 * S, 104 * S, 104 * S }, /* announced four seconds ahead */
        { 10 * S, 0, 100 * S, 90 * S, 100 * S, 100 * S }, /* now */
        { 0, 0, 100 * S, 90 * S, 100 * S, 100 * S },      /* a time that says nothing */
        { 71 * S, 0, 100 * S, 90 * S, 100 * S, 100 * S }, /* further ahead than it may be */
        { -1, 3 * S, 100 * S, 90 * S, 97 * S, 100 * S },  /* repeated for those that came late */
        { 7 * S, 3 * S, 100 * S, 90 * S, 97 * S, 100 * S },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cue cue = { .time_us = rows[i].time_us, .elapsed_us = rows[i].elapsed_us };
        cue_set_times(&cue, rows[i].told_us, rows[i].shift_us);
        assert_int_equal(cue.at_us, rows[i].at_us);
        assert_int_equal(cue.shown_us, rows[i].shown_us);
    }
}

static void a_planned_duration_may_be_unknown(void **state)
{
    struct cue cue = { .duration_us = -1, .splice.duration_us = 0 };
    (void)state;
    assert_int_equal(cue_planned_us(&cue), -1);
    cue.splice.duration_us = 30 * S;
    assert_int_equal(cue_planned_us(&cue), 30 * S);
    cue.duration_us = 20 * S;
    assert_int_equal(cue_planned_us(&cue), 20 * S);
}

static void other_messages_are_no_cues(void **state)
{
    static const char *const names[] = { "onMetaData", "onCaption", "onTextDat", "onTextData2", "", "oncuepoint" };
    struct body              b;
    struct cue              *cue;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        begin(&b, names[i]);
        amf0_write_string(&b.w, "x");
        assert_int_equal(read_body(&b, &cue), CUE_OTHER);
        assert_null(cue);
    }
    assert_int_equal(cue_read(&cue, NULL, 0), CUE_OTHER);
}

static void what_is_malformed_or_too_long_is_bad(void **state)
{
    static char  text[CUE_BODY_MAX];
    struct body *b = malloc(sizeof *b);
    struct cue  *cue;
    (void)state;
    begin(b, "onTextData");
    assert_int_equal(read_body(b, &cue), CUE_BAD); /* without a value */
    amf0_write_object(&b->w);
    assert_int_equal(read_body(b, &cue), CUE_BAD); /* without an end */
    memset(text, 1, sizeof text);
    begin(b, "onTextData");
    amf0_write_text(&b->w, text, sizeof text);
    assert_int_equal(read_body(b, &cue), CUE_BAD);
    begin(b, "onTextData");
    amf0_write_strict_array(&b->w, 1);
    amf0_write_text(&b->w, text, CUE_BODY_MAX - 64); /* six bytes each in JSON */
    assert_int_equal(read_body(b, &cue), CUE_BAD);
    assert_null(cue);
    free(b);
}

static void memory_may_run_out_at_any_place(void **state)
{
    struct body b;
    struct cue *cue;
    (void)state;
    begin(&b, "onCuePoint");
    amf0_write_object(&b.w);
    amf0_put_string(&b.w, "name", "ad");
    amf0_write_end(&b.w);
    for (int n = 0;; n++) {
        mem_fail_after(n);
        enum cue_read read = read_body(&b, &cue);
        bool          failed = mem_failed();
        mem_fail_after(-1);
        assert_true(
            read == CUE_READ ||
            (failed && read == CUE_NO_MEMORY)); /* A text stays in a larger buffer if it finds no smaller one. */
        cue_unref(&cue);
        if (!failed)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_json_and_no_range),
        cmocka_unit_test(a_string_stays_as_it_is),
        cmocka_unit_test(several_values_are_an_array),
        cmocka_unit_test(a_cue_point_is_a_range),
        cmocka_unit_test(a_point_without_duration_or_name_is_no_range),
        cmocka_unit_test(absurd_numbers_count_as_missing),
        cmocka_unit_test(an_advertisement_has_its_splice_section),
        cmocka_unit_test(a_simple_advertisement_is_named_by_its_cue),
        cmocka_unit_test(a_splice_that_is_cancelled_is_no_range),
        cmocka_unit_test(times),
        cmocka_unit_test(a_planned_duration_may_be_unknown),
        cmocka_unit_test(other_messages_are_no_cues),
        cmocka_unit_test(what_is_malformed_or_too_long_is_bad),
        cmocka_unit_test(memory_may_run_out_at_any_place),
    };
    return cmocka_run_group_tests_name("cue", tests, NULL, NULL);
}
