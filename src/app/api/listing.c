#include "app/api/listing.h"

#include "protocol/http/status.h"

void listing_put_traffic(struct jw *j, const struct traffic *t)
{
    jw_int(j, "send_bytes", t->bytes_out);
    jw_int(j, "recv_bytes", t->bytes_in);
    jw_object(j, "kbps");
    jw_int(j, "recv_30s", t->in.window_30s.kbps);
    jw_int(j, "send_30s", t->out.window_30s.kbps);
    jw_object_end(j);
}

struct err *listing_put_page(struct api_reply *r, const char *key, const struct roll *members, bool paged,
                             void (*put)(struct api_reply *r, const char *key, const void *member))
{
    int64_t     start = paged ? api_number(r, "start", 0, INT64_MAX) : 0;
    int64_t     count = paged ? api_number(r, "count", API_COUNT_DEFAULT, API_COUNT_MAX) : INT64_MAX;
    struct err *e = NULL;
    api_begin(r);
    jw_array(&r->json, key);
    struct roll_cursor c = roll_seek(members, (size_t)start);
    for (const void *member; !e && count > 0 && (member = roll_next(members, &c)); count--) {
        put(r, NULL, member);
        e = api_give_way(r);
    }
    jw_array_end(&r->json);
    jw_object_end(&r->json);
    return e;
}

void listing_put_one(struct api_reply *r, const char *key, const void *member, int not_found,
                     void (*put)(struct api_reply *r, const char *key, const void *member))
{
    if (!member) {
        api_error(r, HTTP_STATUS_OK, not_found);
        return;
    }
    api_begin(r);
    put(r, key, member);
    jw_object_end(&r->json);
}
