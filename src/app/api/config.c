/* The configuration: what is in force and where it stands, its changes, and the way back. */
#include <string.h>

#include "app/api/config_apply.h"
#include "app/api/config_body.h"
#include "app/api/endpoints.h"
#include "app/api/manager.h"
#include "app/api/reply.h"
#include "app/conf/version.h"
#include "app/conf/view.h"
#include "app/http/conn.h"
#include "core/clock.h"
#include "core/str.h"
#include "protocol/http/status.h"

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static struct err *write_directives(struct api_reply *r, const struct conf_tree *tree)
{
    struct err *e = NULL;
    jw_array(&r->json, "directives");
    for (const struct conf_node *n = tree->root.first; n && !e; n = n->next) {
        conf_view_put(&r->json, n);
        e = api_give_way(r);
    }
    jw_array_end(&r->json);
    return e;
}

static void put_kept(struct api_reply *r)
{
    const struct config_keeper *keeper = &r->server->config;
    jw_array(&r->json, "kept");
    for (size_t i = 0; i < keeper->count; i++) {
        const struct config_kept *kept = keeper->kept[i];
        jw_object(&r->json, NULL);
        jw_int(&r->json, "id", kept->id);
        jw_int(&r->json, "time", kept->wall_us / US_PER_MS);
        jw_string(&r->json, "by", kept->by);
        jw_string(&r->json, "file", kept->file);
        jw_object_end(&r->json);
    }
    jw_array_end(&r->json);
}

static struct err *write_view(struct api_reply *r)
{
    struct conf *conf = conf_ref(r->server->conf); /* a reload may replace it while the answer is sent */
    char         version[CONF_VERSION_CAP];
    conf_version_text(conf->tree, version);
    struct err *e = http_add_fieldf(r->x, "ETag", "\"%s\"", version);
    if (!e)
        e = http_add_field(r->x, "Cache-Control", "no-store");
    if (!e) {
        api_begin_data(r);
        jw_string(&r->json, "version", version);
        jw_array(&r->json, "files");
        for (const struct conf_file *f = conf->tree->files; f; f = f->next)
            jw_string(&r->json, NULL, f->path);
        jw_array_end(&r->json);
        put_kept(r);
        e = write_directives(r, conf->tree);
        api_end_data(r);
    }
    conf_unref(&conf);
    return e;
}

/* ---- changing --------------------------------------------------------------------------------------------------- */

/* Answer why it is not done, in words. Takes the error over. */
static void refuse(struct api_reply *r, int status, struct err *e)
{
    enum { TEXT_CAP = 1024 };
    char       text[TEXT_CAP];
    struct str s = str_over(text, sizeof text);
    s.len = strlen(err_summary(e, text, sizeof text));
    if (err_errno(e))
        str_printf(&s, ": %s", strerror(err_errno(e))); /* of the disk */
    r->status = status;
    jw_object(&r->json, NULL);
    jw_int(&r->json, "code", (int)err_code(e));
    jw_string(&r->json, "message", text);
    jw_object_end(&r->json);
    err_free(e);
}

static void put_changes(struct jw *j, const struct conf_changes *changes)
{
    static const char *const kinds[] = {
        [CONF_CHANGED] = "changed", [CONF_ITEM_ADDED] = "added", [CONF_ITEM_REMOVED] = "removed"
    };
    jw_array(j, "changes");
    for (size_t i = 0; i < changes->count; i++) {
        const struct conf_change *c = &changes->items[i];
        jw_object(j, NULL);
        jw_string(j, "kind", kinds[c->kind]);
        jw_string(j, "path", c->path);
        if (c->item)
            jw_string(j, "item", c->item);
        jw_string(j, "text", c->text);
        jw_bool(j, "needs_restart", conf_change_needs_restart(c));
        jw_object_end(j);
    }
    jw_array_end(j);
}

static void put_lines(struct jw *j, const struct conf_line_diff *diff)
{
    jw_array(j, "diff");
    for (size_t i = 0; i < diff->count; i++) {
        const struct conf_line *line = &diff->lines[i];
        jw_object(j, NULL);
        jw_string(j, "sign", line->comes ? "+" : "-");
        jw_int(j, "line", line->number);
        jw_string(j, "text", line->text);
        jw_object_end(j);
    }
    jw_array_end(j);
    jw_int(j, "diff_left_out", (int64_t)diff->left_out);
}

static void put_warnings(struct jw *j, const struct conf_report *report)
{
    jw_array(j, "warnings");
    for (size_t i = 0; i < report->count; i++)
        if (report->items[i].level >= LOG_WARN)
            jw_string(j, NULL, report->items[i].text);
    jw_array_end(j);
}

