#include "app/bans/line.h"

#include <string.h>

#include "core/clock.h"
#include "core/hex.h"
#include "core/str.h"

#define NOTHING "-"
#define BY_ITSELF "auto"

/* The longest subject or reason in which each byte is %XX, with a NUL. */
enum { WORD_CAP = 3 * BAN_SUBJECT_CAP };

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static void put_word(struct buf *out, const char *text)
{
    if (!*text || str_equal(text, NOTHING)) {
        buf_text(out, *text ? "%2D" : NOTHING);
        return;
    }
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c > ' ' && c < 0x7f && c != '%')
            buf_append(out, text, 1);
        else
            buf_printf(out, "%%%02X", c);
    }
}

void ban_line_put(struct buf *out, const struct ban *b, int64_t until_wall_s)
{
    buf_printf(out, "%s ", ban_kind_name(b->kind));
    put_word(out, b->subject);
    buf_printf(out, " %s %lld %lld %s ", b->id, (long long)(b->since_wall_us / US_PER_SECOND), (long long)until_wall_s,
               b->automatic ? BY_ITSELF : NOTHING);
    put_word(out, b->reason);
    buf_text(out, "\n");
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* Take the next word, and the blank behind it. False: there is none, or it is too long. */
static bool take_word(const char **at, const char *end, char *word, size_t cap)
{
    const char *blank = memchr(*at, ' ', (size_t)(end - *at));
    size_t      len = (size_t)((blank ? blank : end) - *at);
    if (len == 0 || len >= cap || (blank && blank + 1 == end))
        return false;
    memcpy(word, *at, len);
    word[len] = '\0';
    *at += len + (blank != NULL);
    return strlen(word) == len;
}

static bool unescape(const char *word, char *out, size_t cap)
{
    size_t n = 0;
    if (str_equal(word, NOTHING))
        word = "";
    for (; *word; word++, n++) {
        if (n + 1 >= cap)
            return false;
        out[n] = *word;
        if (*word != '%')
            continue;
        uint8_t byte = 0;
        if (strlen(word) < 3 || !hex_decode(word + 1, &byte, 1) || byte == 0)
            return false;
        out[n] = (char)byte;
        word += 2;
    }
    out[n] = '\0';
    return true;
}

static bool take_text(const char **at, const char *end, char *out, size_t cap)
{
    char word[WORD_CAP];
    return take_word(at, end, word, sizeof word) && unescape(word, out, cap);
}

/* Seconds since 1970, up to the year 9999. */
static bool take_time(const char **at, const char *end, int64_t *seconds)
{
    char word[16];
    *seconds = 0;
    if (!take_word(at, end, word, sizeof word))
        return false;
    for (const char *p = word; *p; p++) {
        if (*p < '0' || *p > '9')
            return false;
        *seconds = *seconds * 10 + (*p - '0');
    }
    return *seconds <= INT64_C(253402300799);
}

bool ban_line_parse(const char *text, size_t len, struct ban_line *out)
{
    const char *at = text, *end = text + len;
    char        kind[16], subject[BAN_SUBJECT_CAP], who[16];
    int64_t     since_s;
    *out = (struct ban_line){ 0 };
    if (!take_word(&at, end, kind, sizeof kind) || !ban_kind_find(kind, &out->wish.kind) ||
        !take_text(&at, end, subject, sizeof subject) || !ban_subject(out->wish.kind, subject, out->subject) ||
        !take_word(&at, end, out->id, sizeof out->id) || strlen(out->id) != IDENT_LEN ||
        strspn(out->id, "0123456789abcdefghijklmnopqrstuvwxyz") != IDENT_LEN || !take_time(&at, end, &since_s) ||
        !take_time(&at, end, &out->until_wall_s) || !take_word(&at, end, who, sizeof who) ||
        !take_text(&at, end, out->reason, sizeof out->reason) || at != end)
        return false;
    out->wish.subject = out->subject;
    out->wish.reason = out->reason;
    out->wish.id = out->id;
    out->wish.since_wall_us = since_s * US_PER_SECOND;
    out->wish.automatic = str_equal(who, BY_ITSELF);
    return out->wish.automatic || str_equal(who, NOTHING);
}
