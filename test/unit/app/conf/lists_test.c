/* Blocks that may stand any number of times are arrays of structs in the snapshot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/conf/conf_testing.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"

static const char all[] = "stream_caster { enabled on; caster gb28181; output rtmp://a/live/[stream]; listen 9000;"
                          "  sip { enabled off; listen 5061; timeout 2.5; reinvite 7; candidate 1.2.3.4; } }\n"
                          "stream_caster { caster flv; } stream_caster { caster rtsp; }\n"
                          "vhost v {\n"
                          "  transcode { enabled on; ffmpeg ./ff;\n"
                          "    engine hd { enabled on; perfile { re; rtsp_transport tcp; } vfilter { i logo.png; }"
                          "      vcodec libx264; vbitrate 1200; vfps 12.5; vwidth 768; vheight 320; vthreads 4;"
                          "      vprofile main; vpreset fast; vparams { g 250; t scale; } acodec aac; abitrate 70;"
                          "      asample_rate 44100; achannels 2; aparams { q 1; } oformat off; output rtmp://b; }\n"
                          "    engine sd { vcodec copy; } }\n"
                          "  transcode live/cam { }\n"
                          "  ingest one { enabled on; input { type stream; url rtmp://c; } ffmpeg ./ff;"
                          "    engine { output rtmp://d; } engine never { } }\n"
                          "  ingest two { input { type fiel; } }\n"
                          "  exec { enabled on; publish ./a [url] 'two words'; publish ./b; }\n"
                          "}\n"
                          "vhost w { }\n";

static void casters_are_an_array(void **state)
{
    (void)state;
    struct conf *c = conf_of(all);
    assert_int_equal(c->n_stream_casters, 3);
    const struct conf_stream_caster *a = &c->stream_casters[0], *b = &c->stream_casters[1];
    assert_true(a->enabled);
    assert_int_equal(a->kind, CONF_CASTER_GB28181);
    assert_string_equal(a->output, "rtmp://a/live/[stream]");
    assert_int_equal(a->listen.count, 1);
    assert_string_equal(a->listen.items[0], "9000");
    assert_false(a->sip.enabled);
    assert_int_equal(a->sip.listen, 5061);
    assert_int_equal(a->sip.timeout_us, 2500 * US_PER_MS);
    assert_int_equal(a->sip.reinvite_us, 7 * US_PER_SECOND);
    assert_string_equal(a->sip.candidate, "1.2.3.4");
    assert_false(b->enabled);
    assert_int_equal(b->kind, CONF_CASTER_FLV);
    assert_string_equal(b->output, "");
    assert_true(b->sip.enabled);
    assert_int_equal(b->sip.listen, 5060);
    assert_string_equal(b->sip.candidate, "*");
    assert_int_equal(c->stream_casters[2].kind, CONF_CASTER_UNKNOWN);
    conf_unref(&c);
}

static void assert_options(const struct conf_options *o, const char *wanted)
{
    char       text[256];
    struct str out = str_over(text, sizeof text);
    for (size_t i = 0; i < o->count; i++)
        str_printf(&out, "%s=%s;", o->items[i].name, o->items[i].value);
    assert_string_equal(text, wanted);
}

static void transcodes_have_engines_by_name(void **state)
{
    (void)state;
    struct conf             *c = conf_of(all);
    const struct conf_vhost *v = conf_find_vhost(c, "v");
    assert_int_equal(v->n_transcodes, 2);
    const struct conf_transcode *t = &v->transcodes[0];
    assert_true(t->enabled);
    assert_string_equal(t->scope, "");
    assert_string_equal(t->ffmpeg, "./ff");
    assert_int_equal(t->n_engines, 2);
    const struct conf_engine *e = &t->engines[0];
    assert_string_equal(e->name, "hd");
    assert_true(e->enabled);
    assert_options(&e->perfile, "re=;rtsp_transport=tcp;");
    assert_options(&e->vfilter, "i=logo.png;");
    assert_options(&e->vparams, "g=250;t=scale;");
    assert_options(&e->aparams, "q=1;");
    assert_string_equal(e->iformat, "flv");
    assert_string_equal(e->oformat, "off");
    assert_string_equal(e->vcodec, "libx264");
    assert_int_equal(e->vbitrate_kbps, 1200);
    assert_true(e->vfps == 12.5);
    assert_int_equal(e->vwidth, 768);
    assert_int_equal(e->vheight, 320);
    assert_int_equal(e->vthreads, 4);
    assert_string_equal(e->vprofile, "main");
    assert_string_equal(e->vpreset, "fast");
    assert_string_equal(e->acodec, "aac");
    assert_int_equal(e->abitrate_kbps, 70);
    assert_int_equal(e->asample_rate, 44100);
    assert_int_equal(e->achannels, 2);
    assert_string_equal(e->output, "rtmp://b");
    e = &t->engines[1];
    assert_string_equal(e->name, "sd");
    assert_false(e->enabled);
    assert_options(&e->vfilter, "");
    assert_int_equal(e->vthreads, 1);
    assert_string_equal(v->transcodes[1].scope, "live/cam");
    assert_int_equal(v->transcodes[1].n_engines, 0);
    conf_unref(&c);
}

static void ingests_have_an_id_and_the_first_engine(void **state)
{
    (void)state;
    struct conf             *c = conf_of(all);
    const struct conf_vhost *v = conf_find_vhost(c, "v");
    assert_int_equal(v->n_ingests, 2);
    const struct conf_ingest *i = &v->ingests[0];
    assert_string_equal(i->id, "one");
    assert_true(i->enabled);
    assert_int_equal(i->type, CONF_INGEST_STREAM);
    assert_string_equal(i->url, "rtmp://c");
    assert_string_equal(i->ffmpeg, "./ff");
    assert_int_equal(i->n_engines, 1);
    assert_string_equal(i->engines[0].name, "");
    assert_string_equal(i->engines[0].output, "rtmp://d");
    assert_string_equal(v->ingests[1].id, "two");
    assert_int_equal(v->ingests[1].type, CONF_INGEST_UNKNOWN);
    assert_int_equal(v->ingests[1].n_engines, 0);
    conf_unref(&c);
}

static void commands_are_lists_of_words(void **state)
{
    (void)state;
    struct conf             *c = conf_of(all);
    const struct conf_vhost *v = conf_find_vhost(c, "v"), *w = conf_find_vhost(c, "w");
    assert_true(v->exec.enabled);
    assert_int_equal(v->exec.publish.count, 2);
    assert_int_equal(v->exec.publish.items[0].count, 3);
    assert_string_equal(v->exec.publish.items[0].items[2], "two words");
    assert_string_equal(v->exec.publish.items[1].items[0], "./b");
    assert_false(w->exec.enabled);
    assert_int_equal(w->exec.publish.count, 0);
    assert_int_equal(w->n_transcodes + w->n_ingests, 0);
    conf_unref(&c);
}

static void without_any_the_arrays_are_empty(void **state)
{
    (void)state;
    struct conf *c = conf_of("");
    assert_int_equal(c->n_stream_casters, 0);
    assert_int_equal(c->n_vhosts, 0);
    conf_unref(&c);
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    bool    failed;
    int64_t n = 0;
    do {
        mem_fail_after(n++);
        struct loaded l = load_more(all);
        failed = mem_failed();
        mem_fail_after(-1);
        assert_int_equal(l.conf == NULL, failed);
        unload(&l);
    } while (failed);
    assert_true(n > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(casters_are_an_array),
        cmocka_unit_test(transcodes_have_engines_by_name),
        cmocka_unit_test(ingests_have_an_id_and_the_first_engine),
        cmocka_unit_test(commands_are_lists_of_words),
        cmocka_unit_test(without_any_the_arrays_are_empty),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
