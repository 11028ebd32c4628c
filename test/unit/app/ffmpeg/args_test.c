/* The command line of ffmpeg: all options of an engine, what is left out, and engines that cannot work. */
#include "app/ffmpeg/args.h"

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "app/conf/conf_testing.h"
#include "core/mem.h"
#include "core/str.h"

static const struct command_values values = {
    .vhost = "v", .app = "live", .stream = "-cam", .param = "?k=1", .engine = "sd", .port = 1936
};

/* The words of the command that an engine makes, as "word|word|", or the error. */
static const char *made(const char *engine, const char *input)
{
    static char text[4096];
    char        conf[4096];
    snprintf(conf, sizeof conf, "transcode { enabled on; ffmpeg ff; engine sd { enabled on; %s output o; } }", engine);
    struct loaded        l = load_vhost(conf);
    struct str           out = str_over(text, sizeof text);
    struct command_maker m;
    struct command       c;
    char                 why[ERR_TEXT_MAX];
    must_load(&l, engine);
    const struct conf_transcode *t = &l.conf->vhosts[0].transcodes[0];
    struct ffmpeg_args           args = {
                  .program = t->ffmpeg, .log_level = "", .engine = &t->engines[0], .input = input, .output = t->engines[0].output
    };
    command_begin(&m, &values);
    ffmpeg_args_put(&m, &args);
    struct err *e = command_end(&m, &c);
    if (e)
        str_printf(&out, "%s", err_text(e, why, sizeof why));
    for (char **word = e ? NULL : c.argv; word && *word; word++)
        str_printf(&out, "%s|", *word);
    err_free(e);
    command_finish(&c);
    unload(&l);
    return text;
}

static void every_option_has_its_place(void **state)
{
    (void)state;
    assert_string_equal(
        made("perfile { re; rtsp_transport tcp; } iformat x; vfilter { i logo.png; filter_complex 'overlay=10:10'; }"
             "vcodec libx264; vbitrate 1500; vfps 29.97; vwidth 769; vheight 321; vthreads 4; vprofile main; vpreset "
             "medium;"
             "vparams { t 100; -coder 1; } acodec aac; abitrate 70; asample_rate 44100; achannels 2; aparams { "
             "profile:a aac_low; }"
             "oformat mpegts;",
             "in"),
        "ff|-nostdin|-re|-rtsp_transport|tcp|-f|x|-i|in|-i|logo.png|-filter_complex|overlay=10:10|-vcodec|libx264|-b:v|"
        "1500k|"
        "-r|29.97|-s|768x320|-threads|4|-profile:v|main|-preset|medium|-t|100|-coder|1|-acodec|aac|-b:a|70k|-ar|44100|-"
        "ac|2|"
        "-profile:a|aac_low|-f|mpegts|-y|o|");
}

static void what_is_not_set_is_left_out(void **state)
{
    (void)state;
    assert_string_equal(
        made("vcodec libx264; vprofile p; vpreset q; acodec aac; vwidth 640;", "rtmp://h/a/s"),
        "ff|-nostdin|-f|flv|-i|rtmp://h/a/s|-vcodec|libx264|-threads|1|-profile:v|p|-preset|q|-acodec|aac|-f|"
        "flv|-y|o|");
    assert_string_equal(made("vcodec vn; acodec aac; iformat off; oformat off;", "rtmp://h/a/s"),
                        "ff|-nostdin|-i|rtmp://h/a/s|-vn|-acodec|aac|-y|o|");
    assert_string_equal(made("vcodec png; vfps 0.1; acodec an;", "x.mp4"),
                        "ff|-nostdin|-i|x.mp4|-vcodec|png|-r|0.1|-threads|1|-an|-f|flv|-y|o|");
}

static void what_is_copied_takes_no_options_of_encoders(void **state)
{
    (void)state;
    assert_string_equal(
        made("vcodec copy; vbitrate 5; vparams { g 50; bsf:v h264_mp4toannexb; }"
             "acodec copy; abitrate 5; aparams { profile:a x; bsf:a aac_adtstoasc; }",
             "in"),
        "ff|-nostdin|-i|in|-vcodec|copy|-bsf:v|h264_mp4toannexb|-acodec|copy|-bsf:a|aac_adtstoasc|-f|flv|-y|"
        "o|");
}

static void an_engine_that_cannot_work_says_why(void **state)
{
    static const struct {
        const char *engine, *why;
    } rows[] = {
        { "acodec aac;", "has no vcodec" },
        { "vcodec copy;", "has no acodec" },
        { "vcodec vn; acodec an;", "neither video nor audio" },
        { "vcodec libx264; vpreset q; acodec an;", "no vprofile" },
        { "vcodec libx264; vprofile p; acodec an;", "no vpreset" },
        { "vcodec x; vprofile p; vpreset q; vbitrate -1; acodec an;", "vbitrate -1 is below 0" },
        { "vcodec x; vprofile p; vpreset q; vwidth -2; acodec an;", "vwidth -2 is below 0" },
        { "vcodec x; vprofile p; vpreset q; vheight -2; acodec an;", "vheight -2 is below 0" },
        { "vcodec x; vprofile p; vpreset q; vthreads -2; acodec an;", "vthreads -2 is below 0" },
        { "vcodec x; vprofile p; vpreset q; vfps -2; acodec an;", "vfps -2 is below 0" },
        { "vcodec copy; acodec aac; abitrate -1;", "abitrate -1 is below 0" },
        { "vcodec copy; acodec aac; asample_rate -1;", "asample_rate -1 is below 0" },
        { "vcodec copy; acodec aac; achannels 3;", "achannels 3 is not 0, 1 or 2" },
        { "vcodec copy; acodec copy; output '';", "no output is named" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!strstr(made(rows[i].engine, "in"), rows[i].why))
            fail_msg("%s: %s", rows[i].engine, made(rows[i].engine, "in"));
    assert_non_null(strstr(made("vcodec copy; acodec copy;", ""), "no input is named"));
}

static void an_output_has_the_values_of_the_stream(void **state)
{
    char    *output;
    unsigned set = VARIABLES_NAMES | 1 << VARIABLE_PORT | 1 << VARIABLE_PARAM | 1 << VARIABLE_ENGINE;
    (void)state;
    assert_null(ffmpeg_args_output(
        &output, "rtmp://127.0.0.1:[port]/[app]/[stream]_[engine][param]&vhost=[vhost]&[url]", set, &values));
    assert_string_equal(output, "rtmp://127.0.0.1:1936/live/-cam_sd?k=1&vhost=v&[url]");
    mem_free(output);
    struct err *e = ffmpeg_args_output(&output, "[stream].flv", set, &values);
    assert_int_equal(err_code(e), E_ENCODER_FORK);
    assert_null(output);
    err_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_has_its_place),
        cmocka_unit_test(what_is_not_set_is_left_out),
        cmocka_unit_test(what_is_copied_takes_no_options_of_encoders),
        cmocka_unit_test(an_engine_that_cannot_work_says_why),
        cmocka_unit_test(an_output_has_the_values_of_the_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
