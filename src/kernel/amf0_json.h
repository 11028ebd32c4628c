/**
 * A value of AMF0 as JSON.
 *
 * Numbers and dates (milliseconds since 1970) become numbers, long strings and XML strings. What JSON has not, as undefined and
 * references, becomes null. Keys are cut at AMF0_JSON_KEY_MAX bytes.
 *
 * Source     Action Message Format AMF0, Adobe 2007, 2; RFC 8259
 * Yields     no
 */
#ifndef KERNEL_AMF0_JSON_H
#define KERNEL_AMF0_JSON_H

#include "core/jw.h"
#include "core/rd.h"

enum { AMF0_JSON_KEY_MAX = 127 };

/**
 * Write the value at the reader, and move behind it.
 *
 * Shape      key: as in core/jw
 * Errors     r->bad: malformed, or deeper than AMF0_DEPTH_MAX; then the text is of no use. Those of the writer
 */
void amf0_json_put(struct jw *j, const char *key, struct rd *r);

#endif
