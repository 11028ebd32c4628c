/* Callbacks that wait for their delivery. SRS has no such endpoint. */
#include "app/api/endpoints.h"
#include "app/api/reply.h"
#include "app/hooks/outbox.h"

static struct err *write_callbacks(struct api_reply *r)
{
    api_begin_data(r);
    hook_outbox_show(&r->json);
    api_end_data(r);
    return NULL;
}

struct err *api_callbacks(struct http_exchange *x)
{
    return api_answer(x, write_callbacks);
}
