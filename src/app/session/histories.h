/**
 * The histories of the streams, and of the server as a whole. The API shows them.
 *
 * A stream is known by its url, so that its history outlives a publisher that comes back. At most HISTORIES_MAX streams have one,
 * of some 34 KB; when there are more, the one that ended longest ago gives way, and a new stream among as many live ones has none.
 * After a day without a sample it is freed.
 *
 * Ownership  histories_finish() frees all
 * Yields     histories_sample() does
 */
#ifndef APP_SESSION_HISTORIES_H
#define APP_SESSION_HISTORIES_H

#include <stdint.h>

#include "app/session/registry.h"
#include "app/stat/history.h"
#include "core/list.h"
#include "core/map.h"

enum { HISTORIES_MAX = 1000 };

struct stream_history {
    char          *url;
    struct list    link; /* the one that was sampled longest ago comes first */
    struct history numbers;
};

struct histories {
    struct map     by_url;
    struct list    by_age;
    struct history server; /* of all clients */
};

void histories_init(struct histories *h);
void histories_finish(struct histories *h);

/** Take a sample of the server and of each stream, after registry_sample(). Yields by time. */
void histories_sample(struct histories *h, const struct registry *r);

/** Bytes of all of them. */
size_t histories_bytes(const struct histories *h);

/** The history of a stream, by its url as the API shows it, or NULL. */
struct history *histories_find(const struct histories *h, const char *url);

#endif
