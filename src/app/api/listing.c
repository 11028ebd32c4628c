#include "app/api/listing.h"

#include <stdlib.h>
#include <string.h>

#include "app/api/best.h"
#include "core/str.h"
#include "protocol/co.h"
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

int64_t listing_send_bytes(const void *traffic)
{
    return ((const struct traffic *)traffic)->bytes_out;
}

int64_t listing_recv_bytes(const void *traffic)
{
    return ((const struct traffic *)traffic)->bytes_in;
}

int64_t listing_send_30s(const void *traffic)
{
    return ((const struct traffic *)traffic)->out.window_30s.kbps;
}

int64_t listing_recv_30s(const void *traffic)
{
    return ((const struct traffic *)traffic)->in.window_30s.kbps;
}

static bool takes(const struct listing *list, const struct filter *f, const struct api_reply *r, const void *member)
{
    return !list->takes || list->takes(f, r, member);
}

static void begin(struct api_reply *r, const struct listing *list)
{
    api_begin(r);
    jw_array(&r->json, list->key);
}

/* `next` is the cursor of the next page, "" after the last one; NULL: it was not asked for. */
static void end(struct api_reply *r, const struct listing *list, const char *next)
{
    jw_array_end(&r->json);
    if (next) {
        jw_string(&r->json, "cursor", next);
        jw_int(&r->json, "total", (int64_t)list->members->count);
    }
    jw_object_end(&r->json);
}

/* ---- in the order of arrival: a cursor is the number of the last member ---- */

/* The place before the next member that is wanted; *skip is how many to pass over first. */
static bool find_start(const struct api_reply *r, const struct listing *list, const struct filter *f,
                       const char *cursor, struct roll_cursor *at, int64_t *skip)
{
    *skip = 0;
    if (cursor) {
        if (strspn(cursor, "0123456789") != strlen(cursor))
            return false;
        *at = roll_seek_after(list->members, strtoull(cursor, NULL, 10));
        return true;
    }
    int64_t start = list->paged ? api_number(r, "start", 0, INT64_MAX) : 0;
    *at = roll_seek(list->members, f->is_set ? 0 : (size_t)start);
    *skip = f->is_set ? start : 0;
    return true;
}

static struct err *put_by_arrival(struct api_reply *r, const struct listing *list, const struct filter *f,
                                  const char *cursor, int64_t count)
{
    struct err        *e = NULL;
    struct roll_cursor at;
    int64_t            skip;
    uint64_t           last; /* number of the last member that was written */
    bool               has_more = false;
    if (!find_start(r, list, f, cursor, &at, &skip))
        return api_refuse(r, HTTP_STATUS_BAD_REQUEST);
    last = at.number;
    begin(r, list);
    for (const void *member; !e && (member = roll_next(list->members, &at)); co_give_way_by_time()) {
        if (!takes(list, f, r, member) || skip-- > 0)
            continue;
        if (count-- == 0) {
            has_more = true;
            break;
        }
        list->put(r, NULL, member);
        last = at.number;
        e = api_give_way(r);
    }
    char next[24] = "";
    if (has_more) {
        struct str out = str_over(next, sizeof next);
        str_number(&out, (int64_t)last);
    }
    end(r, list, cursor ? next : NULL);
    return e;
}

/* ---- sorted ---- */

static const struct listing_column *find_column(const struct listing *list, const char *name)
{
    for (size_t i = 0; i < list->n_columns; i++)
        if (str_equal(list->columns[i].name, name))
            return &list->columns[i];
    return NULL;
}

static void gather(struct best *b, const struct api_reply *r, const struct listing *list, const struct filter *f,
                   const struct listing_column *by)
{
    struct roll_cursor at = roll_seek(list->members, 0);
    for (const void *member; (member = roll_next(list->members, &at)); co_give_way_by_time()) {
        if (!takes(list, f, r, member))
            continue;
        struct best_row row = { .arrival = at.number };
        const void     *part = (const char *)member + by->offset;
        const char     *text = by->text ? by->text(part) : NULL;
        if (by->number)
            row.number = by->number(part);
        str_copy(row.text, sizeof row.text, text ? text : "");
        best_add(b, &row);
    }
    best_sort(b);
}

static struct err *put_rows(struct api_reply *r, const struct listing *list, const struct best *b)
{
    struct err *e = NULL;
    char        next[BEST_PLACE_CAP] = "";
    begin(r, list);
    for (size_t i = 0; !e && i < b->n; i++, co_give_way_by_time()) {
        const void *member = roll_find(list->members, b->rows[i].arrival);
        if (member) /* it may have left since */
            list->put(r, NULL, member);
        e = api_give_way(r);
    }
    if (b->has_more && b->n)
        best_put_place(b, &b->rows[b->n - 1], next);
    end(r, list, next);
    return e;
}

static struct err *put_sorted(struct api_reply *r, const struct listing *list, const struct filter *f, const char *sort,
                              const char *cursor, int64_t count)
{
    struct best                  b = { .descending = *sort == '-' };
    const struct listing_column *by = find_column(list, sort + b.descending);
    if (!by)
        return api_refuse(r, HTTP_STATUS_BAD_REQUEST);
    b.is_text = by->text != NULL;
    if (cursor && *cursor && !best_read_place(&b, cursor))
        return api_refuse(r, HTTP_STATUS_BAD_REQUEST);
    if (!best_init(&b, count < API_SORTED_MAX ? (size_t)count : API_SORTED_MAX))
        return err_no_memory();
    gather(&b, r, list, f, by);
    struct err *e = put_rows(r, list, &b);
    best_finish(&b);
    return e;
}

struct err *listing_put_page(struct api_reply *r, const struct listing *list)
{
    const char   *sort = api_param(r, "sort"), *cursor = http_request_param(r->request, "cursor");
    int64_t       all = list->paged ? API_COUNT_DEFAULT : INT64_MAX;
    int64_t       count = api_number(r, "count", all, API_COUNT_MAX);
    struct filter f;
    if (!filter_read(&f, r))
        return api_refuse(r, HTTP_STATUS_BAD_REQUEST);
    if (sort)
        return put_sorted(r, list, &f, sort, cursor, count);
    return put_by_arrival(r, list, &f, cursor, list->paged || cursor ? count : all);
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
