/* The checks, in the order in which their findings are told. A new check is a new row. */
#include "app/doctor/checks.h"

/* clang-format off */
doctor_stream_check *const doctor_stream_checks[] = {
    check_not_published,
    check_silence,
    check_no_video,
    check_no_audio,
    check_key_frames,
    check_gop,
    check_hls_gop,
    check_b_frames,
    check_video_codec,
    check_audio_codec,
    check_left_out,
    check_speed,
    check_gaps,
    check_jumps,
    check_drift,
    check_slow_players,
    NULL,
};

doctor_refusal_check *const doctor_refusal_checks[] = {
    check_refusal,
    NULL,
};
/* clang-format on */
