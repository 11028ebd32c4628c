#include "app/segment/variants.h"

#include <stdint.h>
#include <string.h>

#include "core/str.h"

/* The place of the longest suffix that the name ends with, from 1 on; 0: none. A suffix alone is no name of a variant. */
static size_t find_suffix(const struct conf_words *suffixes, const char *stream, size_t *suffix_len)
{
    size_t len = strlen(stream), found = 0;
    *suffix_len = 0;
    for (size_t i = 0; i < suffixes->count; i++) {
        size_t n = strlen(suffixes->items[i]);
        if (n >= len || n <= *suffix_len || memcmp(stream + len - n, suffixes->items[i], n) != 0)
            continue;
        *suffix_len = n;
        found = i + 1;
    }
    return found;
}

bool variants_group_of(char group[static STREAM_NAME_MAX + 1], const struct conf_vhost *vhost, const char *stream)
{
    size_t     suffix_len;
    struct str out = str_over(group, STREAM_NAME_MAX + 1);
    find_suffix(&vhost->hls.variants, stream, &suffix_len);
    str_append(&out, stream, strlen(stream) - suffix_len);
    return vhost->hls.variants.count > 0 && !out.cut;
}

size_t variants_place_of(const struct conf_vhost *vhost, const char *stream)
{
    size_t suffix_len;
    return vhost->hls.variants.count > 0 ? find_suffix(&vhost->hls.variants, stream, &suffix_len) : SIZE_MAX;
}
