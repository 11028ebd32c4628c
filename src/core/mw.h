/**
 * A writer of metrics as text for Prometheus, into a buffer that grows, with a failure that sticks.
 *
 *     mw_family(&m, MW_COUNTER, "srs_reloads_total", "Reloads of the configuration.")
 *     mw_begin(&m, NULL), mw_label(&m, "result", "good"), mw_int(&m, 7)
 *
 *         # HELP srs_reloads_total Reloads of the configuration.
 *         # TYPE srs_reloads_total counter
 *         srs_reloads_total{result="good"} 7
 *
 * Any bytes may be the value of a label, also a name that a peer chose: it can end neither the label nor the line. Bytes that are
 * not UTF-8 become U+FFFD.
 *
 * Source     Prometheus exposition formats, text format 0.0.4; OpenMetrics 1.0.0
 * Shape      all samples of a family follow mw_family(); the name of a counter ends with _total
 * Ownership  the buffer is the caller's, and so is its failure; it may be emptied between two samples. The name of the family is
 *            borrowed until the next one
 * Yields     no
 */
#ifndef CORE_MW_H
#define CORE_MW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/histogram.h"

enum mw_type { MW_GAUGE, MW_COUNTER, MW_HISTOGRAM, MW_UNTYPED };

struct mw {
    struct buf *text;
    bool        is_open; /* OpenMetrics; otherwise the text format of Prometheus */
    const char *family;
    bool        has_labels; /* the sample has a label already */
};

/** Begin a family. `help` is one line without a backslash. */
void mw_family(struct mw *m, enum mw_type type, const char *name, const char *help);

/** Begin a sample. `labels` were written by mw_text_label() before; NULL or "": none. More may follow. */
void mw_begin(struct mw *m, const char *labels);
void mw_label(struct mw *m, const char *name, const char *value);

/** End the sample with its value: a whole number, one of about six digits, or a duration, in seconds. */
void mw_int(struct mw *m, int64_t value);
void mw_float(struct mw *m, double value);
void mw_us(struct mw *m, int64_t us);

/** All samples of one histogram, whose family has the type MW_HISTOGRAM. */
void mw_histogram(struct mw *m, const char *labels, const struct histogram *h);

/** Samples without a label: the family and its only sample. */
void mw_one(struct mw *m, enum mw_type type, const char *name, const char *help, int64_t value);

/** The end of the text. */
void mw_end(struct mw *m);

/** Append a label to a text of labels, which is empty or ends with another one. */
void mw_text_label(struct buf *text, const char *name, const char *value);

#endif
