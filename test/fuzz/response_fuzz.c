#include "protocol/http/location.h"
#include "protocol/http/response.h"

#include <stdlib.h>
#include <string.h>

enum { FIELDS = 16, INPUT_MAX = 8192 };

static void redirect(const char *to)
{
    char                 url[HTTP_URL_MAX + 1], authority[HTTP_URL_HOST_MAX + 16];
    struct http_location l;
    struct err          *e = http_location_resolve("http://a.example/x/y?z", to, url);
    if (!e)
        e = http_location_parse(&l, url);
    if (!e && (!l.host[0] || strpbrk(http_location_authority(&l, authority, sizeof authority), "\r\n ")))
        abort();
    if (!e && l.target_len && (l.target < url || l.target + l.target_len > url + strlen(url)))
        abort();
    err_free(e);
}

/* Parse the head of a response, and resolve its Location. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static char          head[INPUT_MAX + 1];
    struct http_pair     fields[FIELDS];
    struct http_response r;
    if (len < 1 || len > INPUT_MAX)
        return 0;
    memcpy(head, data + 1, len - 1);
    head[len - 1] = '\0';
    redirect(head);
    if (http_response_parse(&r, head, len - 1, fields, FIELDS, data[0] & 1))
        return 0;
    for (size_t i = 0; i < r.n_fields; i++)
        if (strpbrk(r.fields[i].name, "\r\n:") || strpbrk(r.fields[i].value, "\r\n"))
            abort();
    const char *location = http_response_field(&r, "Location");
    if (location)
        redirect(location);
    return 0;
}
