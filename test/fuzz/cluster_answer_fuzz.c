#include "app/cluster/answer.h"

#include <stdlib.h>
#include <string.h>

#include "app/cluster/url.h"
#include "core/mem.h"
#include "fuzzing.h"

/* Read the bytes as the answer of a co-worker. Whatever it says, clients get a URL of one line and one host. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cluster_place place;
    char                *text = malloc(size + 1), *url;
    if (size) /* else `data` may be NULL */
        memcpy(text, data, size);
    if (cluster_answer_read(text, size, &place) == CLUSTER_ANSWER_HERE) {
        check(*place.host && !strpbrk(place.host, " \t\r\n/@?#%\\\"<>"));
        struct err *e = cluster_rtmp_url(&url, &place, false, "__defaultVhost__", "live", "s", "");
        check(!e && strncmp(url, "rtmp://", 7) == 0 && strstr(url, "/live/s?cluster_hop=1"));
        mem_free(url);
    }
    free(text);
    return 0;
}
