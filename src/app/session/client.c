#include "app/session/client.h"

#include "protocol/co.h"

void client_end(struct client *c)
{
    if (c->end)
        c->end(c);
    else if (c->co)
        co_cancel(c->co);
}
