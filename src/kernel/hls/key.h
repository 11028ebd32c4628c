/**
 * Keys of segments: EXT-X-KEY and EXT-X-SESSION-KEY.
 *
 * Source     RFC 8216 4.3.2.4, 4.3.4.5
 * Yields     no
 */
#ifndef KERNEL_HLS_KEY_H
#define KERNEL_HLS_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "kernel/hls/text.h"

enum { HLS_IV_LEN = 16 };

enum hls_key_method { HLS_KEY_NONE, HLS_KEY_AES_128, HLS_KEY_SAMPLE_AES, HLS_KEY_SAMPLE_AES_CTR };

struct hls_key {
    enum hls_key_method method;
    const char         *uri;
    enum hls_uri_kind   uri_kind; /* HLS_URI_KEY if this server serves it, HLS_URI_PLAIN otherwise */
    bool                has_iv;
    uint8_t             iv[HLS_IV_LEN];
    const char         *keyformat; /* NULL: "identity", which is left out */
};

/** Read the value of METHOD. False if there is no such method. */
bool hls_key_method_read(const char *text, enum hls_key_method *method) ATTR_MUST_USE;

/** Append a tag ("EXT-X-KEY") with a key; NULL is the method NONE. */
void hls_key_write(struct hls_text *t, const char *tag, const struct hls_key *key);

/** Two keys are the same if their contents are; either may be NULL. */
bool hls_key_is_same(const struct hls_key *a, const struct hls_key *b);

/** The least protocol version that allows the key. */
int hls_key_version(const struct hls_key *key);

#endif
