/**
 * The files of a stream's HLS: segments, init segments and the playlist, written by a file writer of the stream.
 *
 * A segment is written to its name + `.tmp` when it is complete, and renamed; in the same batch the playlist that names it is put
 * in place. If the disk refuses, is full, or hangs, segments are left out of the files, which the log tells once: viewers get them
 * from memory all the same. The next playlist says which segments are missing.
 *
 * Ownership  belongs to its struct hls
 * Yields     no
 */
#ifndef APP_HLS_FILES_H
#define APP_HLS_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

struct hls;
struct hls_entry;
struct hls_init;
struct hls_secret;
struct segment;

struct err *hls_files_create(struct hls *h) ATTR_MUST_USE;

/** Write the init segment of the open segment: players with low latency have it before the segment is complete, and ask for it after a crash. */
void hls_files_add_init(struct hls *h, const struct segment *s);

/** Write the key of the open segment, before anybody needs it. */
void hls_files_add_key(struct hls *h, struct hls_secret *secret);

/** Remove the file of a key that no segment needs any more. */
void hls_files_remove_key(struct hls *h, const struct hls_secret *secret);

/** Write a complete segment, and the playlist that names it. */
void hls_files_add(struct hls *h, struct hls_entry *entry);

/** The publish may be over: if it is, and nothing waits for the disk, tell it (told.h). Takes a struct hls without files. */
void hls_files_over(const struct hls *h);

/** Remove the file of an init segment that no segment needs any more. */
void hls_files_remove_init(struct hls *h, const struct hls_init *init);

/** Remove the file of a segment that has left (`hls_cleanup on`). */
void hls_files_remove(struct hls *h, const struct hls_entry *entry);

/** Remove the file of a segment that a former run of the server kept after it had left the playlist. */
void hls_files_remove_number(struct hls *h, uint64_t number);

/** Append lines to another file of the stream, which is opened for it. False: they are lost. */
bool hls_files_append(struct hls *h, const char *full, const char *bytes, size_t len) ATTR_MUST_USE;

/** Remove all files of the stream, but for those that timeshift keeps. */
void hls_files_dispose(struct hls *h);

/** What is queued is still written. Takes a struct hls without files. */
void hls_files_leave(struct hls *h);

/** Segments that are missing in the files. */
uint64_t hls_files_lost(const struct hls *h);

#endif
