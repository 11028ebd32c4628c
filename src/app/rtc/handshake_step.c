#include "app/rtc/handshake_step.h"

#include "core/clock.h"
#include "core/mem.h"
#include "protocol/offload.h"
#include "protocol/rtc/transport.h"

struct step {
    struct offload_job    job;
    struct rtc_handshake *handshake;
};

static void compute(struct offload_job *job)
{
    rtc_handshake_compute(CONTAINER_OF(job, struct step, job)->handshake);
}

static void drop(struct offload_job *job)
{
    struct step *s = CONTAINER_OF(job, struct step, job);
    rtc_handshake_free(&s->handshake);
    mem_free(s);
}

struct err *rtc_handshake_step(struct rtc_transport *t, int64_t deadline_us)
{
    if (!rtc_transport_wants_handshake(t))
        return NULL;
    struct step *s = mem_calloc(1, sizeof *s);
    if (!s)
        return err_no_memory();
    s->job = (struct offload_job){ .work = compute, .drop = drop };
    s->handshake = rtc_transport_lend_handshake(t);
    struct err *e = offload(OFFLOAD_SHAKE, &s->job, deadline_us);
    if (e)
        return err_wrap(e, "compute a step of DTLS");
    rtc_transport_take_handshake(t, s->handshake, now_us());
    mem_free(s);
    return NULL;
}
