#include "protocol/redis/place.h"

#include <stdlib.h>
#include <string.h>

#include "fuzzing.h"

/* Read the bytes as a URL of Redis. The name of what is taken leads to the same server again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct redis_place place, again;
    char               name[REDIS_NAME_CAP];
    char              *text = malloc(size + 1);
    if (size) /* else `data` may be NULL */
        memcpy(text, data, size);
    text[size] = '\0';
    if (redis_place_parse(&place, text)) {
        check(*place.host && place.port && place.database >= 0 && place.database <= REDIS_DATABASE_MAX);
        check(strlen(place.password) <= REDIS_PASSWORD_MAX && strlen(place.user) <= REDIS_USER_MAX);
        check(redis_place_parse(&again, redis_place_name(&place, name)) && strcmp(again.host, place.host) == 0 &&
              again.port == place.port && again.database == place.database && !*again.password);
    }
    free(text);
    return 0;
}
