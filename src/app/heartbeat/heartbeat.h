/**
 * The heartbeat: a report that the server sends to an URL regularly, so that another one knows that it is there.
 *
 * A receiver that is slow or gone costs nothing but a line in the log. A reload changes everything about it; the next report then
 * comes at once if the heartbeat is switched on, otherwise when the interval has passed.
 *
 * Source     the heartbeat of SRS 7; unlike there, the query of the URL is sent too
 */
#ifndef APP_HEARTBEAT_HEARTBEAT_H
#define APP_HEARTBEAT_HEARTBEAT_H

/** Send reports until cancelled; `arg` is the struct server. Yields. */
void heartbeat_run(void *arg);

#endif
