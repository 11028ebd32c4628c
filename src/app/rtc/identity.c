#include "app/rtc/identity.h"

#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/co.h"
#include "protocol/offload.h"
#include "protocol/rtc/dtls_identity.h"

/* A new one is made this long before the end of the old one: browsers refuse certificates that are over. */
enum { RENEW_S = 24 * 3600 };

static struct dtls_identity *current;
static bool                  current_is_ecdsa;

struct making {
    struct offload_job    job;
    bool                  use_rsa;
    struct dtls_identity *made;
    struct err           *e;
};

static void make(struct offload_job *job)
{
    struct making *m = CONTAINER_OF(job, struct making, job);
    m->e = dtls_identity_new(&m->made, m->use_rsa);
}

static void drop(struct offload_job *job)
{
    struct making *m = CONTAINER_OF(job, struct making, job);
    dtls_identity_unref(&m->made);
    err_free(m->e);
    mem_free(m);
}

static bool is_good(bool ecdsa)
{
    return current && current_is_ecdsa == ecdsa &&
           wall_now_us() / US_PER_SECOND < dtls_identity_wall_expiry_s(current) - RENEW_S;
}

/* Two that are opened at one time may make one each; the later one stays for others. */
static struct err *renew(bool ecdsa)
{
    struct making *m = mem_calloc(1, sizeof *m);
    if (!m)
        return err_no_memory();
    m->job = (struct offload_job){ .work = make, .drop = drop };
    m->use_rsa = !ecdsa;
    struct err *e = offload(OFFLOAD_CERTS, &m->job, DEADLINE_NEVER);
    if (e)
        return e;
    e = m->e;
    m->e = NULL;
    if (!e) {
        dtls_identity_unref(&current);
        current = m->made;
        current_is_ecdsa = ecdsa;
        m->made = NULL;
    }
    drop(&m->job);
    return e;
}

struct err *rtc_identity_get(struct dtls_identity **identity, bool ecdsa)
{
    struct err *e = is_good(ecdsa) ? NULL : renew(ecdsa);
    if (!e)
        *identity = dtls_identity_ref(current);
    return err_wrap(e, "certificate for DTLS");
}

void rtc_identity_forget(void)
{
    dtls_identity_unref(&current);
}
