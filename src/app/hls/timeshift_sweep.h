/**
 * Removes the segments that are older than the window of timeshift, whether or not their streams are live, or ever come back.
 *
 * Yields     no: everything here waits for the disk, and is called on a thread
 */
#ifndef APP_HLS_TIMESHIFT_SWEEP_H
#define APP_HLS_TIMESHIFT_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

/* Folders below each other that are looked into. */
enum { HLS_TIMESHIFT_SWEEP_DEPTH_MAX = 16 };

/** What is kept for a vhost. The texts are borrowed. */
struct hls_timeshift_sweep {
    const char *hls_path, *key_path, *vhost;
    int64_t     oldest_us; /* wall clock: segments that ended before are removed */
    bool        cleanup;   /* False: their lines alone. */
};

/** Remove the segments that are too old, with the init segments and keys that no later one needs. */
void hls_timeshift_sweep(const struct hls_timeshift_sweep *s);

#endif
