#include "clip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stamp.h"
#include "tool.h"

static size_t read_file(const char *path, uint8_t **bytes)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        die("%s: %s", path, strerror(errno));
    fseek(f, 0, SEEK_END);
    long len = ftell(f);
    rewind(f);
    *bytes = len > 0 ? malloc((size_t)len) : NULL;
    if (!*bytes || fread(*bytes, 1, (size_t)len, f) != (size_t)len)
        die("%s: cannot be read", path);
    fclose(f);
    return (size_t)len;
}

/* FLV E.4.2 and E.4.3: AACPacketType 1 and AVCPacketType 1 are media, 0 a configuration, 2 the end of a sequence */
static bool is_once(const struct flv_tag *tag)
{
    if (tag->type == FLV_SCRIPT)
        return true;
    if (tag->len < 2)
        return false;
    bool avc = tag->type == FLV_VIDEO && (tag->body[0] & 0x8f) == 7;
    bool aac = tag->type == FLV_AUDIO && tag->body[0] >> 4 == 10;
    return (avc && tag->body[1] != 1) || (aac && tag->body[1] == 0);
}

void clip_load(struct clip *c, const char *path)
{
    *c = (struct clip){ 0 };
    struct flv_header header;
    struct flv_tag    tag;
    size_t            room = 0;
    size_t            len = read_file(path, &c->bytes);
    struct rd         in = rd_over(c->bytes, len);
    if (flv_read_header(&in, &header) != FLV_GOT)
        die("%s: no FLV file", path);
    int32_t first_ms = 0, last_ms = 0, step_ms = 40;
    while (flv_read_tag(&in, &tag) == FLV_GOT) {
        if (c->n_tags == room) {
            room = room ? 2 * room : 1024;
            if (!(c->tags = realloc(c->tags, room * sizeof *c->tags)))
                die("out of memory");
        }
        if (c->n_tags == 0)
            first_ms = tag.dts_ms;
        tag.dts_ms -= first_ms;
        if (tag.type == FLV_VIDEO && tag.dts_ms > last_ms)
            step_ms = tag.dts_ms - last_ms;
        if (tag.type == FLV_VIDEO)
            last_ms = tag.dts_ms;
        if (tag.dts_ms + step_ms > c->duration_ms)
            c->duration_ms = tag.dts_ms + step_ms;
        if (tag.len > c->longest)
            c->longest = tag.len;
        size_t stamp_at = tag.type == FLV_VIDEO ? stamp_place(tag.body, tag.len) : 0;
        c->tags[c->n_tags++] = (struct clip_tag){ tag, is_once(&tag), stamp_at };
    }
    size_t i = 0;
    while (i < c->n_tags && c->tags[i].once)
        i++;
    if (i == c->n_tags)
        die("%s: no media", path);
}

void clip_free(struct clip *c)
{
    free(c->bytes);
    free(c->tags);
    *c = (struct clip){ 0 };
}

void clip_step(const struct clip *c, struct clip_cursor *at)
{
    do {
        if (++at->tag == c->n_tags) {
            at->tag = 0;
            at->round++;
        }
    } while (at->round > 0 && c->tags[at->tag].once);
}
