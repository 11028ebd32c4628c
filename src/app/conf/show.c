#include "app/conf/show.h"

#include "core/str.h"

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

const char *conf_show(const char *word, char *buf, size_t cap)
{
    enum { SHOWN = 100 };
    struct str out = str_over(buf, cap);
    for (size_t i = 0; word[i] && !out.cut; i++) {
        if (i == SHOWN) {
            str_printf(&out, "...");
            break;
        }
        if (is_control(word[i]))
            str_printf(&out, "\\x%02x", (unsigned)(unsigned char)word[i]);
        else
            str_append(&out, &word[i], 1);
    }
    return buf;
}
