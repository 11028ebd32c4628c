/**
 * A writer of XML into a buffer that grows, with a failure that sticks: all of the text is there, or buf_error() says why not.
 *
 *     struct xw x = xw_document(&text);
 *     xw_begin(&x, "Period"), xw_attr_int(&x, "id", 0), xw_end(&x, "Period")      <Period id="0"/>
 *
 * Any bytes may be written as a value. Bytes that are not UTF-8, and characters that XML forbids, become U+FFFD; markup is
 * escaped, so that a name that a peer chose stays a name.
 *
 * Source     RFC 3986 3.4 (queries), ISO/IEC 23009-1 5.3.9.4.4 (templates), XML 1.0 (fifth edition): 2.2 (characters), 2.4 (markup), 2.10 and 3.3.3 (white space)
 * Shape      names of elements and attributes are the program's own. Attributes follow xw_begin() at once. An element has
 *            either elements or one text
 * Ownership  borrows the buffer; everything is copied into it
 * Yields     no
 */
#ifndef CORE_XW_H
#define CORE_XW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/buf.h"

struct xw {
    struct buf *text;
    unsigned    depth;    /* open elements */
    bool        in_tag;   /* the start tag of the innermost element is not closed yet */
    bool        has_text; /* the innermost element has a text, so its end tag stands behind it */
};

/** Begin a document: write its XML declaration. */
struct xw xw_document(struct buf *text);

void xw_begin(struct xw *x, const char *element);
void xw_end(struct xw *x, const char *element);

/** Write an attribute of the element that was begun last. NULL is the empty text. */
void xw_attr(struct xw *x, const char *name, const char *value);
void xw_attr_int(struct xw *x, const char *name, int64_t value);
void xw_attr_printf(struct xw *x, const char *name, const char *fmt, ...) ATTR_PRINTF(3, 4);

/** Around the value of an attribute that the caller writes into the buffer itself, without any markup in it. */
void xw_attr_begin(struct xw *x, const char *name);
void xw_attr_end(struct xw *x);

/** Append '?' and the query of a URL to such a value. What cannot stand in a query, or would begin a template of DASH, is encoded. */
void xw_put_query(struct buf *text, const char *query);

/** Before the text of an element that the caller writes likewise. */
void xw_text_begin(struct xw *x);

/** Write the text of the element that was begun last. NULL is the empty text. */
void xw_text(struct xw *x, const char *text);

/** Write <element>text</element>. */
void xw_text_element(struct xw *x, const char *element, const char *text);

#endif
