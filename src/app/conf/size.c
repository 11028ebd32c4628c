#include "app/conf/size.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PERCENT_MAX = 100 };

/* The shift that a unit stands for; -1: not a unit. */
static int shift_of(const char *unit)
{
    static const char letters[] = "kmg";
    if (!*unit)
        return 0;
    char        lower = (char)(*unit | 0x20);
    const char *at = memchr(letters, lower, sizeof letters - 1);
    bool        ends = !unit[1] || ((unit[1] | 0x20) == 'b' && !unit[2]);
    return at && ends ? 10 * (int)(at - letters + 1) : -1;
}

bool conf_size_parse(const char *word, struct conf_size *out)
{
    *out = (struct conf_size){ 0 };
    if (strcmp(word, "off") == 0)
        return true;
    if (word[0] < '0' || word[0] > '9')
        return false;
    char *end;
    errno = 0;
    long long n = strtoll(word, &end, 10);
    if (errno == ERANGE)
        return false;
    if (strcmp(end, "%") == 0) {
        out->percent = n >= 1 && n <= PERCENT_MAX ? (int)n : 0;
        return out->percent > 0;
    }
    int shift = shift_of(end);
    if (shift < 0 || n > INT64_MAX >> shift)
        return false;
    out->bytes = (int64_t)n << shift;
    return true;
}

int64_t conf_size_of(const struct conf_size *size, int64_t whole)
{
    return size->percent ? whole / PERCENT_MAX * size->percent : size->bytes;
}
