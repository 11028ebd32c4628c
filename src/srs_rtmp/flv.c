/* FLV files. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "core/mem.h"
#include "kernel/flv.h"
#include "kernel/flv_stream.h"
#include "srs_rtmp/srs_rtmp.h"

enum { PIECE_BYTES = 64 << 10 };

struct srs_rtmp_flv {
    FILE             *file;
    bool              writes;
    bool              has_audio, has_video; /* kinds that were written */
    struct flv_stream stream;
    struct rd         in;   /* unread bytes of `piece` */
    struct frame     *read; /* the packet that the caller borrows; NULL: none */
    uint8_t           piece[PIECE_BYTES];
};

static enum srs_rtmp_result open_file(struct srs_rtmp_flv **out, const char *path, bool writes)
{
    struct srs_rtmp_flv *f = *out = mem_calloc(1, sizeof *f);
    if (!f)
        return SRS_RTMP_NO_MEMORY;
    f->writes = writes;
    f->in = rd_over(f->piece, 0);
    f->file = fopen(path, writes ? "wbe" : "rbe");
    if (f->file)
        return SRS_RTMP_OK;
    int why = errno;
    mem_free(f);
    *out = NULL;
    errno = why;
    return SRS_RTMP_FAILED;
}

/* Close the file after an error of its making. */
static enum srs_rtmp_result give_up(struct srs_rtmp_flv **out, enum srs_rtmp_result result)
{
    int why = errno;
    if (result != SRS_RTMP_OK) {
        (*out)->writes = false;
        srs_rtmp_flv_close(*out);
        *out = NULL;
    }
    errno = why;
    return result;
}

/* ---- reading ---- */

/* Read the next piece of the file; everything before it has been taken. */
static enum srs_rtmp_result fill(struct srs_rtmp_flv *f)
{
    size_t n = fread(f->piece, 1, sizeof f->piece, f->file);
    f->in = rd_over(f->piece, n);
    return n ? SRS_RTMP_OK : ferror(f->file) ? SRS_RTMP_FAILED : SRS_RTMP_ENDED;
}

static enum srs_rtmp_result read_header(struct srs_rtmp_flv *f)
{
    enum srs_rtmp_result result = SRS_RTMP_OK;
    enum flv_read        got = FLV_NEED_MORE;
    while (result == SRS_RTMP_OK && got == FLV_NEED_MORE) {
        result = fill(f);
        if (result == SRS_RTMP_OK)
            got = flv_stream_read_header(&f->stream, &f->in);
    }
    return got == FLV_BAD || result == SRS_RTMP_ENDED ? SRS_RTMP_BAD_DATA : result;
}

enum srs_rtmp_result srs_rtmp_flv_open(struct srs_rtmp_flv **file, const char *path)
{
    enum srs_rtmp_result result = open_file(file, path, false);
    return result ? result : give_up(file, read_header(*file));
}

enum srs_rtmp_result srs_rtmp_flv_read(struct srs_rtmp_flv *f, struct srs_rtmp_packet *packet)
{
    struct flv_stream_tag tag;
    *packet = (struct srs_rtmp_packet){ 0 };
    if (f->writes)
        return SRS_RTMP_BAD_USE;
    frame_unref(&f->read);
    for (;;) {
        enum srs_rtmp_result result;
        switch (flv_stream_read(&f->stream, &f->in, &tag)) {
        case FLV_STREAM_TAG:
            f->read = tag.frame;
            *packet = (struct srs_rtmp_packet){ (uint8_t)flv_tag_type_of((enum frame_kind)tag.frame->kind),
                                                (uint32_t)tag.dts_ms, tag.frame->data, tag.frame->len };
            return SRS_RTMP_OK;
        case FLV_STREAM_BAD: return SRS_RTMP_BAD_DATA;
        case FLV_STREAM_NO_MEMORY: return SRS_RTMP_NO_MEMORY;
        default: break;
        }
        if ((result = fill(f)) != SRS_RTMP_OK)
            return result;
    }
}

enum srs_rtmp_result srs_rtmp_flv_rewind(struct srs_rtmp_flv *f)
{
    if (f->writes)
        return SRS_RTMP_BAD_USE;
    if (fseek(f->file, 0, SEEK_SET) != 0)
        return SRS_RTMP_FAILED;
    frame_unref(&f->read);
    flv_stream_finish(&f->stream);
    f->stream = (struct flv_stream){ 0 };
    return read_header(f);
}

/* ---- writing ---- */

static enum srs_rtmp_result put(struct srs_rtmp_flv *f, const void *bytes, size_t len)
{
    return len == 0 || fwrite(bytes, len, 1, f->file) == 1 ? SRS_RTMP_OK : SRS_RTMP_FAILED;
}

static enum srs_rtmp_result put_header(struct srs_rtmp_flv *f)
{
    uint8_t   bytes[FLV_HEADER_LEN];
    struct wr w = wr_over(bytes, sizeof bytes);
    flv_write_header(&w, f->has_audio, f->has_video);
    return put(f, bytes, sizeof bytes);
}

enum srs_rtmp_result srs_rtmp_flv_create(struct srs_rtmp_flv **file, const char *path)
{
    enum srs_rtmp_result result = open_file(file, path, true);
    if (result != SRS_RTMP_OK)
        return result;
    (*file)->has_audio = (*file)->has_video = true; /* as far as is known: a reader may come before the end */
    result = give_up(file, put_header(*file));
    if (result == SRS_RTMP_OK)
        (*file)->has_audio = (*file)->has_video = false;
    return result;
}

enum srs_rtmp_result srs_rtmp_flv_write(struct srs_rtmp_flv *f, const struct srs_rtmp_packet *packet)
{
    uint8_t   head[FLV_TAG_HEADER_LEN], trailer[FLV_TAG_TRAILER_LEN];
    struct wr before = wr_over(head, sizeof head), after = wr_over(trailer, sizeof trailer);
    bool is_known = packet->type == SRS_RTMP_AUDIO || packet->type == SRS_RTMP_VIDEO || packet->type == SRS_RTMP_SCRIPT;
    if (!f->writes || !is_known || packet->len > FLV_BODY_MAX)
        return SRS_RTMP_BAD_USE;
    flv_write_tag_header(&before, (enum flv_tag_type)packet->type, (uint32_t)packet->len, (int32_t)packet->time_ms);
    flv_write_tag_trailer(&after, (uint32_t)packet->len);
    f->has_audio |= packet->type == SRS_RTMP_AUDIO;
    f->has_video |= packet->type == SRS_RTMP_VIDEO;
    enum srs_rtmp_result result = put(f, head, sizeof head);
    if (result == SRS_RTMP_OK)
        result = put(f, packet->data, packet->len);
    return result ? result : put(f, trailer, sizeof trailer);
}

enum srs_rtmp_result srs_rtmp_flv_close(struct srs_rtmp_flv *f)
{
    enum srs_rtmp_result result = SRS_RTMP_OK;
    if (!f)
        return result;
    if (f->writes && (f->has_audio || f->has_video) && fseek(f->file, 0, SEEK_SET) == 0)
        result = put_header(f);
    if (f->writes && ferror(f->file))
        result = SRS_RTMP_FAILED;
    if (fclose(f->file) != 0 && f->writes)
        result = SRS_RTMP_FAILED;
    frame_unref(&f->read);
    flv_stream_finish(&f->stream);
    mem_free(f);
    return result;
}
