/**
 * The segment muxer of the library (kernel/mp4/cmaf) as a program, for the end-to-end tests: cuts an FLV file into an init segment
 * and media segments.
 *
 *     objs/tools/segments doc/sample.flv DIR both            also: video, audio
 *
 * DIR gets init.mp4, 000.m4s, 001.m4s …; the codecs go to stdout. A segment begins with a key frame, or for sound alone anywhere.
 * The exit status is 1 if the file cannot be read, or its codecs are not carried.
 */
#include <getopt.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "kernel/flv.h"
#include "kernel/flv_frame.h"
#include "kernel/mp4/cmaf.h"
#include "kernel/mp4/moov.h"

enum { FILE_MAX = 64 << 20, FRAMES_MAX = 100000 };

static struct {
    int64_t     part_us, segment_us;
    bool        is_ignorant, is_encrypted;
    const char *folder;
} conf = { .part_us = 200000, .segment_us = 1000000 };

static struct frame *frames[FRAMES_MAX];
static size_t        n_frames;
static uint8_t       out[FILE_MAX];

static void die(const char *what)
{
    fprintf(stderr, "segments: %s\n", what);
    exit(1);
}

static void usage(void)
{
    die("segments [--part MS] [--segment MS] [--ignorant] [--encrypt] FILE.flv DIR both|video|audio\n"
        "  --part MS      length of a part (200)\n"
        "  --segment MS   least length of a segment (1000)\n"
        "  --ignorant     write parts without the frame that comes next\n"
        "  --encrypt      as cbcs, with the key 0102030405060708090a0b0c0d0e0f10 and the key id of 16 times 0x09");
}

/* ---- frames ---- */

static void read_frames(const char *path)
{
    static uint8_t    in[FILE_MAX];
    struct flv_header header;
    struct flv_tag    tag;
    struct nalu_forms forms = { 0 };
    FILE             *file = fopen(path, "rb");
    if (!file)
        die(path);
    struct rd r = rd_over(in, fread(in, 1, sizeof in, file));
    fclose(file);
    if (flv_read_header(&r, &header) != FLV_GOT)
        die("no FLV");
    while (n_frames < FRAMES_MAX && flv_read_tag(&r, &tag) == FLV_GOT) {
        struct frame *f = frame_new(tag.len);
        if (!f)
            die("memory is out");
        f->kind = tag.type == FLV_VIDEO ? FRAME_VIDEO : tag.type == FLV_AUDIO ? FRAME_AUDIO : FRAME_SCRIPT;
        f->dts_us = f->pts_us = (int64_t)tag.dts_ms * 1000;
        f->len = tag.len;
        memcpy(f->data, tag.body, tag.len);
        if (flv_frame_parse(f, &forms) == FLV_PARSE_OK)
            frames[n_frames++] = f;
        else
            frame_unref(&f);
    }
}

/* The first frame that describes a track of that kind. */
static struct frame *first_config(enum frame_kind kind)
{
    for (size_t i = 0; i < n_frames; i++)
        if (frames[i]->kind == kind &&
            (frames[i]->config || mp4_sample_entry_takes_any_frame((enum codec)frames[i]->codec)))
            return frames[i];
    return NULL;
}

static struct frame *first_key(void)
{
    for (size_t i = 0; i < n_frames; i++)
        if (frames[i]->key && !frames[i]->config)
            return frames[i];
    return NULL;
}

static int64_t most_early_us(void)
{
    int64_t most = 0;
    for (size_t i = 0; i < n_frames; i++)
        if (frames[i]->dts_us - frames[i]->pts_us > most)
            most = frames[i]->dts_us - frames[i]->pts_us;
    return most;
}

/* ---- the cipher ---- */

