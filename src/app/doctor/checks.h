/**
 * The checks of the doctor: pure functions of facts (facts.h) that add findings. checks.c has the tables; a new check is a function
 * in the file of its topic, and a row.
 *
 * Yields     no
 */
#ifndef APP_DOCTOR_CHECKS_H
#define APP_DOCTOR_CHECKS_H

#include "app/doctor/facts.h"
#include "app/doctor/finding.h"

typedef void doctor_stream_check(const struct facts_stream *s, struct findings *all);
typedef void doctor_refusal_check(const struct facts_refusal *r, struct findings *all);

/** The tables; each ends with NULL. */
extern doctor_stream_check *const  doctor_stream_checks[];
extern doctor_refusal_check *const doctor_refusal_checks[];

/* pictures.c */
doctor_stream_check check_key_frames, check_gop, check_hls_gop, check_b_frames;

/* codecs.c */
doctor_stream_check check_video_codec, check_audio_codec, check_left_out;

/* tracks.c */
doctor_stream_check check_no_video, check_no_audio, check_drift;

/* uplink.c */
doctor_stream_check check_silence, check_speed, check_gaps, check_jumps;

/* audience.c */
doctor_stream_check check_slow_players, check_not_published;

/* refusals.c */
doctor_refusal_check check_refusal;

#endif
