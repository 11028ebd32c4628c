/**
 * One ban: an address or a range of them, a user, or a stream, for a time or for good.
 *
 * Shape      a subject is text in one spelling for each thing: "192.0.2.7", "10.0.0.0/8", a user's name, or the identity of a
 *            stream with its names in normal form ("/live/cam", "example.com/live/cam")
 * Ownership  a ban belongs to the table (bans.h); its texts lie in it
 * Yields     no
 */
#ifndef APP_BANS_BAN_H
#define APP_BANS_BAN_H

#include <stdbool.h>
#include <stdint.h>

#include "app/conf/cidr.h"
#include "core/attr.h"
#include "core/ident.h"
#include "core/roll.h"
#include "protocol/stream_name.h"

enum ban_kind { BAN_ADDRESS, BAN_USER, BAN_STREAM };
enum { BAN_KINDS = BAN_STREAM + 1 };

/* Longest texts. A ban with longer ones is refused. */
enum { BAN_USER_MAX = 255, BAN_REASON_MAX = 255, BAN_SUBJECT_CAP = STREAM_IDENTITY_CAP };

/** What a ban is made from. Borrowed. */
struct ban_wish {
    enum ban_kind kind;
    const char   *subject; /* as ban_subject() has written it */
    const char   *reason;  /* for the operator, not for the client; may be empty */
    const char   *id;      /* NULL: a new one */
    bool          automatic;
    int64_t       since_wall_us;
    int64_t       until_us; /* monotonic; DEADLINE_NEVER: for good */
};

struct ban {
    enum ban_kind     kind;
    struct cidr       range; /* of BAN_ADDRESS; the bits behind the prefix are 0 */
    bool              automatic;
    int64_t           since_wall_us;
    int64_t           until_us;
    struct roll_place place; /* the table's, like the next field */
    struct ban       *next_of_bucket;
    const char       *subject, *reason;
    char              id[IDENT_CAP];
    char              texts[];
};

/** The word for a kind in the API and in the file: "address", "user", "stream". */
const char *ban_kind_name(enum ban_kind kind);

/** The kind of that name. False: there is none. */
bool ban_kind_find(const char *name, enum ban_kind *out);

/**
 * Write the one spelling of a subject. A stream is named as the API shows it: vhost/app/stream, or /app/stream or app/stream in
 * the default vhost.
 *
 * Returns    false: the text names nothing of that kind, or is too long
 */
bool ban_subject(enum ban_kind kind, const char *text, char subject[static BAN_SUBJECT_CAP]);

/** A ban that is in no table. NULL: out of memory. Release with mem_free(). */
struct ban *ban_new(const struct ban_wish *wish) ATTR_MUST_USE;

static inline bool ban_is_over(const struct ban *b, int64_t now)
{
    return now >= b->until_us;
}

#endif
