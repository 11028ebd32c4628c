#include "app/program/command.h"

#include <string.h>

#include "core/mem.h"
#include "core/str.h"
#include "protocol/stream_name.h"

enum { PORT_CAP = 16 };

/* ---- values ---- */

/* Write a value of a client: without control characters, and in the name of a file without slashes. */
static void put_value(struct command_maker *m, const char *value)
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

static void put_url(struct command_maker *m)
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
    if (!str_equal(v->vhost, v->host) && !str_equal(v->vhost, STREAM_DEFAULT_VHOST) && !strstr(v->param, "vhost=")) {
        put_value(m, v->param[0] ? "&vhost=" : "?vhost=");
        put_value(m, v->vhost);
    }
}

static void put_variable(void *arg, enum variable variable)
{
    struct command_maker        *m = arg;
    const struct command_values *v = m->values;
    switch (variable) {
    case VARIABLE_VHOST: put_value(m, v->vhost); return;
    case VARIABLE_APP: put_value(m, v->app); return;
    case VARIABLE_STREAM: put_value(m, v->stream); return;
    case VARIABLE_PARAM: put_value(m, v->param); return;
    case VARIABLE_ENGINE: put_value(m, v->engine); return;
    case VARIABLE_TC_URL: put_value(m, v->tc_url); return;
    case VARIABLE_SWF_URL: put_value(m, v->swf_url); return;
    case VARIABLE_PAGE_URL: put_value(m, v->page_url); return;
    case VARIABLE_PORT: buf_printf(&m->bytes, "%d", v->port); return;
    case VARIABLE_URL: put_url(m); return;
    default: variable_put_time(&m->bytes, variable, &m->time); return;
    }
}

/* ---- words ---- */

void command_begin(struct command_maker *m, const struct command_values *values)
{
    *m = (struct command_maker){
        .values = values, .bytes = buf_up_to(COMMAND_BYTES_MAX), .output = SIZE_MAX, .errors = SIZE_MAX
    };
    variable_time_init(&m->time, values->wall_us, values->utc);
}

void command_fail(struct command_maker *m, struct err *e)
{
    if (m->error)
        err_free(e);
    else
        m->error = e;
}

/* Write a word in which the variables of the set are replaced. Returns the offset of its first byte. */
static size_t put_word(struct command_maker *m, const char *word, unsigned set, bool is_file)
{
    bool   begins_with_value = variable_at(word, set) != VARIABLES;
    size_t offset = m->bytes.len;
    m->is_file = is_file;
    variable_replace(&m->bytes, word, set, put_variable, m);
    buf_append(&m->bytes, "", 1);
    if (begins_with_value && !m->bytes.fault && m->bytes.bytes[offset] == '-')
        command_fail(m, err_new(E_ENCODER_FORK, "the name of the stream or an address would become the option %.64s",
                                m->bytes.bytes + offset));
    return offset;
}

/* Make place for a word that is written next. */
static void begin_word(struct command_maker *m)
{
    if (m->count == COMMAND_WORDS_MAX)
        command_fail(m, err_new(E_LIMIT, "more than %d words", COMMAND_WORDS_MAX));
    else
        m->words[m->count++] = m->bytes.len;
}

void command_word(struct command_maker *m, const char *word)
{
    begin_word(m);
    buf_append(&m->bytes, word, strlen(word) + 1);
}

void command_printf(struct command_maker *m, const char *fmt, ...)
{
    va_list args;
    begin_word(m);
    va_start(args, fmt);
    buf_vprintf(&m->bytes, fmt, args);
    va_end(args);
    buf_append(&m->bytes, "", 1);
}

void command_template(struct command_maker *m, const char *word, unsigned set)
{
    begin_word(m);
    put_word(m, word, set, false);
}

/* ---- files ---- */

void command_output(struct command_maker *m, const char *file, unsigned set)
{
    m->output = put_word(m, file, set, true);
}

void command_errors(struct command_maker *m, const char *file, unsigned set)
{
    m->errors = put_word(m, file, set, true);
}

void command_errors_to_output(struct command_maker *m)
{
    m->same_file = true;
}

void command_log(struct command_maker *m, const char *folder, const char *name, unsigned set)
{
    static const char ending[] = ".log";
    m->errors = m->bytes.len;
    buf_printf(&m->bytes, "%s/", folder);
    size_t offset = put_word(m, name, set, true);
    if (!m->bytes.fault && m->bytes.len - offset - 1 > COMMAND_LOG_NAME_MAX) {
        buf_rewind(&m->bytes, offset + COMMAND_LOG_NAME_MAX - strlen(ending));
        buf_append(&m->bytes, ending, sizeof ending);
    }
}

/* ---- the end ---- */

static struct err *point_to_words(struct command *c, const struct command_maker *m)
{
    c->argv = mem_calloc(m->count + 1, sizeof *c->argv);
    if (!c->argv)
        return err_no_memory();
    for (size_t i = 0; i < m->count; i++)
        c->argv[i] = c->bytes + m->words[i];
    c->output = m->output == SIZE_MAX ? NULL : c->bytes + m->output;
    c->errors = m->same_file ? c->output : m->errors == SIZE_MAX ? NULL : c->bytes + m->errors;
    return NULL;
}

struct err *command_end(struct command_maker *m, struct command *c)
{
    struct err *e = m->error;
    *c = (struct command){ 0 };
    m->error = NULL;
    if (!e)
        e = buf_error(&m->bytes);
    c->bytes = buf_take(&m->bytes);
    buf_finish(&m->bytes);
    return e ? e : point_to_words(c, m);
}

void command_finish(struct command *c)
{
    mem_free(c->argv);
    mem_free(c->bytes);
    mem_free(c->target);
    *c = (struct command){ 0 };
}
