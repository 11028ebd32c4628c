#include "app/conf/print.h"

#include <string.h>

#include "app/conf/directive.h"
#include "app/conf/env.h"
#include "core/str.h"

/* ---- words of both texts */

static const char *reload_text(const struct directive *row)
{
    switch (row->reload) {
    case RELOAD_LIVE: return "next use";
    case RELOAD_APPLIED: return "at once";
    case RELOAD_RESTART: return "restart";
    default: return "no effect";
    }
}

/* The values that are allowed: `on/off`, `ms`, `[ip:]port ...`. */
static const char *value_text(const struct directive *row, char *buf, size_t cap)
{
    struct str out = str_over(buf, cap);
    switch (row->type) {
    case CONF_BOOL: str_printf(&out, "on/off"); break;
    case CONF_SECONDS: str_printf(&out, "seconds"); break;
    case CONF_SECONDS_FLOAT: str_printf(&out, "seconds, also 0.5"); break;
    case CONF_MS: str_printf(&out, "ms"); break;
    case CONF_MS_FLOAT: str_printf(&out, "ms, also 0.5"); break;
    case CONF_DURATION: str_printf(&out, "seconds, also 90m or 4h"); break;
    case CONF_ENUM:
        for (int i = 0; row->words[i]; i++)
            str_printf(&out, "%s%s", i ? "/" : "", row->words[i]);
        break;
    case CONF_INT:
    case CONF_INT64: str_printf(&out, "%s", row->unit ? row->unit : "number"); break;
    case CONF_FLOAT: str_printf(&out, "%s", row->unit ? row->unit : "number, also 0.5"); break;
    case CONF_OPTIONS: str_printf(&out, "{ name value; ... }"); break;
    case CONF_ANYTHING: str_printf(&out, "any"); break;
    default: str_printf(&out, "%s", row->unit ? row->unit : "text"); break;
    }
    if (row->max > row->min)
        str_printf(&out, ", %.10g...%.10g", row->min, row->max);
    return buf;
}

static const char *state_text(const struct directive *row, bool inside_later)
{
    if (row->flags & CONF_LEGACY)
        return "old spelling";
    if (row->state == CONF_IGNORED)
        return "ignored";
    return row->state == CONF_LATER || inside_later ? "not built yet" : "";
}

/* ---- full.conf */

enum { FULL_WIDTH = 100 };

static void indent(struct buf *out, int depth)
{
    buf_printf(out, "%*s", 4 * depth, "");
}

/* A comment over several lines, broken between words. */
static void comment(struct buf *out, int depth, const char *text)
{
    size_t room = (size_t)(FULL_WIDTH - 4 * depth - 2);
    while (*text) {
        size_t len = strlen(text);
        if (len > room) {
            len = room;
            while (len && text[len] != ' ')
                len--;
        }
        indent(out, depth);
        buf_printf(out, "# %.*s\n", (int)len, text);
        text += len;
        text += *text == ' ';
    }
}

static void full_facts(struct buf *out, int depth, const struct directive *row, bool inside_later)
{
    char        value[CONF_PATH_MAX], line[CONF_PATH_MAX * 3];
    struct str  s = str_over(line, sizeof line);
    const char *state = state_text(row, inside_later);
    comment(out, depth, row->help);
    if (row->type == CONF_BLOCK)
        str_printf(&s, "Since %s", row->since);
    else
        str_printf(&s, "%s; default: %s; since %s; reload: %s", value_text(row, value, sizeof value),
                   row->def ? row->def : "none", row->since, reload_text(row));
    if (*state)
        str_printf(&s, "; %s", state);
    comment(out, depth, line);
}

static void full_block(struct buf *out, const struct conf_block *block, const char *path, int depth, bool inside_later);

static bool is_safe_word(const char *word)
{
    return !strpbrk(word, " ;{}#\"'");
}

static void full_value(struct buf *out, const struct directive *row)
{
    const char *value = row->def ? row->def : row->example;
    if (!value || !value[0])
        return;
    buf_printf(out, row->type == CONF_LIST || is_safe_word(value) ? " %s" : " \"%s\"", value);
}

