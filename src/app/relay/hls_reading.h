/**
 * What a pull of HLS knows of its stream (hls_form.c, hls_segment.h).
 */
#ifndef APP_RELAY_HLS_READING_H
#define APP_RELAY_HLS_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/relay/attempt.h"
#include "app/relay/http_get.h"
#include "app/relay/mp4_segment.h"
#include "core/attr.h"
#include "core/err.h"
#include "kernel/hls/playlist.h"
#include "protocol/aes_cbc.h"
#include "protocol/http/client.h"
#include "protocol/http/location.h"
#include "protocol/http/pool.h"

struct hls_reading {
    struct attempt  *a;
    struct http_pool pool;
    char             url[HTTP_URL_MAX + 1];  /* of the playlist that is asked for */
    char             base[HTTP_URL_MAX + 1]; /* from where it came, after redirects */
    bool             is_chosen;              /* A master playlist has led to it. */
    int64_t          next;                   /* number of the next segment; negative: none was taken */
    int64_t          target_us;
    int              status;                                  /* of the last reply; 0: there was none */
    int64_t          playlist_failing_us, segment_failing_us; /* time of the first failure in a row; 0: none */
    int              n_missed;                                /* segments in a row that could not be had */
    char             segment_url[HTTP_URL_MAX + 1];
    uint8_t         *segment;
    size_t           segment_len;

    /* The initialization section in force; `map` is NULL before the first. */
    char               map_url[HTTP_URL_MAX + 1];
    struct hls_range   map_range;
    uint8_t           *map;
    struct mp4_segment mp4;

    /* The key that was used last; "" before the first. */
    char    key_url[HTTP_URL_MAX + 1];
    uint8_t key[AES_CBC_BLOCK];
};

/** How long the server may be silent, when `targets` target durations pass between two frames. Does not yield. */
int64_t hls_reading_patience_us(const struct hls_reading *r, int targets);

/**
 * Load all of a resource, of at most `cap` bytes.
 *
 * Ownership  *body is the caller's, mem_free(); `c` is closed by the caller, also after an error
 * Errors     those of http_get_open() and http_client_read_all()
 * Yields     yes
 */
struct err *hls_reading_load(struct hls_reading *r, struct http_client *c, const struct http_get *get, size_t cap,
                             char **body, size_t *len) ATTR_MUST_USE;

/**
 * After a failure: wait until the resource may be asked for again. A stream that is being taken has segments in reserve, so a server that
 * is busy, restarts or cuts a connection gets a target duration.
 *
 * Shape      *since_us: r->playlist_failing_us or r->segment_failing_us, which a success sets to 0; what: its name in the log
 * Returns    false: it is not to be asked for again, and *e stays as it is. true: *e is taken, and is that of the wait
 * Yields     yes
 */
bool hls_reading_retries(struct hls_reading *r, struct err **e, int64_t *since_us, const char *what);

#endif
