/**
 * The command line.
 *
 *     -c FILE  -cFILE   configuration        -t  check it and exit      -e  environment only
 *     -v -V --version   version              -g -G  signature           -h -? --help  help
 *
 *     --harden          print what the configuration leaves open, and exit
 *
 * Letters combine (`-tc FILE`); any other `--word` is read as its first letter.
 *
 * Yields     no
 */
#ifndef MAIN_CLI_H
#define MAIN_CLI_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/err.h"

struct cli {
    const char *conf_path; /* borrowed from argv; NULL: not given */
    bool        test, harden, env_only, version, signature, help;
    bool        asked_for_help; /* -h was given; `help` is also set by a stray word and by a missing file */
};

/**
 * Parse the command line.
 *
 * Errors     E_SYSTEM_CONFIG_INVALID: an unknown letter, -c without a file
 */
struct err *cli_parse(struct cli *cli, int argc, char **argv) ATTR_MUST_USE;

void cli_print_help(const char *program);

#endif
