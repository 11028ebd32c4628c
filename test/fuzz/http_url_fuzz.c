#include "protocol/http/url.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void check_path(const char *text, size_t len)
{
    char *path = malloc(len + 1), *encoded = malloc(3 * len + 4), *again = malloc(3 * len + 4);
    if (http_path_decode(path, text, len)) {
        size_t n = strlen(path);
        if (n > len || path[0] != '/' || strstr(path, "/../") || strstr(path, "/./") || strchr(path, '\\'))
            abort();
        if (!http_path_encode(encoded, 3 * len + 4, path) || !http_path_decode(again, encoded, strlen(encoded)))
            abort();
        if (strcmp(path, again) != 0)
            abort();
    }
    free(path);
    free(encoded);
    free(again);
}

static void check_query(const char *query)
{
    size_t            len = strlen(query), cap = (len + 1) / 2, count;
    char             *text = malloc(len + 2);
    struct http_pair *pairs = malloc((cap + 1) * sizeof *pairs);
    if (http_query_split(query, text, pairs, cap, &count))
        for (size_t i = 0; i < count; i++)
            if (strlen(pairs[i].name) + strlen(pairs[i].value) > len)
                abort();
    if (count > cap)
        abort();
    free(text);
    free(pairs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *text = malloc(len + 1);
    memcpy(text, data, len);
    text[len] = '\0';
    check_path(text, len);
    check_query(text);
    free(text);
    return 0;
}
