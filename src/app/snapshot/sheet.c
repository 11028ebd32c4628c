#include "app/snapshot/sheet.h"

#include <string.h>

#include "core/clock.h"
#include "core/mem.h"
#include "core/uri.h"
#include "protocol/turns.h"

static int64_t whole_us(int64_t tile_us)
{
    return tile_us * SHEET_TILES;
}

struct sheet *sheet_new(int64_t wall_us, int64_t tile_us)
{
    struct sheet *s = mem_calloc(1, sizeof *s); /* 0 is black, and 128 no colour */
    if (!s)
        return NULL;
    s->begin_us = wall_us - wall_us % whole_us(tile_us);
    s->tile_us = tile_us;
    memset(s->pixels + SHEET_WIDTH * SHEET_HEIGHT, 128, SHEET_PIXELS_BYTES - SHEET_WIDTH * SHEET_HEIGHT);
    return s;
}

void sheet_free(struct sheet **sp)
{
    struct sheet *s = *sp;
    *sp = NULL;
    if (s)
        mem_free(s->picture.bytes);
    mem_free(s);
}

bool sheet_covers(const struct sheet *s, int64_t wall_us, int64_t tile_us)
{
    return tile_us == s->tile_us && wall_us >= s->begin_us && wall_us - s->begin_us < whole_us(tile_us);
}

/* Copy one plane of a picture into a plane of the sheet that is `wide`, with its first sample at x, y. */
static void copy_plane(uint8_t *to, int wide, int x, int y, const uint8_t *from, int width, int height)
{
    for (int row = 0; row < height; row++)
        memcpy(to + (size_t)(y + row) * (size_t)wide + x, from + (size_t)row * (size_t)width, (size_t)width);
}

void sheet_put(struct sheet *s, int64_t wall_us, const struct picture *tile)
{
    int n = (int)((wall_us - s->begin_us) / s->tile_us);
    int width = tile->width, height = tile->height, half_width = (width + 1) / 2, half_height = (height + 1) / 2;
    /* Even, because a sample of colour is for two by two pixels. */
    int            x = n % SHEET_COLUMNS * SHEET_TILE_WIDTH + ((SHEET_TILE_WIDTH - width) / 2 & ~1);
    int            y = n / SHEET_COLUMNS * SHEET_TILE_HEIGHT + ((SHEET_TILE_HEIGHT - height) / 2 & ~1);
    uint8_t       *u = s->pixels + SHEET_WIDTH * SHEET_HEIGHT, *v = u + SHEET_WIDTH * SHEET_HEIGHT / 4;
    const uint8_t *from_u = tile->bytes + (size_t)width * (size_t)height,
                  *from_v = from_u + (size_t)half_width * (size_t)half_height;
    copy_plane(s->pixels, SHEET_WIDTH, x, y, tile->bytes, width, height);
    copy_plane(u, SHEET_WIDTH / 2, x / 2, y / 2, from_u, half_width, half_height);
    copy_plane(v, SHEET_WIDTH / 2, x / 2, y / 2, from_v, half_width, half_height);
    s->has[n] = true;
}

/* ---- turns ---- */

static struct turns turns = TURNS_OF(turns, SHEET_WORK_MAX, SIZE_MAX);

/* ---- the picture ---- */

static void work(struct offload_job *job)
{
    struct sheet *s = CONTAINER_OF(job, struct sheet, job);
    s->result = picture_encode(s->pixels, SHEET_WIDTH, SHEET_HEIGHT, s->format, &s->picture);
}

static void drop(struct offload_job *job)
{
    struct sheet *s = CONTAINER_OF(job, struct sheet, job);
    turns_end(&turns);
    sheet_free(&s);
}

struct err *sheet_make(struct sheet **s, enum picture_format format, int64_t deadline_us)
{
    struct sheet *sheet = *s;
    struct err   *e = err_wrap(turns_take(&turns, deadline_us), "wait until other sheets are made");
    if (e)
        return e;
    mem_free(sheet->picture.bytes);
    sheet->picture = (struct picture){ 0 };
    sheet->format = format;
    sheet->job.work = work;
    sheet->job.drop = drop;
    if ((e = offload(OFFLOAD_PICTURE, &sheet->job, deadline_us)))
        *s = NULL;
    else
        turns_end(&turns);
    return err_wrap(e, "make a sheet");
}

/* ---- the index ---- */

static void put_time(struct buf *out, int64_t us)
{
    int64_t ms = us / US_PER_MS, s = ms / 1000;
    buf_printf(out, "%02lld:%02d:%02d.%03d", (long long)(s / 3600), (int)(s / 60 % 60), (int)(s % 60),
               (int)(ms % 1000));
}

void sheet_put_index(struct buf *out, const struct sheet *s, const char *file)
{
    char begin[CLOCK_UTC_CAP];
    buf_printf(out, "WEBVTT\n\nNOTE 00:00:00.000 is %s\n", clock_utc(begin, s->begin_us));
    for (int n = 0; n < SHEET_TILES; n++) {
        if (!s->has[n])
            continue;
        buf_text(out, "\n");
        put_time(out, n * s->tile_us);
        buf_text(out, " --> ");
        put_time(out, (n + 1) * s->tile_us);
        buf_text(out, "\n");
        uri_put_path(out, file);
        buf_printf(out, "#xywh=%d,%d,%d,%d\n", n % SHEET_COLUMNS * SHEET_TILE_WIDTH,
                   n / SHEET_COLUMNS * SHEET_TILE_HEIGHT, SHEET_TILE_WIDTH, SHEET_TILE_HEIGHT);
    }
}
