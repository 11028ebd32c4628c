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
#include "core/clock.h"

typedef void doctor_stream_check(const struct facts_stream *s, struct findings *all);
/* What comes and goes is told for this long after the last time: as long as viewers talk about it. */
enum { CHECKS_RECENT_US = 300 * US_PER_SECOND };

typedef void doctor_server_check(const struct facts_server *s, struct findings *all);
typedef void doctor_folder_check(const struct facts_folder *f, struct findings *all);
typedef void doctor_pair_check(const struct facts_pair *p, struct findings *all);
typedef void doctor_unbuilt_check(const struct facts_unbuilt *u, struct findings *all);
typedef void doctor_refusal_check(const struct facts_refusal *r, struct findings *all);

/** The tables; each ends with NULL. */
extern doctor_server_check *const  doctor_server_checks[];
extern doctor_folder_check *const  doctor_folder_checks[];
extern doctor_pair_check *const    doctor_pair_checks[];
extern doctor_unbuilt_check *const doctor_unbuilt_checks[];
extern doctor_stream_check *const  doctor_stream_checks[];
extern doctor_refusal_check *const doctor_refusal_checks[];

/* callbacks.c */
doctor_server_check check_callbacks;

/* settings.c */
doctor_server_check  check_reload, check_candidate, check_rtc_transport, check_https;
doctor_unbuilt_check check_unbuilt;

/* limits.c */
doctor_server_check check_connections, check_descriptors, check_memory, check_processor;

/* disks.c */
doctor_folder_check check_folder, check_room;
doctor_stream_check check_lost_files;

/* certificates.c */
doctor_pair_check check_pair, check_expiry, check_name;

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
doctor_refusal_check check_refusal, check_path;

#endif
