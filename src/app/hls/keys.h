/**
 * The keys of a stream's HLS (`hls_keys on`): made, changed every `hls_fragments_per_key` segments, written to files, and served.
 *
 * `hls_encryption aes-128` encrypts whole segments; each has an initialization vector of its own, so that no two segments of a
 * key begin alike. `cbcs` encrypts the samples of fragmented MP4, which Apple's players call SAMPLE-AES.
 *
 * A key is served by this server, to viewers of the stream alone (ask.h), unless `hls_key_url` names another one.
 *
 * Source     RFC 8216 4.3.2.4, 5.2, 6.2.3
 * Ownership  belongs to its struct hls
 * Yields     no
 */
#ifndef APP_HLS_KEYS_H
#define APP_HLS_KEYS_H

#include <stdint.h>

#include "app/segment/lane.h"
#include "app/segment/shelf.h"
#include "core/attr.h"
#include "core/err.h"
#include "core/list.h"
#include "kernel/hls/key.h"
#include "kernel/mp4/cbcs.h"
#include "protocol/aes_cbc.h"

struct hls;

/** One key, under its name. */
struct hls_secret {
    struct shelf_item item;
    struct list       link; /* entry in keys->secrets, the oldest first */
    struct hls       *hls;
    uint64_t          number; /* of the first segment that it is for */
    uint8_t           key[AES_CBC_BLOCK];
    char             *path; /* below the folder of keys */
    char             *uri;  /* as the playlist has it */
    bool              is_on_disk;
};

struct hls_keys {
    struct hls         *hls;
    enum hls_key_method method;
    struct list         secrets;
    struct lane_seal    seal;
    struct cbcs         cbcs;
    struct aes_cbc     *aes;
    uint8_t             iv[AES_CBC_BLOCK];   /* of the open segment */
    uint8_t             rest[AES_CBC_BLOCK]; /* plain bytes that do not fill a block yet */
    size_t              n_rest;
};

/** Make the keys, and have the lane of `h` encrypted from its next segment on. */
struct err *hls_keys_create(struct hls *h) ATTR_MUST_USE;

/** A segment begins: tell its key, a new one if that is due. False: there is none, and nothing of the segment may be shown. */
bool hls_keys_begin(struct hls_keys *k, uint64_t number, struct hls_key *key) ATTR_MUST_USE;

/** Take over a key of a former run of the server. Takes `path` over, also after an error. */
struct err *hls_keys_adopt(struct hls_keys *k, uint64_t number, char *path,
                           const uint8_t key[static AES_CBC_BLOCK]) ATTR_MUST_USE;

/** The key of the segment that began last; NULL: none. */
struct hls_secret *hls_keys_newest(const struct hls_keys *k);

/** The key of that path, borrowed; NULL: there is none. */
struct hls_secret *hls_keys_find(const struct hls_keys *k, const char *path);

/** The key that a playlist names so, borrowed; NULL: there is none. */
struct hls_secret *hls_keys_of_uri(const struct hls_keys *k, const char *uri);

/** The oldest key, if no segment from this number on needs it; otherwise NULL. Borrowed. */
struct hls_secret *hls_keys_unneeded(const struct hls_keys *k, uint64_t number);

void hls_keys_drop(struct hls_secret *s);

/** Takes a struct hls without keys. */
void hls_keys_destroy(struct hls *h);

#endif
