/* The configuration: what is in force, and where each directive stands. */
#include "app/api/endpoints.h"
#include "app/api/manager.h"
#include "app/api/reply.h"
#include "app/conf/version.h"
#include "app/conf/view.h"
#include "app/http/conn.h"

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
        e = write_directives(r, conf->tree);
        api_end_data(r);
    }
    conf_unref(&conf);
    return e;
}

static struct err *write_config(struct api_reply *r)
{
    if (r->method != HTTP_GET)
        return api_refuse_method(r, "GET, HEAD, OPTIONS");
    return api_may_manage(r, r->server->conf->http_api.raw_api_query) ? write_view(r) : NULL;
}

struct err *api_config(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_config);
}
