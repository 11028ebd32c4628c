/* Choose a variant of a master playlist: the choice lies in the text, and only a master playlist has one. */
#include "fuzzing.h"

#include "kernel/hls/master_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hls_choice c;
    char *text = malloc(len + 1); /* of exactly that length, so that the sanitizer finds a read past its end */
    check(text != NULL);
    if (len > 0)
        memcpy(text, data, len);
    bool is_master = hls_is_master(text, len);
    if (hls_master_choose(&c, text, len)) {
        check(is_master && c.bandwidth_bps > 0);
        check(c.uri > text && c.uri + strlen(c.uri) < text + len);
        check(*c.uri && *c.uri != '#' && !strchr(c.uri, '\n'));
    } else {
        check(c.uri == NULL);
    }
    free(text);
    return 0;
}
