#include "app/edge/token_request.h"

#include "app/edge/token_ask.h"
#include "app/http/conn.h"
#include "app/http/site.h"
#include "core/buf.h"

struct err *token_request_ask(const struct http_exchange *x, const struct conf_vhost *vhost, const char *app,
                              const char *stream, enum session_verdict *verdict)
{
    const struct http_request *r = http_request_of(x);
    const char                *page = http_site_page(r);
    struct buf                 param = buf_up_to(HTTP_REQUEST_LINE_MAX);
    if (!vhost->cluster.token_traverse)
        return NULL;
    buf_printf(&param, "?%s", r->raw_query);
    struct err                *e = buf_error(&param);
    const struct origin_client who = {
        .id = http_visit_of(x)->trace,
        .vhost = vhost->name,
        .app = app,
        .stream = stream,
        .param = param.bytes,
        .page_url = page ? page : "",
        .swf_url = "",
        .ip = http_visit_of(x)->ip,
        .plays = true,
    };
    if (!e)
        e = token_ask(&who, http_conn_of(x)->server->conf, vhost, verdict);
    buf_finish(&param);
    return e;
}
