/**
 * A cue: something that happens at one moment of a stream, as a data message of its publisher tells. Segments carry it as timed ID3,
 * playlists as a date range.
 *
 *     onTextData   {text, language, …}                               a text
 *     onCuePoint   {name, time, type, parameters: {id, duration …}}  a cue point of Flash; ad markers of Elemental Live
 *     onAdCue      {cue, type, id, duration, elapsed, time}          an advertisement (Adobe Primetime)
 *
 * ID3        One frame TXXX, described by the name of the message. Its text is the value of the message if that is one string;
 *            otherwise the value as JSON, and several values as a JSON array. A splice section (scte35.h) that is in the message,
 *            as hexadecimal digits or base64, also becomes a frame PRIV.
 * Values     A number may also be a string. A duration or a time that is absurd counts as missing.
 *
 * Source     ActionScript 3.0, NetStream: onCuePoint, onTextData; Adobe, Primetime Digital Program Insertion Signaling
 *            Specification 1.2: onAdCue; ID3 as in id3.h
 * Life       cue_read() makes it with one reference; the caller sets its times; then it is immutable. cue_ref() and cue_unref()
 *            count
 * Yields     no
 */
#ifndef KERNEL_CUE_H
#define KERNEL_CUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/blob.h"
#include "kernel/scte35.h"

/* Bounds of a message: bytes of its body; of the tag that is made of it; of texts, without their ends. */
enum {
    CUE_BODY_MAX = 16 * 1024,
    CUE_ID3_MAX = 60 * 1024,
    CUE_NAME_MAX = 63,
    CUE_ID_MAX = 127,
    CUE_ATTRIBUTES_MAX = 16,
    CUE_ATTRIBUTE_NAME_MAX = 47,
    CUE_ATTRIBUTE_TEXT_MAX = 255,
};

/* How far ahead of its message a cue may be, how long before it may have begun, and how long it may take. */
enum { CUE_AHEAD_MAX_S = 60, CUE_DURATION_MAX_S = 24 * 3600 };

/** The owner of the frame PRIV with a splice section. */
#define CUE_SCTE35_OWNER "urn:scte:scte35:2013:bin"

struct cue_attribute {
    char name[CUE_ATTRIBUTE_NAME_MAX + 1]; /* "X-POSITION": X- and capitals, digits, '-' */
    char text[CUE_ATTRIBUTE_TEXT_MAX + 1]; /* a string, a number, true or false */
};

struct cue {
    int                  refs;
    char                 message[CUE_NAME_MAX + 1]; /* "onCuePoint" */
    char                 name[CUE_NAME_MAX + 1];    /* of a cue point; onAdCue: its type, or its cue; "": none */
    char                 id[CUE_ID_MAX + 1];        /* "": none */
    int64_t              duration_us;               /* negative: unknown */
    int64_t              elapsed_us;                /* how long before its message it began; 0: not told */
    int64_t              time_us;                   /* when it happens, by the encoder's clock; negative: not told */
    struct cue_attribute attributes[CUE_ATTRIBUTES_MAX]; /* of cue points and advertisements: what else they tell */
    size_t               n_attributes;
    uint8_t              section[SCTE35_LEN_MAX];
    size_t               section_len; /* 0: none */
    struct scte35        splice;      /* what the section says */
    struct blob         *id3;

    int64_t at_us;    /* stream's time at which it happens; it may be before or after its message */
    int64_t shown_us; /* stream's time at which players are told: not before its message */
};

enum cue_read {
    CUE_READ,
    CUE_OTHER, /* the message is no cue */
    CUE_BAD,   /* malformed, or longer than a bound */
    CUE_NO_MEMORY,
};

/** True if the data message has the name of a cue. */
bool cue_is_in(const uint8_t *body, size_t len);

/**
 * Read the body of an AMF0 data message.
 *
 * Ownership  *cue has one reference; NULL unless CUE_READ. `body` is borrowed
 */
enum cue_read cue_read(struct cue **cue, const uint8_t *body, size_t len) ATTR_MUST_USE;

/** Set its times. Shape  told_us: stream's time of its message; shift_us: that time minus the encoder's */
void cue_set_times(struct cue *cue, int64_t told_us, int64_t shift_us);

/** True if a playlist has a date range for it: it has a name and a duration, or a splice section that cancels nothing. */
bool cue_is_range(const struct cue *cue);

/** How long it takes as far as the message or its splice section tells; negative: unknown. */
int64_t cue_planned_us(const struct cue *cue);

static inline struct cue *cue_ref(struct cue *cue)
{
    cue->refs++;
    return cue;
}

/** Drop the reference; *cue becomes NULL, and may be NULL before. */
void cue_unref(struct cue **cue);

#endif
