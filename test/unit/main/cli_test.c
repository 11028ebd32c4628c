/* The command line, letter by letter. src/main is not in the library, so the file is included. */
#include "main/cli.c" /* NOLINT(bugprone-suspicious-include) */

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/str.h"

enum { WORDS_MAX = 8 };

struct row {
    const char *line; /* the words after the program's name */
    const char *conf_path;
    bool        test, env_only, version, signature, help;
    const char *error;
};

/* Parse a line of words, which live until the next call. */
static struct err *parse(struct cli *cli, const char *line)
{
    static char  text[200];
    static char  program[] = "./objs/srs";
    static char *argv[WORDS_MAX + 2];
    int          argc = 0;
    str_copy(text, sizeof text, line);
    argv[argc++] = program;
    for (char *rest = text, *word; argc <= WORDS_MAX && (word = strtok_r(rest, " ", &rest));)
        argv[argc++] = strcmp(word, "''") == 0 ? (word[0] = '\0', word) : word;
    argv[argc] = NULL;
    return cli_parse(cli, argc, argv);
}

static void every_line_of_the_table(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct row rows[] = {
        { "",                     .help = true },
        { "-h",                   .help = true },
        { "-?",                   .help = true },
        { "--help",               .help = true },
        { "-v",                   .version = true },
        { "-V",                   .version = true },
        { "--version",            .version = true },
        { "-g",                   .signature = true },
        { "-G",                   .signature = true },
        { "-e",                   .env_only = true },
        { "-e -t",                .env_only = true, .test = true },
        { "-te",                  .env_only = true, .test = true },
        { "-c a.conf",            .conf_path = "a.conf" },
        { "-ca.conf",             .conf_path = "a.conf" },
        { "-t -c a.conf",         .conf_path = "a.conf", .test = true },
        { "-c a.conf -t",         .conf_path = "a.conf", .test = true },
        { "-tc a.conf",           .conf_path = "a.conf", .test = true },
        { "-tca.conf",            .conf_path = "a.conf", .test = true },
        { "-ctv",                 .conf_path = "tv" },
        { "--conf a.conf",        .conf_path = "a.conf" },
        { "-c -v",                .conf_path = "-v" },
        { "-c ''",                .conf_path = "" },
        { "-c a.conf -c b.conf",  .conf_path = "b.conf" },
        { "-c a.conf -v",         .conf_path = "a.conf", .version = true },
        { "-c a.conf -h",         .conf_path = "a.conf", .help = true },
        { "-c a.conf -e",         .conf_path = "a.conf", .env_only = true },
        { "stray",                .help = true },
        { "stray -c a.conf",      .conf_path = "a.conf" },
        { "-t",                   .help = true, .test = true },
        { "-",                    .help = true },
        { "--",                   .help = true },
        { "-c",                   .error = "-c requires params" },
        { "-t -c",                .error = "-c requires params" },
        { "-tc",                  .error = "-c requires params" },
        { "--conf",               .error = "-c requires params" },
        { "-x",                   .error = "invalid option: \"x\", read help: ./objs/srs -h" },
        { "-vx",                  .error = "invalid option: \"x\", read help: ./objs/srs -h" },
        { "--xversion",           .error = "invalid option: \"x\", read help: ./objs/srs -h" },
        { "-x -c a.conf",         .error = "invalid option: \"x\", read help: ./objs/srs -h" },
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *row = &rows[i];
        struct cli        cli;
        char              text[300];
        struct err       *e = parse(&cli, row->line);
        if (row->error) {
            assert_int_equal(err_code(e), E_SYSTEM_CONFIG_INVALID);
            assert_string_equal(err_text(e, text, sizeof text), row->error);
            err_free(e);
            continue;
        }
        assert_null(e);
        bool same_path = str_equal(cli.conf_path, row->conf_path);
        if (!same_path || cli.test != row->test || cli.env_only != row->env_only || cli.version != row->version ||
            cli.signature != row->signature || cli.help != row->help)
            fail_msg("srs %s: conf_path=%s test=%d env_only=%d version=%d signature=%d help=%d", row->line,
                     cli.conf_path ? cli.conf_path : "(none)", cli.test, cli.env_only, cli.version, cli.signature,
                     cli.help);
    }
}

static void without_even_a_name_it_helps(void **state)
{
    (void)state;
    char      *argv[] = { NULL };
    struct cli cli;
    assert_null(cli_parse(&cli, 0, argv));
    assert_true(cli.help);
}

/* Print the help page and return its text. */
static const char *help_page(void)
{
    static char page[4000];
    int         ends[2], kept = dup(STDOUT_FILENO);
    assert_int_equal(pipe(ends), 0);
    (void)fflush(stdout);
    dup2(ends[1], STDOUT_FILENO);
    cli_print_help("./objs/srs");
    (void)fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    close(ends[1]);
    ssize_t n = read(ends[0], page, sizeof page - 1);
    close(ends[0]);
    assert_true(n > 0);
    page[n] = '\0';
    return page;
}

static void the_help_names_every_letter_and_the_server(void **state)
{
    (void)state;
    static const char *const words[] = {
        "-?, -h, --help",
        "-v, -V, --version",
        "-g, -G ",
        "-e ",
        "-t ",
        "-c filename",
        "./objs/srs -c conf/srs.conf",
        "Usage: ./objs/srs <-h?vVgGe>|<[-t] -c filename>\nOptions:\n",
        SERVER_SIGNATURE,
    };
    const char *page = help_page();
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        assert_non_null(strstr(page, words[i]));
    assert_true(str_starts_with(page, SERVER_SIGNATURE ", "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_of_the_table),
        cmocka_unit_test(without_even_a_name_it_helps),
        cmocka_unit_test(the_help_names_every_letter_and_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
