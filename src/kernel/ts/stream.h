/**
 * One stream of a program that comes in: its PES packets are collected, and cut into the units of its codec.
 *
 * Pictures   A PES packet is a unit. One that has lost packets ends where the loss was: a slice that was cut stays, as decoders conceal
 *            what it lacks; anything else that was cut, such as a parameter set, is left out
 * Sound      Frames may go on in the next PES packet (2.4.3.7: its PTS is that of the first frame that begins in it). After garbage, a
 *            frame counts once another one follows it
 * Times      A PES packet without PTS goes on from the frames before it. What comes before the first PTS is dropped
 * Order      A PES packet behind a gap whose time is up to TS_LATE_US before that of the last one was overtaken on its way, or has come
 *            already: it is dropped
 *
 * Ownership  ts_stream_finish() frees all; units borrow bytes of the stream until the next call
 * Yields     no
 */
#ifndef KERNEL_TS_STREAM_H
#define KERNEL_TS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/buf.h"
#include "kernel/frame_make.h"
#include "kernel/latm.h"
#include "kernel/ts/clock.h"
#include "kernel/ts/psi_read.h"
#include "kernel/ts/section.h"

/* Longest PES packet with its header: one picture; anything else. A longer one is dropped. PES packets of sound have at most 64 KiB,
 * and a frame that was cut may wait before one. */
enum { TS_PICTURE_MAX = 8 << 20, TS_OTHER_MAX = 128 << 10 };

enum { TS_LATE_US = 2000000 };

enum ts_unit_kind { TS_UNIT_MEDIA, TS_UNIT_ID3, TS_UNIT_SCTE35 };

struct ts_demuxed {
    enum ts_unit_kind kind;
    struct frame_unit media;   /* of ID3 and SCTE-35 only the bytes and the times: a tag; a section */
    bool              damaged; /* Packets of it are missing. */
};

struct ts_stream {
    struct ts_pmt_stream told;

    /* The packets. */
    uint8_t    cc;
    uint8_t    tail[8]; /* the end of the last packet, which a repeated packet repeats */
    bool       has_cc;
    struct buf open; /* the PES packet that is being collected, with its header */
    bool       is_open;
    bool       open_key;     /* random_access_indicator */
    bool       open_damaged; /* Packets of it are missing. */
    bool       gap;          /* Packets are missing before the next one. */
    bool       open_late;    /* Packets were missing before it, so it may have been overtaken. */

    /* The bytes that are being cut into units: those before `at` have been. */
    struct buf ready;
    size_t     at;
    size_t     mark; /* where the payload of the newest PES packet begins */
    bool       has_mark;
    int64_t    mark_dts_us, mark_pts_us; /* of the first frame at or behind the mark */
    bool       key, damaged;
    bool       hunting;        /* Bytes before the next frame were garbage. */
    bool       timed;          /* There has been a PTS. */
    int64_t    dts_us, pts_us; /* of the next frame */

    struct latm        latm;
    struct latm_frames latm_frames;

    struct ts_section section;
    bool              section_begins;
};

void ts_stream_init(struct ts_stream *s, const struct ts_pmt_stream *told);
void ts_stream_finish(struct ts_stream *s);

/** The payload of a packet in which a PES packet begins. The one before must have been closed. */
void ts_stream_begin(struct ts_stream *s, const uint8_t *bytes, size_t len, bool random_access);

/** The payload of a packet in which one goes on. */
void ts_stream_add(struct ts_stream *s, const uint8_t *bytes, size_t len);

/** The payload of a packet of sections. */
void ts_stream_add_sections(struct ts_stream *s, const uint8_t *bytes, size_t len, bool begins);

/** True if the open PES packet has all the bytes that it announced. */
bool ts_stream_is_whole(const struct ts_stream *s);

/** Close the open PES packet, so that ts_stream_next() has its units. `clock` is moved to its times. */
void ts_stream_close(struct ts_stream *s, struct ts_clock *clock);

/** Packets are missing: the open PES packet ends here, as a damaged one, and a frame that was cut is dropped. */
void ts_stream_break(struct ts_stream *s, struct ts_clock *clock);

/**
 * The next unit of what was closed.
 *
 * Shape      raw: room for LATM_ELEMENT_MAX bytes, which a unit may borrow; clock: gives sections their time
 * Returns    false when there is none
 */
bool ts_stream_next(struct ts_stream *s, const struct ts_clock *clock, uint8_t *raw,
                    struct ts_demuxed *unit) ATTR_MUST_USE;

#endif
