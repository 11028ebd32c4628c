#include "kernel/track_text.h"

#include <stdio.h>
#include <string.h>

#include "core/utf8.h"
#include "kernel/amf0.h"

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* RFC 5646 2.1: subtags of one to eight letters and digits, with hyphens between them. */
static bool is_language(const char *text)
{
    enum { SUBTAG_MAX = 8 };
    int n = 0;
    for (; *text; text++) {
        bool is_hyphen = *text == '-';
        if ((is_hyphen && n == 0) || (!is_hyphen && (!is_letter_or_digit(*text) || ++n > SUBTAG_MAX)))
            return false;
        n = is_hyphen ? 0 : n;
    }
    return n > 0;
}

static bool is_title(const char *text)
{
    struct utf8 u = { 0 };
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            return false;
    return utf8_feed(&u, text, strlen(text)) && utf8_is_whole(&u);
}

static void take(char *dst, size_t cap, struct rd object, const char *name, bool (*is_good)(const char *text))
{
    struct amf0_text text = amf0_get_string(object, name);
    if (!text.p || !amf0_text_copy(dst, cap, text) || !is_good(dst))
        *dst = '\0';
}

struct track_text track_text_find(const struct frame *metadata, unsigned track)
{
    struct track_text found = { 0 };
    char              id[16];
    struct rd         map, object;
    if (!metadata)
        return found;
    struct rd r = rd_over(metadata->data, metadata->len);
    amf0_skip(&r); /* "onMetaData" */
    snprintf(id, sizeof id, "%u", track);
    if (!amf0_find(r, "audioTrackIdInfoMap", &map) || !amf0_find(map, id, &object))
        return found;
    take(found.language, sizeof found.language, object, "language", is_language);
    take(found.title, sizeof found.title, object, "title", is_title);
    return found;
}
