#include "app/api/config_body.h"

#include <string.h>

#include "core/str.h"

static struct err *refuse(const char *what)
{
    return err_new(E_SYSTEM_CONFIG_INVALID, "%s", what);
}

/* A number goes into the file as it is written; the table judges it there. */
static struct err *add_word(struct conf_edit *edit, struct conf_arena *arena, const struct jr_value *v)
{
    char word[CONF_EDIT_PATH_MAX];
    switch (v->kind) {
    case JR_STRING:
        if (!jr_string(v, word, sizeof word))
            return refuse("a text that is too long, or has a NUL");
        break;
    case JR_NUMBER:
        if (v->len >= sizeof word)
            return refuse("too long a number");
        memcpy(word, v->at, v->len);
        word[v->len] = '\0';
        break;
    case JR_TRUE: str_copy(word, sizeof word, "on"); break;
    case JR_FALSE: str_copy(word, sizeof word, "off"); break;
    default: return refuse("value is a text, a number, true, false, null, or an array of these");
    }
    return conf_edit_word(edit, arena, word);
}

static struct err *read_value(struct conf_edit *edit, struct conf_arena *arena, const struct jr_value *change)
{
    struct jr_value value, element;
    struct err     *e = NULL;
    size_t          at = 0;
    if (!jr_member(change, "value", &value) || value.kind == JR_NULL)
        return NULL;
    if (value.kind != JR_ARRAY)
        return add_word(edit, arena, &value);
    while (!e && jr_next(&value, &at, &element))
        e = add_word(edit, arena, &element);
    return e;
}

static bool read_op(const struct jr_value *change, enum conf_edit_op *op)
{
    static const char *const names[] = {
        [CONF_EDIT_SET] = "set", [CONF_EDIT_ADD] = "add", [CONF_EDIT_REMOVE] = "remove"
    };
    struct jr_value value;
    char            name[8];
    if (!jr_member(change, "op", &value) || !jr_string(&value, name, sizeof name))
        return false;
    for (int i = 0; i < (int)ARRAY_LEN(names); i++)
        if (strcmp(names[i], name) == 0) {
            *op = (enum conf_edit_op)i;
            return true;
        }
    return false;
}

static struct err *read_change(struct conf_rewrite *w, const struct jr_value *change)
{
    struct conf_edit *edit = &w->edits[w->n_edits];
    struct jr_value   value;
    char              path[CONF_EDIT_PATH_MAX];
    struct err       *e;
    if (w->n_edits == CONF_REWRITE_EDITS_MAX)
        return err_new(E_SYSTEM_CONFIG_INVALID, "more than %d changes", CONF_REWRITE_EDITS_MAX);
    if (!read_op(change, &edit->op))
        return refuse("op is set, add or remove");
    if (!jr_member(change, "path", &value) || !jr_string(&value, path, sizeof path))
        return refuse("path is a text such as vhost[NAME].play.gop_cache");
    if ((e = conf_edit_path(edit, &w->arena, path)) || (e = read_value(edit, &w->arena, change)))
        return err_wrap(e, "change %d", w->n_edits + 1);
    w->n_edits++;
    return NULL;
}

struct err *config_body_read_version(struct conf_rewrite *w, const struct jr_value *body)
{
    struct jr_value value;
    char            version[CONF_VERSION_CAP];
    if (!jr_member(body, "version", &value))
        return *w->version
                   ? NULL
                   : refuse("version, or If-Match, is that of GET /api/v1/config, on which the change is based");
    if (!jr_string(&value, version, sizeof version) || !*version)
        return refuse("version is that of GET /api/v1/config, on which the change is based");
    if (*w->version && strcmp(w->version, version) != 0)
        return refuse("version and If-Match are of two configurations");
    str_copy(w->version, sizeof w->version, version);
    return NULL;
}

struct err *config_body_read(struct conf_rewrite *w, const struct jr_value *body)
{
    struct jr_value changes, change;
    size_t          at = 0;
    struct err     *e = config_body_read_version(w, body);
    if (e)
        return e;
    if (!jr_member(body, "changes", &changes) || changes.kind != JR_ARRAY)
        return refuse("changes is an array of {op, path, value}");
    while (!e && jr_next(&changes, &at, &change))
        e = read_change(w, &change);
    if (!e && !w->n_edits)
        return refuse("there is no change");
    return e;
}
