/**
 * What HLS tells others of its files (server/finished_file.h).
 *
 * Yields     no
 */
#ifndef APP_HLS_TOLD_H
#define APP_HLS_TOLD_H

struct hls;
struct hls_entry;

/**
 * A segment is complete, under its last name: on the disk, or in memory if no files are written. Those of renditions are not told: whoever
 * collects segments would have the stream several times.
 */
void hls_told_segment(const struct hls *h, const struct hls_entry *entry);

/** The publish has ended, and its last segment was told. */
void hls_told_over(const struct hls *h);

#endif
