/* authmod in a tcUrl: what stands before the cut has nothing of it, and a read of that finds nothing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/rtmp/authmod.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct authmod a;
    size_t         cut;
    char          *text = malloc(len + 1);
    if (len)
        memcpy(text, data, len);
    text[len] = '\0';
    authmod_tidy(text);
    enum authmod_step step = authmod_read(text, &a, &cut);
    if (cut > strlen(text) || (step == AUTHMOD_NOTHING) != (text[cut] == '\0'))
        abort();
    text[cut] = '\0';
    if (authmod_read(text, &a, &cut) != AUTHMOD_NOTHING)
        abort();
    free(text);
    return 0;
}
