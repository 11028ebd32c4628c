#include "app/hls/renditions.h"

#include <stdio.h>
#include <string.h>

#include "core/str.h"

/* A track that has missed more segments than this is not named by the master. */
enum { MISSED_MAX = 2 };

static struct hls *at(const struct list *link)
{
    return LIST_ENTRY(link, struct hls, in_main);
}

struct hls *hls_renditions_of_lane(const struct hls *main, const struct lane *lane)
{
    for (const struct list *it = main->renditions.next; it != &main->renditions; it = it->next)
        if (at(it)->lane == lane)
            return at(it);
    return NULL;
}

struct hls *hls_renditions_find(const struct hls *main, const char *track)
{
    for (const struct list *it = main->renditions.next; it != &main->renditions; it = it->next)
        if (str_equal(at(it)->track, track))
            return at(it);
    return NULL;
}

size_t hls_renditions_count_sounds(const struct hls *main)
{
    size_t n = 0;
    for (const struct list *it = main->renditions.next; it != &main->renditions; it = it->next)
        n += hls_rendition_is_sound(at(it));
    return n;
}

static bool has_come_lately(const struct hls *rendition)
{
    const struct segment *own = lane_newest(rendition->lane), *newest = lane_newest(rendition->main->lane);
    return own && newest && own->number + MISSED_MAX >= newest->number;
}

/* A set without any track beside the first is none: that track is in the playlist of the stream. */
static uint64_t beside_first(uint64_t sounds)
{
    return sounds > 1 ? sounds : 0;
}

uint64_t hls_renditions_sounds(const struct hls *main)
{
    uint64_t sounds = 0;
    for (const struct list *it = main->renditions.next; it != &main->renditions; it = it->next)
        if (hls_rendition_is_sound(at(it)) && has_come_lately(at(it)))
            sounds |= UINT64_C(1) << at(it)->lane->track;
    return beside_first(sounds);
}

uint64_t hls_renditions_common_sounds(struct hls *const *members, size_t n)
{
    uint64_t sounds = n ? UINT64_MAX : 0;
    for (size_t i = 0; i < n; i++)
        sounds &= hls_renditions_sounds(members[i]);
    return beside_first(sounds);
}

size_t hls_renditions_list(const struct hls *main, uint64_t sounds, struct hls *list[static HLS_SOUNDS_MAX])
{
    size_t n = 0;
    for (const struct list *it = main->renditions.next; it != &main->renditions && n < HLS_SOUNDS_MAX; it = it->next)
        if (hls_rendition_is_sound(at(it)) && sounds >> at(it)->lane->track & 1)
            list[n++] = at(it);
    return n;
}

struct hls *hls_renditions_pictures(const struct hls *main)
{
    struct hls *pictures = hls_renditions_find(main, HLS_TRACK_PICTURES);
    return pictures && has_come_lately(pictures) ? pictures : NULL;
}

/* ---- the line on the disk ---- */

#define LINE "\n# renditions:"
#define MASTER "master"

void hls_renditions_write(struct buf *out, const struct hls *main)
{
    if (list_is_empty(&main->renditions))
        return;
    buf_printf(out, "%s%s", &LINE[1], main->is_master ? " " MASTER : "");
    for (const struct list *it = main->renditions.next; it != &main->renditions; it = it->next)
        buf_printf(out, " %s", at(it)->track);
    buf_text(out, "\n");
}

static void read_word(struct hls_renditions_line *line, const char *word, size_t len)
{
    unsigned track;
    char     name[HLS_TRACK_NAME_CAP];
    if (len >= sizeof name)
        return;
    snprintf(name, sizeof name, "%.*s", (int)len, word);
    line->is_master |= str_equal(name, MASTER);
    if (line->n < ARRAY_LEN(line->tracks) && (str_equal(name, HLS_TRACK_PICTURES) || hls_track_read(name, &track)))
        memcpy(line->tracks[line->n++], name, sizeof name);
}

void hls_renditions_read(struct hls_renditions_line *line, const char *text, size_t len)
{
    const char *p = len ? memmem(text, len, LINE, strlen(LINE)) : NULL, *end = p ? text + len : NULL;
    *line = (struct hls_renditions_line){ 0 };
    p = p ? p + strlen(LINE) : NULL;
    while (p < end && *p == ' ') {
        const char *word = ++p;
        while (p < end && *p != ' ' && *p != '\n')
            p++;
        read_word(line, word, (size_t)(p - word));
    }
}
