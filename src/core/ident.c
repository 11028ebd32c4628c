#include "core/ident.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

bool random_secret(void *buf, size_t len)
{
    uint8_t *p = buf;
    while (len > 0) {
        ssize_t n = getrandom(p, len, 0);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        }
    }
    return true;
}

void random_bytes(void *buf, size_t len)
{
    if (!random_secret(buf, len))
        memset(buf, 0x5a, len); /* ids repeat, and nothing else suffers */
}

void ident_random(char *buf, size_t len)
{
    static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    random_bytes(buf, len);
    for (size_t i = 0; i < len; i++)
        buf[i] = alphabet[(uint8_t)buf[i] % (sizeof alphabet - 1)];
    buf[len] = '\0';
}

void ident_vid(char *buf)
{
    memcpy(buf, "vid-", 4);
    ident_random(buf + 4, 7);
}
