#include "app/hls/reports.h"

#include "app/hls/group.h"
#include "app/hls/hls.h"
#include "app/segment/template.h"
#include "core/mem.h"

enum { URIS_BYTES_MAX = 256 << 10 };

/* The newest part of a variant: of the segment that grows, if it has one already. */
static struct hls_report report_of(const struct hls *h)
{
    const struct segment *s = h->lane->open;
    if (!s || s->n_parts == 0)
        s = lane_newest(h->lane);
    return (struct hls_report){ .last_msn = (int64_t)s->number, .last_part = (int)s->n_parts - 1 };
}

struct err *hls_reports_make(struct hls_reports *r, const struct hls *h)
{
    struct hls *members[CONF_VARIANTS_MAX + 1];
    size_t      at[CONF_VARIANTS_MAX] = { 0 }, n = h->group ? hls_group_list(h->group, members, ARRAY_LEN(members)) : 0;
    *r = (struct hls_reports){ .uris = buf_up_to(URIS_BYTES_MAX) };
    for (size_t i = 0; i < n && r->n < CONF_VARIANTS_MAX; i++) {
        if (members[i] == h || !members[i]->show->is_live)
            continue;
        at[r->n] = r->uris.len;
        template_put_uri(&r->uris, members[i]->m3u8_path, h->m3u8_path);
        hls_group_put_query(members[i], &r->uris);
        buf_append(&r->uris, "", 1);
        r->rows[r->n++] = report_of(members[i]);
    }
    struct err *e = buf_error(&r->uris);
    for (size_t i = 0; !e && i < r->n; i++)
        r->rows[i].uri = r->uris.bytes + at[i];
    return e;
}

void hls_reports_finish(struct hls_reports *r)
{
    buf_finish(&r->uris);
}
