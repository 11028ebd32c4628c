#include "app/segment/template.h"

#include <inttypes.h>
#include <string.h>

#include "app/conf/variable.h"
#include "core/mem.h"
#include "core/str.h"
#include "core/uri.h"

enum { TAG_MAX = 24 };

/* ---- paths ---- */

struct maker {
    const struct template_names  *names;
    const struct template_values *values;
    struct variable_time          time;
    struct buf                    path;
    const char                   *bad; /* the name that cannot be a part of a path; NULL: none yet */
};

static const unsigned variables_of[] = {
    [TEMPLATE_PLAYLIST] = VARIABLES_NAMES,
    [TEMPLATE_KEY] = VARIABLES_NAMES | 1 << VARIABLE_SEQ,
    [TEMPLATE_SEGMENT] = VARIABLES_NAMES | VARIABLES_TIME | 1 << VARIABLE_SEQ | 1 << VARIABLE_DURATION,
    [TEMPLATE_RECORDING] = VARIABLES_NAMES | VARIABLES_TIME | 1 << VARIABLE_DURATION,
};

static bool begins_step(const struct buf *path)
{
    return !path->len || path->bytes[path->len - 1] == '/';
}

/* Write a name that a client chose. */
static void put_name(struct maker *m, const char *name)
{
    for (const char *c = name; *c; c++) {
        bool begins = begins_step(&m->path);
        if ((unsigned char)*c < ' ' || *c == 0x7f || (*c == '.' && begins)) {
            m->bad = name;
            return;
        }
        if (*c != '/' || (!begins && c != name && c[strspn(c, "/")]))
            buf_append(&m->path, c, 1);
    }
}

static void put_timestamp(struct maker *m)
{
    if (m->values->fragment_us > 0)
        buf_printf(&m->path, "%" PRId64, m->values->wall_us / m->values->fragment_us);
    else
        variable_put_time(&m->path, VARIABLE_TIMESTAMP, &m->time);
}

static void put_duration(struct maker *m)
{
    if (m->values->duration_ms < 0)
        buf_text(&m->path, "[duration]");
    else
        buf_printf(&m->path, "%" PRId64, m->values->duration_ms);
}

static void put_variable(void *arg, enum variable variable)
{
    struct maker *m = arg;
    switch (variable) {
    case VARIABLE_VHOST: put_name(m, m->names->vhost); return;
    case VARIABLE_APP: put_name(m, m->names->app); return;
    case VARIABLE_STREAM: put_name(m, m->names->stream); return;
    case VARIABLE_SEQ: buf_printf(&m->path, "%" PRIu64, m->values->seq); return;
    case VARIABLE_DURATION: put_duration(m); return;
    case VARIABLE_TIMESTAMP: put_timestamp(m); return;
    default: variable_put_time(&m->path, variable, &m->time); return;
    }
}

/* Leave out empty steps and single dots. */
static void tidy(struct buf *path)
{
    char *to = path->bytes, *from = to;
    while (from && *from) {
        size_t len = strcspn(from, "/");
        bool   kept = len > 1 || (len == 1 && *from != '.');
        size_t with_slash = len + (from[len] == '/');
        if (kept) {
            memmove(to, from, with_slash);
            to += with_slash;
        }
        from += with_slash;
    }
    if (!to)
        return; /* Nothing was written. */
    *to = '\0';
    path->len = (size_t)(to - path->bytes);
}

/* A check of the whole, because a template may put dots before a name. */
static struct err *check_steps(const struct buf *path)
{
    const char *step = path->bytes;
    for (;; step++) {
        size_t len = strcspn(step, "/");
        if (len > TEMPLATE_STEP_MAX)
            return err_new(E_LIMIT, "the name of the file or folder %.64s... has %zu bytes, at most %d are possible",
                           step, len, TEMPLATE_STEP_MAX);
        if (!len || (len == 2 && step[0] == '.' && step[1] == '.'))
            return err_new(E_SYSTEM_FILE_OPEN, "%s is no path of a file", path->bytes);
        step += len;
        if (!*step)
            return NULL;
    }
}

static struct err *check_path(const struct maker *m)
{
    if (m->bad)
        return err_new(E_SYSTEM_FILE_OPEN, "%s cannot be a part of a path", m->bad);
    if (m->path.fault == BUF_FULL)
        return err_new(E_LIMIT, "the path of a file of %.64s/%.64s has more than %d bytes", m->names->app,
                       m->names->stream, TEMPLATE_PATH_MAX);
    if (m->path.fault)
        return err_no_memory();
    return m->path.len ? check_steps(&m->path) : err_new(E_SYSTEM_FILE_OPEN, "the path of a file is empty");
}

struct err *template_make(char **path, enum template_kind kind, const char *text, const struct template_names *names,
                          const struct template_values *values)
{
    struct maker m = { .names = names, .values = values, .path = buf_up_to(TEMPLATE_PATH_MAX) };
    if (values)
        variable_time_init(&m.time, values->wall_us, values->utc);
    variable_replace(&m.path, text, variables_of[kind], put_variable, &m);
    tidy(&m.path);
    struct err *e = check_path(&m);
    *path = e ? NULL : buf_take(&m.path);
    buf_finish(&m.path);
    return e;
}

/* Hand a text over as a path. */
static struct err *take(char **path, struct buf *text)
{
    struct err *e = buf_error(text);
    *path = e ? NULL : buf_take(text);
    buf_finish(text);
    return e;
}

struct err *template_tag(char **tagged, const char *path, const char *tag)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    struct buf  text = buf_up_to(TEMPLATE_PATH_MAX + TAG_MAX + 1);
    size_t      stem = dot && dot != name ? (size_t)(dot - path) : strlen(path);
    *tagged = NULL;
    if (strlen(tag) > TAG_MAX)
        return err_new(E_LIMIT, "the tag %.32s... has more than %d bytes", tag, TAG_MAX);
    buf_append(&text, path, stem);
    buf_printf(&text, "-%s%s", tag, path + stem);
    return take(tagged, &text);
}

size_t template_folders_len(const char *path)
{
    size_t len = 0;
    for (size_t i = 0; path[i] && path[i] != '['; i++)
        if (path[i] == '/')
            len = i + 1;
    return len;
}

struct err *template_below(char **full, const char *directory, const char *path)
{
    struct buf text = buf_up_to(TEMPLATE_FULL_MAX);
    buf_printf(&text, "%s%s%s", directory, directory[0] && !str_ends_with(directory, "/") ? "/" : "", path);
    return take(full, &text);
}

/* ---- URIs ---- */

/* The number of bytes of the folders that both paths begin with, the last slash included. */
static size_t shared_folders(const char *a, const char *b)
{
    size_t len = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '/')
            len = i + 1;
    return len;
}

void template_put_uri(struct buf *out, const char *file, const char *playlist)
{
    size_t shared = shared_folders(file, playlist);
    for (const char *c = playlist + shared; *c; c++)
        if (*c == '/')
            buf_text(out, "../");
    uri_put_path(out, file + shared);
}

void template_put_entry(struct buf *out, const char *prefix, const char *file, const char *playlist)
{
    bool is_root = prefix[0] && !str_ends_with(prefix, "/");
    buf_text(out, prefix);
    if (is_root) {
        buf_text(out, "/");
        uri_put_path(out, file);
    } else {
        template_put_uri(out, file, playlist);
    }
}

void template_put_key(struct buf *out, const char *key_url, const char *file, const char *playlist)
{
    buf_text(out, key_url);
    if (key_url[0])
        uri_put_path(out, file);
    else
        template_put_uri(out, file, playlist);
}
