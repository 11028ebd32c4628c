#include "app/watch_certificates.h"

#include "app/listener.h"
#include "app/server/server.h"
#include "app/services.h"
#include "app/tls/store.h"
#include "core/log.h"
#include "protocol/co.h"

void watch_certificates(void *arg)
{
    struct server *s = arg;
    struct err    *e;
    while (!(e = co_sleep(TLS_STORE_LOOK_US)))
        if (!tls_store_is_empty(&s->tls) && tls_store_look(&s->tls))
            log_err(LOG_ERROR, listeners_apply(s, listen_services, s->conf),
                    "listen where the certificate was missing");
    err_free(e);
}