static void full_row(struct buf *out, const struct directive *row, const char *path, int depth, bool inside_later)
{
    char here[CONF_PATH_MAX];
    conf_path_join(path, row->name, here, sizeof here);
    full_facts(out, depth, row, inside_later);
    indent(out, depth);
    if (row->flags & CONF_LEGACY) {
        buf_printf(out, "# %s\n", row->name);
    } else if (strcmp(here, "include") == 0) {
        buf_printf(out, "# include conf/include.vhost.conf;\n");
    } else if (strcmp(here, "is_full") == 0) {
        buf_printf(out, "is_full on;\n");
    } else if (row->type == CONF_OPTIONS) {
        buf_printf(out, "%s {\n", row->name);
        indent(out, depth);
        buf_printf(out, "}\n");
    } else if (row->type == CONF_BLOCK) {
        buf_printf(out, row->example ? "%s %s {\n" : "%s {\n", row->name, row->example);
        full_block(out, row->children, here, depth + 1, inside_later || row->state != CONF_BUILT);
        indent(out, depth);
        buf_printf(out, "}\n");
    } else {
        buf_printf(out, "%s", row->name);
        full_value(out, row);
        buf_printf(out, ";\n");
    }
}

/* Recursion follows the table. */
static void full_block(struct buf *out, const struct conf_block *block, const char *path, int depth, bool inside_later)
{
    for (size_t i = 0; i < block->n_rows; i++) {
        if (i)
            buf_printf(out, "\n");
        full_row(out, &block->rows[i], path, depth, inside_later);
    }
}

void conf_print_full(struct buf *out)
{
    buf_printf(out, "# Every directive that the server knows, with its default, or with an example where it has none.\n"
                    "# This file is for reading: is_full on makes the server refuse it. Copy the lines that you need.\n"
                    "# Made from the table in src/app/conf/directives_*.c; see doc/configuration.md for the rules.\n"
                    "#\n"
                    "# Each entry tells: values; default; first release of SRS that has it (\"ours\": no release);\n"
                    "# when a change counts that a reload brings.\n\n");
    full_block(out, &conf_root_block, "", 0, false);
}

/* ---- configuration.md */

static const char intro[] =
    "# Configuration\n"
    "\n"
    "Every directive that the server knows. This page is made from the table in `src/app/conf/directives_*.c`, which\n"
    "also drives the server itself; a test fails when the two differ (`golden_test --update` writes it anew).\n"
    "\n"
    "## The file\n"
    "\n"
    "A directive is a name, words, and `;` — or a block `{ ... }` of further directives. Words are separated by white\n"
    "space; `\"...\"` and `'...'` hold spaces and other special characters, without escapes. `#` starts a comment "
    "where a\n"
    "word could start. Names and values are case-sensitive.\n"
    "\n"
    "```nginx\n"
    "listen          1935;\n"
    "max_connections 1000;\n"
    "daemon          off;\n"
    "srs_log_tank    console;\n"
    "vhost __defaultVhost__ {\n"
    "    play { gop_cache on; }\n"
    "}\n"
    "```\n"
    "\n"
    "- A file with an unknown name is refused; the message tells the file, the line and a guess at the name that was\n"
    "  meant. A bad file changes nothing at a reload. `-t` checks a file.\n"
    "- If a directive is written twice in a block, the first one counts, and a warning names the other one.\n"
    "  Only these may be written several times: `vhost`, `stream_caster`, `ingest`, `relay`, `transcode`, `engine`,\n"
    "  `allow`, `deny`, and `publish` in `exec`.\n"
    "- Only the word `off` switches off what is on by default; only `on` switches on what is off by default.\n"
    "  Any other word counts as the default.\n"
    "- Numbers have no units: the table says seconds or milliseconds. `30s` counts as 30, `abc` as 0, and a number "
    "out\n"
    "  of its bounds as the nearest bound. A warning tells each of these.\n"
    "- `include FILE ...;` is replaced by the directives of other files, in any block. Relative names start at the\n"
    "  directory in which the server was started.\n"
    "- Old spellings, back to SRS 1, are turned into the new ones with a warning. A directive may continue on the "
    "next\n"
    "  line, also with a warning: most often a `;` is missing.\n"
    "- Limits: 128 blocks inside each other, 32 files that include each other, 64 MiB for a file.\n"
    "\n"
    "## Vhosts\n"
    "\n"
    "A request's vhost is looked up by its exact name, then without regard to the case of letters; if there is none,\n"
    "`__defaultVhost__` serves, and if that is not there either, the request is refused. "
    "A vhost with `enabled off` refuses its clients.\n"
    "\n"
    "## Environment\n"
    "\n"
    "A variable that is not empty wins over the file. Its name is `SRS_` and the path in capitals:\n"
    "`SRS_MAX_CONNECTIONS`, `SRS_VHOST_PLAY_MW_LATENCY` (for all vhosts). The last column of the tables shows the\n"
    "names that differ from this rule; a dash means that there is none. `SRS_CONFIG_FILE` replaces the file of `-c`.\n"
    "`SRS_ENV_ONLY` with any value is the same as `-e`: no file is read, there is one `__defaultVhost__`, and the log "
    "goes\n"
    "to the console. Even with one of these the command line needs an option: without any option the server prints its "
    "help.\n"
    "\n"
    "## Reload\n"
    "\n"
    "SIGHUP makes the server read the file again. The log lists the changes. The column `reload`\n"
    "tells when a change counts: `next use`, for the next client or event; `at once`, for running clients and\n"
    "streams too; `restart`, after a restart.\n"
    "\n"
    "## Directives\n"
    "\n"
    "\"Since\" is the first release of SRS that has the directive. Directives of features that are not built yet are\n"
    "accepted, and the log names them.\n";

