#include "app/http/file_guard.h"

#include "app/http/banned_file.h"
#include "app/http/conn.h"
#include "app/http/file_mount.h"
#include "app/http/refusal.h"
#include "app/segment/file_path.h"
#include "app/segment/view.h"
#include "protocol/http/status.h"

struct err *file_guard_check(const struct http_exchange *x, const struct conf *conf, const char *dir, const char *below)
{
    char        path[FILE_PATH_CAP];
    struct err *e = file_path_final(path, dir, below) ? NULL : err_new(E_LIMIT, "the path of the file is too long");
    for (size_t i = 0; i < conf->n_vhosts && !e; i++)
        for (const struct segment_view *const *view = segment_views; *view && !e; view++)
            e = (*view)->refuse_file(&conf->vhosts[i], path, x);
    return e ? e : banned_file_check(conf, path);
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
    return refused ? refusal_denied(x, HTTP_STATUS_FORBIDDEN, refused) : NULL;
}
