#include "media_list.h"

#include <stdlib.h>
#include <string.h>

#include "core/clock.h"

struct media_list media_list_over(const char *text, size_t len)
{
    return (struct media_list){ .p = text, .end = text + len };
}

/* The next line, without its end. */
static bool next_line(struct media_list *l, const char **line, size_t *len)
{
    if (l->p == l->end)
        return false;
    const char *stop = memchr(l->p, '\n', (size_t)(l->end - l->p));
    *line = l->p;
    *len = (size_t)((stop ? stop : l->end) - l->p);
    l->p = stop ? stop + 1 : l->end;
    if (*len && (*line)[*len - 1] == '\r')
        --*len;
    return true;
}

/* The text behind a tag, or NULL if the line is another one. */
static const char *behind(const char *line, size_t len, const char *tag)
{
    size_t n = strlen(tag);
    return len >= n && memcmp(line, tag, n) == 0 ? line + n : NULL;
}

static const char *attribute(const char *line, size_t len, const char *name)
{
    const char *found = memmem(line, len, name, strlen(name));
    return found ? found + strlen(name) : NULL;
}

/* A number of seconds. It ends before the line does, because the text goes on with a comma or is terminated. */
static int64_t seconds_us(const char *text, const char *end)
{
    char   copy[32];
    size_t n = (size_t)(end - text) < sizeof copy - 1 ? (size_t)(end - text) : sizeof copy - 1;
    memcpy(copy, text, n);
    copy[n] = '\0';
    return (int64_t)(strtod(copy, NULL) * US_PER_SECOND + 0.5);
}

static bool take_part(struct media_list *l, const char *line, size_t len, struct media_item *item)
{
    const char *end = line + len, *uri = attribute(line, len, "URI=\""), *duration = attribute(line, len, "DURATION=");
    const char *quote = uri ? memchr(uri, '"', (size_t)(end - uri)) : NULL;
    *item = (struct media_item){
        .number = l->number, .part = l->part, .duration_us = duration ? seconds_us(duration, end) : 0, .uri = uri
    };
    l->part++;
    if (!quote)
        return false;
    item->uri_len = (size_t)(quote - uri);
    return true;
}

static void take_tag(struct media_list *l, const char *line, size_t len)
{
    const char *end = line + len, *text;
    if ((text = behind(line, len, "#EXTINF:")))
        l->duration_us = seconds_us(text, end);
    else if ((text = behind(line, len, "#EXT-X-MEDIA-SEQUENCE:")))
        l->number = seconds_us(text, end) / US_PER_SECOND;
    else if ((text = behind(line, len, "#EXT-X-TARGETDURATION:")))
        l->target_us = seconds_us(text, end);
    else if (behind(line, len, "#EXT-X-SERVER-CONTROL:") && (text = attribute(line, len, "PART-HOLD-BACK=")))
        l->part_hold_back_us = seconds_us(text, end);
}

bool media_list_next(struct media_list *l, struct media_item *item)
{
    const char *line;
    size_t      len;
    while (next_line(l, &line, &len)) {
        if (len && *line != '#') {
            *item = (struct media_item){ l->number++, l->duration_us, -1, line, len };
            l->part = 0;
            return true;
        }
        if (behind(line, len, "#EXT-X-PART:")) {
            if (take_part(l, line, len, item))
                return true;
        } else {
            take_tag(l, line, len);
        }
    }
    return false;
}

bool media_list_master(const char *text, size_t len, const char **uri, size_t *uri_len)
{
    struct media_list l = media_list_over(text, len);
    bool              is_next = false;
    while (next_line(&l, uri, uri_len)) {
        if (is_next && *uri_len && **uri != '#')
            return true;
        is_next |= behind(*uri, *uri_len, "#EXT-X-STREAM-INF:") != NULL;
    }
    return false;
}
