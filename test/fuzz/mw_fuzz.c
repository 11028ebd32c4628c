#include "core/mw.h"

#include <stdint.h>

#include "core/utf8.h"
#include "fuzzing.h"

/* Read a value as a scraper does, up to its closing quote; returns what follows it. */
static const char *read_value(const char *at, char *out)
{
    for (; *at != '"'; at++, out++) {
        check(*at != '\0' && *at != '\n');
        if (*at != '\\') {
            *out = *at;
            continue;
        }
        at++;
        check(*at == '\\' || *at == '"' || *at == 'n');
        *out = *at == 'n' ? '\n' : *at;
    }
    *out = '\0';
    return at + 1;
}

/* Any bytes as a value give one line, from which a scraper reads them again, with U+FFFD for what is not UTF-8. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    enum { LEN_MAX = 4096, GROWTH = 3 };
    static char value[LEN_MAX + 1], wanted[GROWTH * LEN_MAX + 1], got[GROWTH * LEN_MAX + 1];
    if (len > LEN_MAX)
        return 0;
    memcpy(value, data, len);
    value[len] = '\0';
    check(utf8_copy(wanted, sizeof wanted, value, strlen(value)));

    static const char head[] = "m{a=\"1\",b=\"";
    struct buf        text = BUF_UP_TO(1 << 20), labels = BUF_UP_TO(1 << 20);
    struct mw         m = { .text = &text, .family = "m" };
    mw_begin(&m, "a=\"1\"");
    mw_label(&m, "b", value);
    mw_int(&m, 7);
    check(strncmp(text.bytes, head, sizeof head - 1) == 0);
    check(strcmp(read_value(text.bytes + sizeof head - 1, got), "} 7\n") == 0);
    check(strcmp(got, wanted) == 0);

    mw_text_label(&labels, "b", value);
    check(strncmp(labels.bytes, "b=\"", 3) == 0);
    check(*read_value(labels.bytes + 3, got) == '\0');
    check(strcmp(got, wanted) == 0);
    buf_finish(&text);
    buf_finish(&labels);
    return 0;
}
