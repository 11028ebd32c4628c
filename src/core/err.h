/**
 * An error is a sentence, built from the bottom up.
 *
 * A function that can fail returns `struct err *`. NULL is success; anything else belongs to the receiver, which wraps
 * it with what it was trying to do and passes it on, or logs and frees it. Out of memory is a static object, so that
 * making an error cannot fail; the calls below accept it like any other error.
 *
 *     if ((e = io_read_full(io, &version, 1, deadline)))
 *         return err_wrap(e, "read C0");
 *     if (version != 3)
 *         return err_new(E_RTMP_PLAIN_REQUIRED, "C0 version %u, only 3 is spoken here", version);
 *
 * Yields     none of these
 */
#ifndef CORE_ERR_H
#define CORE_ERR_H

#include <stddef.h>

#include "core/attr.h"
#include "core/err_codes.h"

struct err;

struct err *err_new_at(const char *file, int line, const char *func, enum err_code code, int errnum, const char *fmt,
                       ...) ATTR_PRINTF(6, 7) ATTR_MUST_USE;
struct err *err_wrap_at(const char *file, int line, const char *func, struct err *cause, const char *fmt, ...)
    ATTR_PRINTF(5, 6) ATTR_MUST_USE;

/** A new error. The text is cut at ERR_TEXT_MAX. */
#define err_new(code, ...) err_new_at(__FILE__, __LINE__, __func__, code, 0, __VA_ARGS__)

/** A new error that remembers `errno`. */
#define err_sys(code, ...) err_new_at(__FILE__, __LINE__, __func__, code, errno, __VA_ARGS__)

/** Add what the caller was trying to do; takes `cause` over. NULL stays NULL. */
#define err_wrap(cause, ...) err_wrap_at(__FILE__, __LINE__, __func__, cause, __VA_ARGS__)

/** The out-of-memory error. err_free() of it does nothing. */
struct err *err_no_memory(void) ATTR_MUST_USE;

/** The code of the innermost error; E_SUCCESS of NULL. */
enum err_code err_code(const struct err *e);

/** The errno that the innermost error remembers, or 0. */
int err_errno(const struct err *e);

/** The words of the innermost error, "" of NULL: the cause without what the callers tried to do. Borrowed from `e`. */
const char *err_cause(const struct err *e);

/** NULL is allowed. */
void err_free(struct err *e);

/**
 * The error, unless it has this code: then it is freed, and NULL comes back. For an outcome that is no error to the caller, as the
 * deadline of a wait.
 */
struct err *err_except(struct err *e, enum err_code code) ATTR_MUST_USE;

/** The log name of a code ("SocketBind"), and its meaning; "Unknown" and "" for a number not in the table. */
const char *err_code_name(int code);
const char *err_code_meaning(int code);

/**
 * One line: `code=1023(ConfigInvalid) : outer : inner`.
 * Returns `buf`, always terminated, cut at `cap`.
 */
const char *err_summary(const struct err *e, char *buf, size_t cap);

/** The words alone, `outer : inner`: for a caller that prints the code itself. */
const char *err_text(const struct err *e, char *buf, size_t cap);

/**
 * The whole story: the summary with the code's meaning, then a line for each step,
 * `thread [pid][trace]: func() [file:line][errno=N]`.
 */
const char *err_describe(const struct err *e, int pid, const char *trace, char *buf, size_t cap);

enum { ERR_TEXT_MAX = 512 };

#endif
