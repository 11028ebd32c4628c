#include "app/api/raw_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/api/config_apply.h"
#include "app/api/manager.h"
#include "app/conf/raw_view.h"
#include "core/map.h"
#include "core/str.h"
#include "protocol/http/status.h"

/* ---- query ------------------------------------------------------------------------------------------------------------ */

static const char *name_of(const struct conf_node *vhost)
{
    const char *name = conf_node_word(vhost);
    return name ? name : "";
}

/* The first of two vhosts of one name counts. */
static const struct conf_node *find_vhost(const struct conf_node *root, const char *name)
{
    const struct conf_node *n = conf_node_child(root, "vhost");
    while (n && strcmp(name_of(n), name) != 0)
        n = conf_node_same(n);
    return n;
}

static struct err *write_vhosts(struct api_reply *r, const struct conf_node *root)
{
    struct jw  *j = &r->json;
    struct err *e = NULL;
    int64_t     count = 0;
    struct map  seen = MAP_INIT; /* the first of two vhosts of one name counts */
    jw_object(j, "vhosts");
    for (struct conf_node *n = conf_node_child(root, "vhost"); n && !e; n = conf_node_same(n)) {
        if (map_find(&seen, name_of(n)))
            continue;
        if (!map_put(&seen, name_of(n), n)) {
            e = err_no_memory();
            break;
        }
        jw_object(j, name_of(n));
        jw_string(j, "id", name_of(n));
        jw_string(j, "name", name_of(n));
        conf_raw_view_put_features(j, n);
        jw_object_end(j);
        count++;
        e = api_give_way(r);
    }
    jw_object_end(j);
    jw_int(j, "nb_vhosts", count);
    map_finish(&seen);
    return e;
}

static struct err *write_scope(struct api_reply *r, const struct conf_node *root, const char *scope)
{
    struct jw              *j = &r->json;
    const struct conf_node *vhost = find_vhost(root, api_text(r, "vhost"));
    struct err             *e = NULL;
    if (strcmp(scope, "vhost") == 0 && !vhost) {
        api_error(r, HTTP_STATUS_OK, E_SYSTEM_CONFIG_RAW_PARAMS);
        return NULL;
    }
    api_begin(r);
    jw_object(j, scope);
    if (strcmp(scope, "vhost") == 0) {
        jw_string(j, "id", name_of(vhost));
        jw_string(j, "name", name_of(vhost));
        conf_raw_view_put_vhost(j, vhost);
    } else if (strcmp(scope, "minimal") == 0) {
        const struct conf_words *listen = &r->server->conf->listen;
        jw_array(j, "listen");
        for (size_t i = 0; i < listen->count; i++)
            jw_string(j, NULL, listen->items[i]);
        jw_array_end(j);
    } else {
        conf_raw_view_put_root(j, root);
        e = write_vhosts(r, root);
    }
    jw_object_end(j);
    jw_object_end(j);
    return e;
}

struct err *raw_config_query(struct api_reply *r)
{
    const char *scope = api_text(r, "scope");
    if (!api_may_manage(r, r->server->conf->http_api.raw_api_query))
        return NULL;
    if (strcmp(scope, "global") != 0 && strcmp(scope, "vhost") != 0 && strcmp(scope, "minimal") != 0) {
        api_error(r, HTTP_STATUS_OK, E_SYSTEM_CONFIG_RAW_NOT_ALLOWED);
        return NULL;
    }
    struct conf *conf = conf_ref(r->server->conf); /* a reload may replace it while the answer is sent */
    struct err  *e = write_scope(r, &conf->tree->root, scope);
    conf_unref(&conf);
    return e;
}

/* ---- update ------------------------------------------------------------------------------------------------------------ */

/* What the values of a scope must be, narrower than the table in places. */
struct scope {
    const char *name;
    int64_t     min, max;              /* both 0: no number */
    const char *words, *begins, *ends; /* words: separated by blanks; begins: likewise */
};

static const struct scope scopes[] = {
    { .name = "listen", .min = 3, .max = 65534 },
    { .name = "pid", .begins = "./ /tmp/ /var/", .ends = ".pid" },
    { .name = "chunk_size", .min = 128, .max = 65535 },
    { .name = "ff_log_dir" },
    { .name = "srs_log_tank", .words = "file console" },
    { .name = "srs_log_level", .words = "verbose info trace warn error" },
    { .name = "srs_log_file", .begins = "./ /tmp/ /var/", .ends = ".log" },
    { .name = "max_connections", .min = 10, .max = 65535 },
    { .name = "utc_time", .words = "true false" },
    { .name = "pithy_print_ms", .min = 100, .max = 300000 },
};

/* True when one of the words is `value`, or where `prefix` is set, its beginning. */
static bool is_one_of(const char *words, const char *value, bool prefix)
{
    while (*words) {
        size_t len = strcspn(words, " ");
        if (strncmp(words, value, len) == 0 && (prefix || !value[len]))
            return true;
        words += len + (words[len] == ' ');
    }
    return false;
}

