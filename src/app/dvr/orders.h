/**
 * What the API has ordered: that a stream is recorded, or that it is not, whatever `dvr_apply` says.
 *
 * An order belongs to a stream that is published, and lasts until its recorder ends with the stream.
 *
 * Ownership  the process has one set; orders_finish() frees it
 * Yields     no
 */
#ifndef APP_DVR_ORDERS_H
#define APP_DVR_ORDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

enum { ORDERS_MAX = 10000 };

enum order_kind { ORDER_START, ORDER_STOP };

struct order {
    enum order_kind kind;
    int64_t         preroll_us; /* of ORDER_START: how far back it begins, as far as is kept */
};

/**
 * Give an order. It replaces an earlier one for the stream.
 *
 * Shape      key: of the stream (stream_name_key())
 * Errors     E_LIMIT: there are ORDERS_MAX; out of memory
 */
struct err *orders_give(const char *key, const struct order *order) ATTR_MUST_USE;

/** The order for a stream; NULL: there is none. Borrowed. */
const struct order *orders_find(const char *key);

/** The stream has ended. */
void orders_forget(const char *key);

/** Changes with each order. */
uint64_t orders_serial(void);

void orders_finish(void);

#endif