static void encrypt(void *ctx, const uint8_t iv[CBCS_BLOCK], uint8_t *blocks, size_t len)
{
    static const uint8_t key[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
    EVP_CIPHER_CTX      *cipher = EVP_CIPHER_CTX_new();
    int                  n;
    (void)ctx;
    if (!cipher || !EVP_EncryptInit_ex(cipher, EVP_aes_128_cbc(), NULL, key, iv) ||
        !EVP_CIPHER_CTX_set_padding(cipher, 0) || !EVP_EncryptUpdate(cipher, blocks, &n, blocks, (int)len))
        die("encryption failed");
    EVP_CIPHER_CTX_free(cipher);
}

static const struct cbcs cbcs = {
    .key_id = { 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9 },
    .iv = { 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1D, 0x1E, 0x1F },
    .encrypt = encrypt,
};

/* ---- segments ---- */

static void save(const char *name, const struct wr *w)
{
    char  path[4096];
    FILE *file;
    if (w->full)
        die("a segment is too long");
    snprintf(path, sizeof path, "%s/%s", conf.folder, name);
    if (!(file = fopen(path, "wb")) || fwrite(w->start, 1, wr_len(w), file) != wr_len(w) || fclose(file) != 0)
        die(path);
}

static void save_header(const struct cmaf *c)
{
    char      codecs[MP4_CODECS_CAP];
    struct wr w = wr_over(out, sizeof out);
    cmaf_write_header(c, &w);
    save("init.mp4", &w);
    puts(cmaf_codecs(c, codecs, sizeof codecs));
}

/* The open segment. */
struct segment {
    unsigned  number;
    int64_t   begin_us, part_us; /* times at which it and its open part begin */
    struct wr w;
};

static void begin_segment(struct segment *s, int64_t us)
{
    s->w = wr_over(out, sizeof out);
    s->begin_us = us;
    cmaf_write_styp(&s->w);
}

/* Write what is due before the next frame, or with NULL at the end. */
static void cut(struct cmaf *c, struct segment *s, const struct frame *next)
{
    bool    has_video = c->tracks[MP4_TRACK_VIDEO].entry.config != NULL;
    bool    leads = !next || !has_video || next->kind == FRAME_VIDEO;
    int64_t us = next ? next->dts_us : 0;
    bool    ends = !next || (us - s->begin_us >= conf.segment_us && (!has_video || next->key));
    char    name[16];
    if (cmaf_is_empty(c)) {
        s->part_us = us;
        if (s->number == 0 && wr_len(&s->w) == CMAF_STYP_LEN)
            s->begin_us = us;
        return;
    }
    if (!leads || (!ends && us - s->part_us < conf.part_us))
        return;
    cmaf_write_part(c, &s->w, conf.is_ignorant ? NULL : next, us, NULL);
    s->part_us = us;
    if (!ends)
        return;
    snprintf(name, sizeof name, "%03u.m4s", s->number++);
    save(name, &s->w);
    begin_segment(s, us);
}

static void write_segments(struct cmaf *c)
{
    struct segment s = { 0 };
    begin_segment(&s, 0);
    for (size_t i = 0; i < n_frames; i++) {
        if (cmaf_look(c, frames[i]) != MP4_FRAME_CARRIED)
            continue;
        cut(c, &s, frames[i]);
        if (cmaf_add(c, frames[i], frames[i]->dts_us) != CMAF_ADDED)
            die("a part is too long");
    }
    cut(c, &s, NULL);
}

static void read_options(int argc, char **argv)
{
    static const struct option options[] = {
        { "part", required_argument, NULL, 'p' },
        { "segment", required_argument, NULL, 's' },
        { "ignorant", no_argument, NULL, 'i' },
        { "encrypt", no_argument, NULL, 'e' },
        { NULL, 0, NULL, 0 },
    };
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'p': conf.part_us = atoll(optarg) * 1000; break;
        case 's': conf.segment_us = atoll(optarg) * 1000; break;
        case 'i': conf.is_ignorant = true; break;
        case 'e': conf.is_encrypted = true; break;
        default: usage();
        }
    }
    if (argc - optind != 3)
        usage();
}

int main(int argc, char **argv)
{
    struct cmaf c;
    read_options(argc, argv);
    const char *tracks = argv[optind + 2];
    conf.folder = argv[optind + 1];
    read_frames(argv[optind]);
    if (cmaf_init(&c, strcmp(tracks, "audio") == 0 ? NULL : first_config(FRAME_VIDEO), first_key(),
                  strcmp(tracks, "video") == 0 ? NULL : first_config(FRAME_AUDIO)) != MP4_OK)
        die("the codecs are not carried");
    if (conf.is_encrypted && !cmaf_protect(&c, &cbcs))
        die("the codecs are not encrypted");
    cmaf_expect_early(&c, most_early_us());
    save_header(&c);
    write_segments(&c);
    cmaf_finish(&c);
    while (n_frames)
        frame_unref(&frames[--n_frames]);
    return 0;
}
