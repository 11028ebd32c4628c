/**
 * Lists of attributes of playlist tags: NAME=value,NAME="value".
 *
 *     struct hls_attributes a = hls_attributes_begin(t, "EXT-X-MEDIA");
 *     hls_attribute_word(&a, "TYPE", "AUDIO");
 *     hls_attribute_text(&a, "NAME", name);
 *     hls_attributes_end(&a);
 *
 * Source     RFC 8216 4.2
 * Yields     no
 */
#ifndef KERNEL_HLS_ATTRIBUTE_H
#define KERNEL_HLS_ATTRIBUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/hls/text.h"

struct hls_attributes {
    struct hls_text *t;
    bool             follows; /* an attribute has been written, so that a comma comes next */
};

struct hls_attributes hls_attributes_begin(struct hls_text *t, const char *tag);

/** An enumerated string, or anything else that stands without quotes. */
void hls_attribute_word(struct hls_attributes *a, const char *name, const char *word);
void hls_attribute_text(struct hls_attributes *a, const char *name, const char *text);
void hls_attribute_uri(struct hls_attributes *a, const char *name, const char *uri, enum hls_uri_kind kind);
void hls_attribute_integer(struct hls_attributes *a, const char *name, int64_t value);

/** Seconds with three decimals or, where the duration needs more, with up to six. */
void hls_attribute_seconds(struct hls_attributes *a, const char *name, int64_t us);
void hls_attribute_hex(struct hls_attributes *a, const char *name, const uint8_t *bytes, size_t len);

/** A time as ISO 8601 in UTC, quoted. */
void hls_attribute_date(struct hls_attributes *a, const char *name, int64_t wall_us);

void hls_attributes_end(struct hls_attributes *a);

#endif
