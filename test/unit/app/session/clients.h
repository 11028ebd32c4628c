/**
 * A registry, a published stream, and six players of it that are not registered yet; a test moves their counters.
 */
#ifndef TEST_APP_SESSION_CLIENTS_H
#define TEST_APP_SESSION_CLIENTS_H

#include "app/session/registry.h"
#include "app/source/fixture.h"

static const struct client_type players = { .name = "rtmp-play", .tag = "PLA" };
static const struct client_type publishers = { .name = "fmle-publish", .tag = "CPB", .publish = true };

static struct fixture  fx;
static struct registry registry;
static int64_t         bytes_in[6], bytes_out[6];
static struct client   clients[6];
static char            ids[6][16];

static inline int setup(void **state)
{
    (void)state;
    begin(&fx, "");
    registry_init(&registry);
    for (int i = 0; i < 6; i++) {
        snprintf(ids[i], sizeof ids[i], "c%d", i);
        bytes_in[i] = bytes_out[i] = 0;
        clients[i] = (struct client){ .type = &players, .id = ids[i], .source = fx.source };
        clients[i].bytes_in = &bytes_in[i];
        clients[i].bytes_out = &bytes_out[i];
    }
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++)
        registry_leave(&registry, &clients[i]);
    registry_finish(&registry);
    end(&fx);
    return 0;
}

static inline void add(int i, const char *vhost)
{
    assert_null(registry_enter(&registry, &clients[i], vhost));
}

static inline void moved(int i, int64_t in, int64_t out)
{
    bytes_in[i] += in;
    bytes_out[i] += out;
}

#endif
