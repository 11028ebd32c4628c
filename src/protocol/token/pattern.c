#include "protocol/token/pattern.h"

/* Only the newest `*` is tried again: an earlier one that took more would leave less for the rest, and gain nothing. */
bool pattern_is(const char *pattern, size_t len, const char *text, bool crosses)
{
    const char *p = pattern, *end = pattern + len, *star = NULL, *from = NULL;
    while (*text) {
        if (p < end && *p == '*') {
            star = p++;
            from = text;
        } else if (p < end && *p == *text) {
            p++;
            text++;
        } else if (star && (crosses || *from != '/')) {
            p = star + 1;
            text = ++from;
        } else {
            return false;
        }
    }
    while (p < end && *p == '*')
        p++;
    return p == end;
}
