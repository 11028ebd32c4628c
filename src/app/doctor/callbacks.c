/* Backends of http_hooks and brokers of Kafka that do not answer: what they should hear waits. */
#include "app/doctor/checks.h"

void check_callbacks(const struct facts_server *s, struct findings *all)
{
    if (!s->n_backends_failing)
        return;
    struct finding *f = findings_add(all, "callbacks-wait", FINDING_WARNING, FINDING_SERVER, "http_hooks");
    finding_seen(f, "%zu backends do not answer; %zu callbacks wait in memory, %zu were dropped since the start.",
                 s->n_backends_failing, s->n_callbacks, s->n_callbacks_lost);
    finding_cure(f,
                 "Start the backend, or correct its URL: /api/v1/callbacks names it. A journal keeps what waits over a "
                 "restart, and when the memory for it is used up.");
    finding_line(f, "http_hooks { journal ./objs/journal; }");
}
