/* The description of a refusal by RTMP's authmod, and what a client answers to it: the server's part reads it as it was meant. */
#include <stddef.h>
#include <stdint.h>

#include "fuzzing.h"
#include "protocol/rtmp/authmod_client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct authmod_demand d;
    struct authmod        a;
    char                  query[AUTHMOD_QUERY_CAP], tc_url[AUTHMOD_QUERY_CAP + 16] = "rtmp://h/live?";
    size_t                cut;
    authmod_demand_read(&d, (const char *)data, size);
    if (!authmod_answer(query, &d, "ann", "secret", "1234abcd"))
        return 0;
    strcat(tc_url, query);
    enum authmod_step step = authmod_read(tc_url, &a, &cut);
    check(cut == strlen("rtmp://h/live"));
    check(strcmp(a.user, "ann") == 0);
    if (d.kind == AUTHMOD_DEMANDS_USER)
        check(step == AUTHMOD_USER);
    else
        check(step == (*d.opaque ? AUTHMOD_RESPONSE : AUTHMOD_BAD));
    return 0;
}
