#include "app/hls/reports.h"

#include "app/conf/check_hls.h"
#include "app/hls/group.h"
#include "app/hls/hls.h"
#include "app/hls/renditions.h"
#include "app/segment/template.h"
#include "core/mem.h"

enum { URIS_BYTES_MAX = 256 << 10 };

/* The newest part: of the segment that grows, if it has one already. The last segment of a rendition may be a gap, without parts. */
static struct hls_report report_of(const struct hls *h)
{
    const struct segment *s = h->lane->open, *last = lane_newest(hls_main(h)->lane);
    if (!s || s->n_parts == 0)
        s = lane_newest(h->lane);
    if (s->number < last->number)
        return (struct hls_report){ .last_msn = (int64_t)last->number, .last_part = -1 };
    return (struct hls_report){ .last_msn = (int64_t)s->number, .last_part = (int)s->n_parts - 1 };
}

static void add(struct hls_reports *r, size_t at[static HLS_REPORTS_MAX], const struct hls *of,
                const struct hls *seen_from)
{
    if (of == seen_from || r->n == HLS_REPORTS_MAX)
        return;
    at[r->n] = r->uris.len;
    template_put_uri(&r->uris, of->m3u8_path, seen_from->m3u8_path);
    hls_group_put_query(of, &r->uris);
    buf_append(&r->uris, "", 1);
    r->rows[r->n++] = report_of(of);
}

static void add_renditions(struct hls_reports *r, size_t at[static HLS_REPORTS_MAX], const struct hls *member,
                           const struct hls *seen_from)
{
    struct hls *sounds[HLS_SOUNDS_MAX], *pictures = hls_renditions_pictures(member);
    size_t      n = hls_renditions_list(member, hls_renditions_sounds(member), sounds);
    if (pictures)
        add(r, at, pictures, seen_from);
    for (size_t i = 0; i < n; i++)
        add(r, at, sounds[i], seen_from);
}

/* The streams that are reported of. */
static size_t list_members(const struct hls *h, struct hls **members, size_t cap)
{
    const struct hls_group *group = hls_main(h)->group;
    if (group)
        return hls_group_list(group, members, cap);
    members[0] = h->main;
    return h->main ? 1 : 0;
}

struct err *hls_reports_make(struct hls_reports *r, const struct hls *h)
{
    struct hls *members[CONF_VARIANTS_MAX + 1];
    size_t      at[HLS_REPORTS_MAX] = { 0 }, n = list_members(h, members, ARRAY_LEN(members));
    *r = (struct hls_reports){ .uris = buf_up_to(URIS_BYTES_MAX) };
    for (size_t i = 0; i < n; i++) {
        if (!members[i]->show->is_live)
            continue;
        if (h->main)
            add_renditions(r, at, members[i], h);
        else
            add(r, at, members[i], h);
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