static bool is_number_within(const char *text, int64_t min, int64_t max)
{
    size_t digits = strspn(text, "0123456789");
    return digits && digits < 10 && !text[digits] && atoll(text) >= min && atoll(text) <= max;
}

static bool is_good(const struct scope *s, const char *value)
{
    return *value && (!s->max || is_number_within(value, s->min, s->max)) &&
           (!s->words || is_one_of(s->words, value, false)) && (!s->begins || is_one_of(s->begins, value, true)) &&
           (!s->ends || str_ends_with(value, s->ends));
}

/* Ports are separated by commas; other values are one word. */
static enum err_code read_values(struct conf_rewrite *w, struct conf_edit *edit, const struct scope *s,
                                 const char *value)
{
    enum { WORD_CAP = 1024 };
    bool is_list = strcmp(s->name, "listen") == 0;
    while (true) {
        char   word[WORD_CAP];
        size_t len = is_list ? strcspn(value, ",") : strlen(value);
        if (len >= sizeof word)
            return E_SYSTEM_CONFIG_RAW_PARAMS;
        memcpy(word, value, len);
        word[len] = '\0';
        if (!is_good(s, word))
            return E_SYSTEM_CONFIG_RAW_PARAMS;
        if (strcmp(s->name, "utc_time") == 0)
            str_copy(word, sizeof word, strcmp(word, "true") == 0 ? "on" : "off");
        struct err *e = conf_edit_word(edit, &w->arena, word);
        if (e) {
            err_free(e);
            return E_SYSTEM_CONFIG_RAW_PARAMS;
        }
        if (!value[len])
            return E_SUCCESS;
        value += len + 1;
    }
}

/* A vhost is deleted only while it is disabled, so that nobody is cut by a slip. */
static enum err_code read_vhost(struct api_reply *r, struct conf_rewrite *w, struct conf_edit *edit)
{
    const char             *what = api_text(r, "param"), *name = api_text(r, "value");
    const struct conf_node *vhost = find_vhost(&r->server->conf->tree->root, name);
    char                    path[CONF_EDIT_PATH_MAX];
    struct str              out = str_over(path, sizeof path);
    bool                    turns = strcmp(what, "enable") == 0 || strcmp(what, "disable") == 0;
    if (!turns && strcmp(what, "create") != 0 && strcmp(what, "delete") != 0)
        return E_SYSTEM_CONFIG_RAW_NOT_ALLOWED;
    if (!*name || strpbrk(name, "[]") || !vhost != (strcmp(what, "create") == 0))
        return E_SYSTEM_CONFIG_RAW_PARAMS;
    if (strcmp(what, "delete") == 0 && conf_find_vhost(r->server->conf, name)->enabled)
        return E_SYSTEM_CONFIG_RAW_PARAMS;
    str_printf(&out, "vhost[%s]%s", name, turns ? ".enabled" : "");
    edit->op = turns ? CONF_EDIT_SET : vhost ? CONF_EDIT_REMOVE : CONF_EDIT_ADD;
    struct err *e = out.cut ? err_no_memory() : conf_edit_path(edit, &w->arena, path);
    if (!e && turns)
        e = conf_edit_word(edit, &w->arena, strcmp(what, "enable") == 0 ? "on" : "off");
    enum err_code code = e ? E_SYSTEM_CONFIG_RAW_PARAMS : E_SUCCESS;
    err_free(e);
    return code;
}

static enum err_code read_update(struct api_reply *r, struct conf_rewrite *w)
{
    const char       *name = api_text(r, "scope");
    struct conf_edit *edit = &w->edits[w->n_edits++];
    if (strcmp(name, "vhost") == 0)
        return read_vhost(r, w, edit);
    for (int i = 0; i < (int)ARRAY_LEN(scopes); i++) {
        if (strcmp(scopes[i].name, name) != 0)
            continue;
        struct err *e = conf_edit_path(edit, &w->arena, name);
        if (!e)
            return read_values(w, edit, &scopes[i], api_text(r, "value"));
        err_free(e);
    }
    return E_SYSTEM_CONFIG_RAW_NOT_ALLOWED;
}

static struct err *apply(struct api_reply *r, struct conf_rewrite **w)
{
    struct config_outcome out;
    struct err           *e = config_apply(r, w, &out);
    if (e)
        return e;
    if (out.error) {
        api_error(r, HTTP_STATUS_OK, (int)err_code(out.error));
        log_err(LOG_WARN, out.error, "rpc=update: not done, err");
    } else {
        api_begin(r);
        jw_object_end(&r->json);
    }
    return NULL;
}

struct err *raw_config_update(struct api_reply *r)
{
    if (!api_may_manage(r, r->server->conf->http_api.raw_api_update) || !api_may_change(r))
        return NULL;
    struct conf_rewrite *w = conf_rewrite_create(&r->server->config.source);
    if (!w)
        return err_no_memory();
    enum err_code code = read_update(r, w);
    struct err   *e = NULL;
    if (code)
        api_error(r, HTTP_STATUS_OK, (int)code);
    else
        e = apply(r, &w);
    conf_rewrite_destroy(w);
    return e;
}
