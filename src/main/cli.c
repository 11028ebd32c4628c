#include "main/cli.h"

#include <stdio.h>
#include <string.h>

#include "core/version.h"

/* Apply one letter. `value` is the rest of its word; *took_value is set if it was used. *wants_next is set if the next word is the
 * value. */
static struct err *take_letter(struct cli *cli, char letter, const char *value, bool *took_value, bool *wants_next,
                               const char *program)
{
    switch (letter) {
    case 'h':
    case '?': cli->help = cli->asked_for_help = true; return NULL;
    case 'v':
    case 'V': cli->version = true; return NULL;
    case 'g':
    case 'G': cli->signature = true; return NULL;
    case 't': cli->test = true; return NULL;
    case 'e': cli->env_only = true; return NULL;
    case 'c':
        *took_value = true;
        if (*value)
            cli->conf_path = value;
        else
            *wants_next = true;
        return NULL;
    default: return err_new(E_SYSTEM_CONFIG_INVALID, "invalid option: \"%c\", read help: %s -h", letter, program);
    }
}

struct err *cli_parse(struct cli *cli, int argc, char **argv)
{
    *cli = (struct cli){ .help = argc <= 1 };
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        bool        wants_next = false, took_value = false;
        struct err *e = NULL;
        if (word[0] != '-') { /* a stray word asks for help, unless a later -c says otherwise */
            cli->help = true;
            continue;
        }
        if (strcmp(word, "--harden") == 0) {
            cli->harden = true;
            continue;
        }
        bool is_long = word[1] == '-';
        for (const char *p = word + 1 + is_long; *p && !took_value && !e; p++) {
            e = take_letter(cli, *p, is_long ? "" : p + 1, &took_value, &wants_next, argv[0]);
            if (is_long)
                break;
        }
        if (e)
            return e;
        if (wants_next && i + 1 >= argc)
            return err_new(E_SYSTEM_CONFIG_INVALID, "-c requires params");
        if (wants_next)
            cli->conf_path = argv[++i];
        if (took_value)
            cli->help = false;
    }
    if (!cli->conf_path && !cli->env_only && !cli->version && !cli->signature)
        cli->help = true;
    return NULL;
}

void cli_print_help(const char *program)
{
    printf("%s, %s, %s, created by %s\n\n"
           "Usage: %s <-h?vVgGe>|<[-t] -c filename>\n"
           "Options:\n"
           "   -?, -h, --help      : Show this help and exit 0.\n"
           "   -v, -V, --version   : Show version and exit 0.\n"
           "   -g, -G              : Show server signature and exit 0.\n"
           "   -e                  : Use environment variables only, no config file.\n"
           "   -t                  : Test configuration file, exit with error code (0 for success).\n"
           "   -c filename         : Use config file to start server.\n"
           "   --harden            : Print what the configuration leaves open, exit with 2 if anything is.\n"
           "For example:\n"
           "   %s -v\n"
           "   %s -t -c conf/srs.conf\n"
           "   %s -c conf/srs.conf\n",
           SERVER_SIGNATURE, SERVER_URL, SERVER_LICENSE, SERVER_AUTHORS, program, program, program, program);
}
