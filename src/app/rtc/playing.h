/**
 * What one WebRTC viewer is sent of a stream: which frames, when, with which times; and what it asks for.
 *
 *     rtc_playing_begin(&p, source, &setup)
 *     loop:
 *         due_us = rtc_playing_send(&p, now_us())         all that may go out now
 *         reader_wait(&p.reader, due_us)
 *     rtc_playing_take_rtcp(&p, bytes, len, now_us())     from the port's reader, at any time
 *     rtc_playing_end(&p)
 *
 * A newcomer is sent the pictures from the newest key frame on, faster than they were made (pace.h) and with times that are close
 * together, so that it shows the newest picture at once and lags behind nobody; sound begins with the present. Sound is that of the log
 * if it has the codec that was agreed, and else what app/sound makes of it. A viewer that asks
 * for a key frame (PLI, FIR) is sent the newest one that there is, and what follows, in the same way: no encoder is asked. While it still
 * catches up, it is answered when it has reached the present, or when there is a newer key frame.
 *
 * Pictures that the outlet has no room for are left out up to the next key frame; nothing is queued here. Pictures that are shown
 * before one that was sent earlier (B-frames) confuse browsers: those that nobody needs are left out unless `keeps_late`.
 *
 * While the viewer waits, the pacer hands releases to it without waking it (struct reader_delivery).
 *
 * Ownership  used by one coroutine, which keeps a reference to the source; take_rtcp() by any
 * Yields     no
 */
#ifndef APP_RTC_PLAYING_H
#define APP_RTC_PLAYING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/rtc/pace.h"
#include "app/rtc/packets.h"
#include "app/rtc/track.h"
#include "app/sound/other.h"
#include "app/source/reader.h"
#include "core/attr.h"
#include "core/err.h"

enum {
    RTC_CATCH_UP_TIMES = 50,               /* A GOP of 4 s has the times of 80 ms when it is sent to a newcomer. */
    RTC_SOUND_BEFORE_US = 200 * US_PER_MS, /* sound from before the present that a newcomer gets */
    RTC_REPORT_EVERY_US = US_PER_SECOND,   /* sender reports: RFC 3550 6.2 allows 360 ms at 1 Mbit/s */
    RTC_KEY_EVERY_US = US_PER_SECOND,      /* least time between two answers to PLI; */
    RTC_KEY_AGAIN_MAX_US = 16000000,       /* it doubles each time one key frame is sent again, up to this */
    RTC_CLOCK_OFF_US = US_PER_SECOND,      /* A stream that is this far off the clock has broken off, and goes on. */
};

struct rtc_playing_setup {
    const struct rtc_track_agreed *video, *audio; /* NULL: not agreed */
    struct rtc_outlet              outlet;
    struct rtc_packing             packing;
    const char                    *cname; /* of the answer; kept by the caller */
    bool                           keeps_late;
};

/* What a player has counted for the API and the metrics; each of its tracks counts more (track.h). */
struct rtc_playing_stat {
    int64_t n_frames;  /* pictures and packets of sound that were sent */
    int64_t n_plis;    /* key frames that the viewer asked for */
    int64_t n_dropped; /* pictures that there was no room for, and those that needed them */
    int64_t n_late;    /* B-frames that were left out */
    int64_t remb_bps;  /* what the viewer estimates; 0: it has not told */
};

struct rtc_playing {
    struct rtc_outlet       outlet;
    struct reader           reader;
    struct sound_reader     other; /* Opus of a stream whose log has another sound */
    struct rtc_packets     *packets;
    struct rtc_track        video, audio;
    bool                    has_video, has_audio;
    const char             *cname;
    struct rtc_clock        clock;
    struct rtc_pace         pace;
    struct rtc_playing_stat stat;
    bool                    keeps_late;
    bool                    shows;  /* A key frame has gone out, and all pictures since then. */
    bool                    is_cut; /* Payloads of video.frame have not gone out: from next_payload on. */
    uint32_t                next_payload;
    bool                    asks_key;        /* The viewer asked for a key frame, and was not answered yet. */
    int64_t                 answered_us;     /* when it was answered last */
    int64_t                 answer_again_us; /* and how long it waits for the same key frame again */
    uint64_t                answered_seq;    /* which was this one */
    uint64_t                began_seq;       /* Frames from here on, up to live_seq, are sent to catch up. */
    uint64_t                live_seq;
    int64_t                 live_us;  /* Frames before this time of the stream are sent to catch up. */
    int64_t                 shown_us; /* the latest time that a picture was sent with */
    int64_t                 heard_us; /* and sound */
    bool                    has_told; /* The log says that the viewer cannot get the stream's pictures. */
    int64_t                 report_due_us;
    int64_t                 seen_jumps;
};

/** What was agreed, and what the stream's vhost says of it; the outlet is left to the caller. Borrows all three. */
struct rtc_playing_setup rtc_playing_setup_of(const struct source *s, const struct rtc_agreement *agreed,
                                              const char *cname);

/**
 * Begin at the newest key frame. rtc_playing_end() is called after an error, too.
 *
 * Errors     out of memory
 */
struct err *rtc_playing_begin(struct rtc_playing *p, struct source *s,
                              const struct rtc_playing_setup *setup) ATTR_MUST_USE;

/** Say goodbye to the viewer, and leave the source. Takes one that is all zero. */
void rtc_playing_end(struct rtc_playing *p);

/** Send all that may go out. Returns when to call again, even if no frame comes; DEADLINE_NEVER: with the next frame. */
int64_t rtc_playing_send(struct rtc_playing *p, int64_t now_us);

/** Take a compound of RTCP from the viewer: NACK is answered at once, PLI with the next rtc_playing_send(), which is woken. */
void rtc_playing_take_rtcp(struct rtc_playing *p, const uint8_t *bytes, size_t len, int64_t now_us);

#endif