static void write_outcome(struct api_reply *r, const struct conf_rewrite *w, const struct config_outcome *out)
{
    struct jw *j = &r->json;
    api_begin_data(r);
    jw_string(j, "version", w->now);
    jw_string(j, "file", w->file);
    jw_bool(j, "dry_run", w->dry_run);
    if (out->kept_id)
        jw_int(j, "kept", out->kept_id);
    put_changes(j, &w->changes);
    put_warnings(j, &w->report);
    put_lines(j, &w->lines);
    api_end_data(r);
}

/* The version that the field If-Match names (RFC 9110, 13.1.1): one ETag. Without the field it stays empty. */
static struct err *read_if_match(const struct api_reply *r, struct conf_rewrite *w)
{
    const char *tag = http_request_field(r->request, "If-Match");
    size_t      len = tag ? strlen(tag) : 0;
    if (!tag)
        return NULL;
    if (len < 3 || len - 2 >= sizeof w->version || tag[0] != '"' || tag[len - 1] != '"')
        return err_new(E_SYSTEM_CONFIG_INVALID, "If-Match is the ETag of GET /api/v1/config");
    memcpy(w->version, tag + 1, len - 2);
    w->version[len - 2] = '\0';
    return NULL;
}

static struct err *apply(struct api_reply *r, struct conf_rewrite **w)
{
    struct config_outcome out;
    struct err           *e = config_apply(r, w, &out);
    if (e)
        return e;
    if (out.error && (*w)->result == CONF_REWRITE_CONFLICT && http_request_field(r->request, "If-Match"))
        out.status = HTTP_STATUS_PRECONDITION_FAILED;
    if (out.error)
        refuse(r, out.status, out.error);
    else
        write_outcome(r, *w, &out);
    return NULL;
}

static bool is_dry_run(const struct api_reply *r)
{
    const char *said = http_request_param(r->request, "dry_run");
    return said && strcmp(said, "0") != 0;
}

/* Read the body as JSON, have `read` fill in a rewrite from it, and apply that. */
static struct err *change(struct api_reply *r,
                          struct err *(*read)(struct api_reply *r, struct conf_rewrite *w, const struct jr_value *body))
{
    const char     *bytes;
    size_t          len;
    struct jr_value body;
    struct err     *e = http_read_body(r->x, CONFIG_BODY_MAX, &bytes, &len);
    if (e)
        return e;
    if (!jr_parse(bytes, len, &body) || body.kind != JR_OBJECT) {
        refuse(r, HTTP_STATUS_BAD_REQUEST, err_new(E_SYSTEM_CONFIG_INVALID, "the body is no JSON object"));
        return NULL;
    }
    struct conf_rewrite *w = conf_rewrite_create(&r->server->config.source);
    if (!w)
        return err_no_memory();
    w->dry_run = is_dry_run(r);
    if (!(e = read_if_match(r, w)))
        e = read(r, w, &body);
    if (!e) {
        e = apply(r, &w);
    } else if (err_code(e) != E_NO_MEMORY) {
        refuse(r, HTTP_STATUS_BAD_REQUEST, e);
        e = NULL;
    }
    conf_rewrite_destroy(w);
    return e;
}

static struct err *read_changes(struct api_reply *r, struct conf_rewrite *w, const struct jr_value *body)
{
    (void)r;
    return config_body_read(w, body);
}

/* Take the text that a file had before a change: the newest one, or that of `id`. */
static struct err *read_rollback(struct api_reply *r, struct conf_rewrite *w, const struct jr_value *body)
{
    struct jr_value value;
    int64_t         id = 0;
    struct err     *e = config_body_read_version(w, body);
    if (e)
        return e;
    if (jr_member(body, "id", &value) && (!jr_int(&value, &id) || id < 1))
        return err_new(E_SYSTEM_CONFIG_INVALID, "id is a number of `kept`");
    const struct config_kept *kept = config_keeper_find(&r->server->config, id);
    if (!kept)
        return err_new(E_SYSTEM_CONFIG_INVALID, "no such text is kept: they are at most %d", CONFIG_KEPT_MAX);
    return conf_rewrite_replace(w, kept->file, kept->text, kept->len) ? NULL : err_no_memory();
}

/* ---- the paths ---------------------------------------------------------------------------------------------------- */

static struct err *write_config(struct api_reply *r)
{
    const struct conf_http_api *api = &r->server->conf->http_api;
    if (r->method == HTTP_GET)
        return api_may_manage(r, api->raw_api_query) ? write_view(r) : NULL;
    if (r->method == HTTP_POST)
        return api_may_manage(r, api->raw_api_update) ? change(r, read_changes) : NULL;
    return api_refuse_method(r, "GET, HEAD, OPTIONS, POST");
}

static struct err *write_rollback(struct api_reply *r)
{
    if (r->method != HTTP_POST)
        return api_refuse_method(r, "OPTIONS, POST");
    return api_may_manage(r, r->server->conf->http_api.raw_api_update) ? change(r, read_rollback) : NULL;
}

struct err *api_config(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_config);
}

struct err *api_config_rollback(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_rollback);
}
