/**
 * Where an origin of `cluster` is found, by which protocol.
 *
 * A port in `origin` is that of `protocol`. What is not spoken by it (RTMP where `protocol` is flv or flvs, HTTP where it is rtmp or
 * rtmps) goes to `other_port`, or to the port that this protocol has by default. TLS is used for both or for none.
 *
 * Yields     no
 */
#ifndef APP_EDGE_ORIGIN_PLACE_H
#define APP_EDGE_ORIGIN_PLACE_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "app/stat/protocol_stat.h"

/** The protocol by which a stream is pulled for a player: that of `protocol`, unless `follow_client` is on. */
enum conf_cluster_protocol origin_place_follow(const struct conf_cluster *c, enum stat_protocol player);

/** The protocol of publishers, and of questions about players. */
enum conf_cluster_protocol origin_place_rtmp(const struct conf_cluster *c);

bool origin_place_is_http(enum conf_cluster_protocol protocol);

/** The parts of "rtmp://host:port", to be printed by "%s://%.*s%s". */
struct origin_place {
    const char *scheme, *host; /* `host`: a part of the origin's words, which may have a port of its own */
    int         host_len;
    char        port[16]; /* ":80", or "" */
};

/** Shape  origin: borrowed */
struct origin_place origin_place_of(const struct conf_cluster *c, const char *origin,
                                    enum conf_cluster_protocol protocol);

#endif
