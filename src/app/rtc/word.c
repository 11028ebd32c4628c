#include "app/rtc/word.h"

#include <stdint.h>

#include "core/ident.h"

bool rtc_word_make(char *word, size_t len)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    uint8_t           random[RTC_WORD_MAX];
    if (!random_secret(random, len))
        return false;
    for (size_t i = 0; i < len; i++)
        word[i] = digits[random[i] % (sizeof digits - 1)];
    word[len] = 0;
    return true;
}
