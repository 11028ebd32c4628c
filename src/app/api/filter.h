/**
 * Which members of a list a request means: parameters of the query, all of which must fit.
 *
 *     clients    ip (an address or a range), user, vhost, stream, type, search
 *     streams    vhost, app, active, search
 *     vhosts     search
 *
 * Ownership  borrows the parameters of the request
 * Yields     no
 */
#ifndef APP_API_FILTER_H
#define APP_API_FILTER_H

#include <stdbool.h>

#include "app/api/reply.h"
#include "app/conf/cidr.h"
#include "app/session/client.h"
#include "app/source/source.h"

struct filter {
    const char *vhost;  /* id or name */
    const char *stream; /* id, or url as in the lists; of clients */
    const char *app;    /* of streams */
    const char *type;   /* "rtmp-play" …, or "publish" or "play"; of clients */
    const char *user;   /* whom a guard has recognised; of clients */
    const char *search; /* a part of names and addresses, whatever the case */
    const char *active; /* "true" or "false"; of streams */
    bool        has_ip;
    struct cidr ip;
    bool        is_set; /* at least one parameter is there */
};

/**
 * Read the parameters. A parameter that is empty counts as absent. False after a mistake: `ip` is no address, or
 * the page that asks must not learn addresses and users.
 */
bool filter_read(struct filter *f, const struct api_reply *r) ATTR_MUST_USE;

bool filter_takes_client(const struct filter *f, const struct api_reply *r, const struct client *c);
bool filter_takes_stream(const struct filter *f, const struct source *s);
bool filter_takes_vhost(const struct filter *f, const struct vhost_stat *v);

#endif
