/**
 * A stream's files as HLS writes them, for tests of file writers: a segment, the playlist that names it, the removal of an old
 * one, in one batch.
 *
 * Included by one test program each: its state is that program's.
 */
#ifndef TEST_PROTOCOL_WRITTEN_SEGMENTS_H
#define TEST_PROTOCOL_WRITTEN_SEGMENTS_H

#include <cmocka.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "protocol/disk.h"
#include "protocol/file_writer.h"

static int n_released;

static inline void count_release(void *arg)
{
    n_released += arg != NULL;
}

/* What the last batch came to. */
static struct {
    int      n;
    bool     ok;
    uint64_t n_files_lost;
} told;

static inline void batch_told(void *arg, const struct file_writer_result *r)
{
    told.n++;
    told.ok = r->ok;
    told.n_files_lost = r->n_files_lost;
    *(bool *)arg = true;
}

/* Append the two texts as one unit of shared bytes. */
static inline bool share(struct file_writer *w, const char *a, const char *b)
{
    struct iovec iov[] = { { (void *)a, strlen(a) }, { (void *)b, strlen(b) } };
    return file_writer_append_shared(w, iov, 2, count_release, w);
}

static inline bool put(struct file_writer *w, const char *name, const char *text)
{
    return file_writer_put(w, path_in(name), ".tmp", text, strlen(text));
}

static inline bool cut_segment(struct file_writer *w, const char *name, const char *bytes, const char *old,
                               bool *is_told)
{
    char tmp[128];
    strcpy(tmp, path_in("s.tmp"));
    *is_told = false;
    file_writer_batch_begin(w);
    bool opened = file_writer_open(w, tmp, WRITTEN_FILE_WHOLE, 0);
    share(w, bytes, "");
    bool renamed = file_writer_rename(w, tmp, path_in(name));
    put(w, "list", name);
    file_writer_remove(w, path_in(old));
    assert_true((opened && renamed) || mem_failed());
    return file_writer_batch_end(w, batch_told, is_told);
}

static inline bool is_there(const char *name)
{
    return access(path_in(name), F_OK) == 0;
}

static inline void assert_file(const char *name, const char *wanted)
{
    struct buf b = buf_up_to(1 << 20);
    FILE      *f = fopen(path_in(name), "re");
    if (!f)
        fail_msg("there is no %s", name);
    assert_true(buf_read_all(&b, fileno(f)));
    fclose(f);
    assert_string_equal(b.bytes ? b.bytes : "", wanted);
    buf_finish(&b);
}

#endif
