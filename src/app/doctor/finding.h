/**
 * What the doctor finds: the cause, with what was seen and what to do about it.
 *
 *     struct finding *f = findings_add(all, "gop-long", FINDING_WARNING, FINDING_STREAM, facts->name);
 *     finding_seen(f, "a key frame every %.1f s", gop_s);
 *     finding_cure(f, "set the key frame interval of the encoder to 2 s");
 *     finding_line(f, "ffmpeg -g 50");
 *
 * Ownership  `id` is a constant; all other texts are copied, and cut where there is no room
 * Yields     no
 */
#ifndef APP_DOCTOR_FINDING_H
#define APP_DOCTOR_FINDING_H

#include <stddef.h>

#include "core/attr.h"

/* Most findings of one subject. Further ones are counted. */
enum { FINDINGS_MAX = 96 };

enum { FINDING_SUBJECT_CAP = 512, FINDING_TEXT_CAP = 512, FINDING_LINE_CAP = 256 };

enum finding_severity {
    FINDING_INFO,    /* works, and some players have less of it */
    FINDING_WARNING, /* plays badly, or soon will */
    FINDING_ERROR,   /* does not play */
};

enum finding_kind { FINDING_SERVER, FINDING_PORT, FINDING_VHOST, FINDING_STREAM };

struct finding {
    const char           *id; /* stable: programs compare it */
    enum finding_severity severity;
    enum finding_kind     kind; /* of the subject */
    char                  subject[FINDING_SUBJECT_CAP];
    char                  seen[FINDING_TEXT_CAP]; /* what was seen, with numbers */
    char                  cure[FINDING_TEXT_CAP]; /* what to do */
    char                  line[FINDING_LINE_CAP]; /* the line of the configuration or command; "": none */
};

struct findings {
    size_t         count, n_dropped;
    struct finding items[FINDINGS_MAX + 1]; /* the last one takes what has no place */
};

/** Add a finding whose texts are still empty. Never NULL. */
struct finding *findings_add(struct findings *all, const char *id, enum finding_severity severity,
                             enum finding_kind kind, const char *subject);

void finding_seen(struct finding *f, const char *fmt, ...) ATTR_PRINTF(2, 3);
void finding_cure(struct finding *f, const char *fmt, ...) ATTR_PRINTF(2, 3);
void finding_line(struct finding *f, const char *fmt, ...) ATTR_PRINTF(2, 3);

const char *finding_severity_name(enum finding_severity severity);
const char *finding_kind_name(enum finding_kind kind);

#endif
