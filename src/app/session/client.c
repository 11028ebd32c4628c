#include "app/session/client.h"

#include "core/str.h"
#include "protocol/co.h"

const char *client_public_id(const struct client *c, char buf[static IDENT_CAP])
{
    if (!c->id_is_secret)
        return c->id;
    str_copy(buf, IDENT_CAP, c->id);
    return buf;
}

void client_end(struct client *c)
{
    if (c->end)
        c->end(c);
    else if (c->co)
        co_cancel(c->co);
}
