#include "app/http/file_guard.h"

#include "app/http/conn.h"
#include "app/http/file_mount.h"
#include "app/segment/file_path.h"
#include "app/segment/view.h"
#include "core/log.h"
#include "protocol/http/status.h"

struct err *file_guard_check(const struct http_exchange *x, const struct conf *conf, const char *dir, const char *below)
{
    char        path[FILE_PATH_CAP];
    struct err *e = file_path_final(path, dir, below) ? NULL : err_new(E_LIMIT, "the path of the file is too long");
    for (size_t i = 0; i < conf->n_vhosts && !e; i++)
        for (const struct segment_view *const *view = segment_views; *view && !e; view++)
            e = (*view)->refuse_file(&conf->vhosts[i], path, x);
    return e;
}

struct err *file_guard_refuse(struct http_exchange *x, struct err *why)
{
    log_err(LOG_WARN, why, "HTTP client ip=%s refused, %s", http_visit_of(x)->ip, http_request_of(x)->path);
    struct err *e = http_add_field(x, "Cache-Control", "no-store");
    return e ? e : http_reply_status(x, HTTP_STATUS_FORBIDDEN);
}

struct err *file_guard_handle(struct http_exchange *x, bool *taken)
{
    const struct conf         *conf = http_conn_of(x)->server->conf;
    const struct http_request *r = http_request_of(x);
    struct file_mount          m;
    struct err                *refused = NULL;
    if (file_mount_find(conf, http_request_vhost(r), r->path, &m))
        refused = file_guard_check(x, conf, m.dir, m.below);
    *taken = refused != NULL;
    return refused ? file_guard_refuse(x, refused) : NULL;
}
