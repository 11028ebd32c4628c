/* The checks, in the order in which their findings are told. A new check is a new row. */
#include "app/doctor/checks.h"

/* clang-format off */
doctor_server_check *const doctor_server_checks[] = {
    check_reload,
    check_candidate,
    check_rtc_transport,
    check_https,
    check_connections,
    check_descriptors,
    check_memory,
    check_processor,
    check_callbacks,
    NULL,
};

doctor_folder_check *const doctor_folder_checks[] = {
    check_folder,
    check_room,
    NULL,
};

doctor_pair_check *const doctor_pair_checks[] = {
    check_pair,
    check_expiry,
    check_name,
    NULL,
};

doctor_unbuilt_check *const doctor_unbuilt_checks[] = {
    check_unbuilt,
    NULL,
};

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
    check_lost_files,
    NULL,
};

doctor_refusal_check *const doctor_refusal_checks[] = {
    check_refusal,
    check_path,
    NULL,
};
/* clang-format on */
