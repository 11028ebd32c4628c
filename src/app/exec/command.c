#include "app/exec/command.h"

#include <string.h>

#include "app/conf/variable.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/str.h"

enum { PORT_CAP = 16 };

static const char default_vhost[] = "__defaultVhost__";

/* The state of making a command. The bytes of a word may move until all are written, so a word is its offset until then. */
struct maker {
    const struct command_values *values;
    struct variable_time         time;
    struct buf                   bytes;
    bool                         is_file; /* The word is the name of a file. */
};

/* ---- values ---- */

/* Write a value of a client: without control characters, and in the name of a file without slashes. */
static void put_value(struct maker *m, const char *value)
{
    for (size_t i = 0; value[i]; i++) {
        char c = value[i];
        if ((unsigned char)c < ' ' || c == 0x7f)
            c = '?';
        else if (m->is_file && (c == '/' || (c == '.' && i == 0)))
            c = '_';
        buf_append(&m->bytes, &c, 1);
    }
}

static void put_url(struct maker *m)
{
    const struct command_values *v = m->values;
    bool                         is_ipv6 = strchr(v->host, ':') && v->host[0] != '[';
    char                         port[PORT_CAP];
    struct str                   out = str_over(port, sizeof port);
    str_printf(&out, "%s:%d/", is_ipv6 ? "]" : "", v->port);
    put_value(m, is_ipv6 ? "rtmp://[" : "rtmp://");
    put_value(m, v->host);
    put_value(m, port);
    put_value(m, v->app);
    put_value(m, "/");
    put_value(m, v->stream);
    put_value(m, v->param);
    if (!str_equal(v->vhost, v->host) && !str_equal(v->vhost, default_vhost) && !strstr(v->param, "vhost=")) {
        put_value(m, v->param[0] ? "&vhost=" : "?vhost=");
        put_value(m, v->vhost);
    }
}

/* The variables of a command. [duration] and [seq] belong to files. */
enum {
    OF_THE_CLIENT =
        1 << VARIABLE_TC_URL | 1 << VARIABLE_SWF_URL | 1 << VARIABLE_PAGE_URL | 1 << VARIABLE_PORT | 1 << VARIABLE_URL,
    REPLACED = VARIABLES_NAMES | VARIABLES_TIME | OF_THE_CLIENT,
};

static void put_variable(void *arg, enum variable variable)
{
    struct maker                *m = arg;
    const struct command_values *v = m->values;
    switch (variable) {
    case VARIABLE_VHOST: put_value(m, v->vhost); return;
    case VARIABLE_APP: put_value(m, v->app); return;
    case VARIABLE_STREAM: put_value(m, v->stream); return;
    case VARIABLE_TC_URL: put_value(m, v->tc_url); return;
    case VARIABLE_SWF_URL: put_value(m, v->swf_url); return;
    case VARIABLE_PAGE_URL: put_value(m, v->page_url); return;
    case VARIABLE_PORT: buf_printf(&m->bytes, "%d", v->port); return;
    case VARIABLE_URL: put_url(m); return;
    default: variable_put_time(&m->bytes, variable, &m->time); return;
    }
}

/* Write a word with its variables replaced; *offset is the offset of its first byte. */
static struct err *put_word(struct maker *m, const char *word, bool is_file, size_t *offset)
{
    bool begins_with_value = variable_at(word, REPLACED) != VARIABLES;
    *offset = m->bytes.len;
    m->is_file = is_file;
    variable_replace(&m->bytes, word, REPLACED, put_variable, m);
    buf_append(&m->bytes, "", 1);
    struct err *e = buf_error(&m->bytes);
    if (!e && begins_with_value && m->bytes.bytes[*offset] == '-')
        e = err_new(E_ENCODER_FORK, "the name of the stream or an address would become the option %.64s",
                    m->bytes.bytes + *offset);
    return e;
}

/* ---- words ---- */

enum redirection { NONE, OUTPUT, ERRORS };

/* The redirection that a word is or begins with; *file is the rest of the word. A number belongs to it if it touches the `>`. */
static enum redirection redirection_of(const char *word, const char **file)
{
    bool        is_errors = word[0] == '2';
    const char *rest = word + (is_errors || word[0] == '1');
    if (*rest != '>')
        return NONE;
    *file = rest + (rest[1] == '>' ? 2 : 1); /* >> is the same as >, because output is always appended. */
    return is_errors ? ERRORS : OUTPUT;
}

/* The offsets of the words and of the names of files; SIZE_MAX: none. */
struct places {
    size_t words[COMMAND_WORDS_MAX];
    size_t count, output, errors;
    bool   same_file; /* 2>&1 */
};

/* Take a redirection. If its file is the next word, *i moves there. */
static struct err *put_redirection(struct maker *m, const struct conf_words *words, size_t *i, enum redirection kind,
                                   const char *file, struct places *at)
{
    if (!*file && *i + 1 < words->count)
        file = words->items[++*i];
    if (!*file)
        return err_new(E_ENCODER_FORK, "the redirection %s has no file", words->items[*i]);
    if (kind == ERRORS && str_equal(file, "&1")) {
        at->same_file = true;
        return NULL;
    }
    return put_word(m, file, true, kind == ERRORS ? &at->errors : &at->output);
}

static struct err *put_program(struct maker *m, const struct conf_words *words, struct places *at)
{
    if (!words->count || !words->items[0][0])
        return err_new(E_ENCODER_FORK, "no program is named");
    at->words[at->count++] = 0;
    buf_append(&m->bytes, words->items[0], strlen(words->items[0]) + 1);
    return buf_error(&m->bytes);
}

static struct err *put_words(struct maker *m, const struct conf_words *words, struct places *at)
{
    struct err *e = put_program(m, words, at);
    for (size_t i = 1; !e && i < words->count; i++) {
        const char      *file = NULL;
        enum redirection kind = redirection_of(words->items[i], &file);
        if (kind != NONE)
            e = put_redirection(m, words, &i, kind, file, at);
        else if (at->count == COMMAND_WORDS_MAX)
            e = err_new(E_LIMIT, "more than %d words", COMMAND_WORDS_MAX);
        else
            e = put_word(m, words->items[i], false, &at->words[at->count++]);
    }
    return e;
}

static struct err *point_to_words(struct command *c, const struct places *at)
{
    c->argv = mem_calloc(at->count + 1, sizeof *c->argv);
    if (!c->argv)
        return err_no_memory();
    for (size_t i = 0; i < at->count; i++)
        c->argv[i] = c->bytes + at->words[i];
    c->output = at->output == SIZE_MAX ? NULL : c->bytes + at->output;
    c->errors = at->same_file ? c->output : at->errors == SIZE_MAX ? NULL : c->bytes + at->errors;
    return NULL;
}

struct err *command_make(struct command *c, const struct conf_words *words, const struct command_values *values)
{
    *c = (struct command){ 0 };
    struct maker  m = { .values = values, .bytes = buf_up_to(COMMAND_BYTES_MAX) };
    struct places at = { .output = SIZE_MAX, .errors = SIZE_MAX };
    variable_time_init(&m.time, values->wall_us, values->utc);
    struct err *e = put_words(&m, words, &at);
    c->bytes = buf_take(&m.bytes);
    buf_finish(&m.bytes);
    return e ? e : point_to_words(c, &at);
}

void command_finish(struct command *c)
{
    mem_free(c->argv);
    mem_free(c->bytes);
    *c = (struct command){ 0 };
}
