/**
 * The ffmpeg that SRS builds for itself: its example files run ./objs/ffmpeg/bin/ffmpeg, which this server does not make.
 *
 * Yields     no; asks the file system, so a running server calls it on a thread, as part of conf_load()
 */
#ifndef APP_CONF_SRS_FFMPEG_H
#define APP_CONF_SRS_FFMPEG_H

#include "app/conf/report.h"
#include "app/conf/tree.h"
#include "core/attr.h"

/**
 * Where a program of `transcode`, `ingest` or `exec` has that path, no file is there, and PATH has an ffmpeg, name that one. A single
 * warning tells it.
 *
 * Errors     out of memory
 */
struct err *conf_srs_ffmpeg_apply(struct conf_tree *tree, struct conf_report *report) ATTR_MUST_USE;

#endif