/* The text of a table's cell, in which `|` is escaped. */
static void cell(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            buf_append(out, "\\", 1);
        buf_append(out, text, 1);
    }
}

static void code_cell(struct buf *out, const char *text)
{
    if (!*text)
        return;
    buf_printf(out, "`");
    cell(out, text);
    buf_printf(out, "`");
}

/* Variables that differ from the rule. */
static void env_cell(struct buf *out, const char *path, const struct directive *row, bool no_env)
{
    char names[CONF_ENV_NAMES_MAX];
    conf_env_names(path, row, no_env, names, sizeof names);
    if (!names[0])
        buf_printf(out, "–");
    else if (row->env)
        code_cell(out, names);
}

static void reference_row(struct buf *out, const struct directive *row, const char *path, bool inside_later,
                          bool no_env)
{
    char        value[CONF_PATH_MAX];
    const char *state = state_text(row, inside_later);
    buf_printf(out, "| `%s` | ", row->name);
    cell(out, value_text(row, value, sizeof value));
    buf_printf(out, " | ");
    code_cell(out, row->def ? row->def : "");
    buf_printf(out, " | %s | %s | ", row->since, row->flags & CONF_LEGACY ? "" : reload_text(row));
    cell(out, row->help);
    if (*state && !(row->flags & CONF_LEGACY) && !inside_later)
        buf_printf(out, " *%s*", state);
    buf_printf(out, " | ");
    env_cell(out, path, row, no_env);
    buf_printf(out, " |\n");
}

static const char *block_title(const struct directive *row, const char *path, char *buf, size_t cap)
{
    struct str out = str_over(buf, cap);
    if (!row)
        str_printf(&out, "The root");
    else if (row->unit)
        str_printf(&out, "`%s %s`", path, row->unit);
    else
        str_printf(&out, "`%s`", path);
    return buf;
}

/* The rows of a block, then its blocks. Recursion follows the table. */
static void reference_block(struct buf *out, const struct directive *of, const struct conf_block *block,
                            const char *path, bool inside_later, bool no_env)
{
    char here[CONF_PATH_MAX], title[CONF_PATH_MAX * 2];
    buf_printf(out, "\n### %s\n\n", block_title(of, path, title, sizeof title));
    if (of) {
        const char *state = state_text(of, inside_later);
        buf_printf(out, "%s%s%s%s\n\n", of->help, *state ? " *" : "", state, *state ? "*" : "");
    }
    buf_printf(out, "| directive | value | default | since | reload | | environment |\n"
                    "|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < block->n_rows; i++)
        if (block->rows[i].type != CONF_BLOCK)
            reference_row(out, &block->rows[i], conf_path_join(path, block->rows[i].name, here, sizeof here),
                          inside_later, no_env);
    for (size_t i = 0; i < block->n_rows; i++) {
        const struct directive *row = &block->rows[i];
        if (row->type == CONF_BLOCK && !(row->flags & CONF_LEGACY))
            reference_block(out, row, row->children, conf_path_join(path, row->name, here, sizeof here),
                            inside_later || row->state != CONF_BUILT, no_env || row->flags & CONF_NO_ENV);
    }
}

void conf_print_reference(struct buf *out)
{
    buf_printf(out, "%s", intro);
    reference_block(out, NULL, &conf_root_block, "", false, false);
}
