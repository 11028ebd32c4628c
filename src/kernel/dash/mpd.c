#include "kernel/dash/mpd.h"

#include <inttypes.h>

#include "core/clock.h"
#include "core/uri.h"
#include "core/xw.h"

static const char ns_mpd[] = "urn:mpeg:dash:schema:mpd:2011", ns_cenc[] = "urn:mpeg:cenc:2013",
                  ns_dashif[] = "https://dashif.org/CPS";

/* ---- values ---- */

/* xs:duration; below 0 there is none. Zeros at the end of the fraction say nothing. */
static void attr_duration(struct xw *x, const char *name, int64_t us)
{
    int64_t left = us > 0 ? us : 0;
    if (left % 1000 == 0)
        xw_attr_printf(x, name, "PT%" PRId64 ".%03dS", left / 1000000, (int)(left % 1000000 / 1000));
    else
        xw_attr_printf(x, name, "PT%" PRId64 ".%06dS", left / 1000000, (int)(left % 1000000));
}

static void attr_wall(struct xw *x, const char *name, int64_t wall_us)
{
    char text[CLOCK_UTC_CAP];
    xw_attr(x, name, clock_utc(text, wall_us));
}

static void attr_if(struct xw *x, const char *name, const char *value)
{
    if (value && *value)
        xw_attr(x, name, value);
}

static void attr_int_if(struct xw *x, const char *name, int64_t value)
{
    if (value > 0)
        xw_attr_int(x, name, value);
}

/* Begin an attribute that is a path, with the folder of the representation. */
static void begin_path(struct xw *x, const char *name, const struct mpd_representation *r)
{
    xw_attr_begin(x, name);
    if (r->folder)
        uri_put_path(x->text, r->folder);
}

/* An element that is a scheme and a value: a DescriptorType (5.8.2). */
static void descriptor(struct xw *x, const char *element, const char *scheme, const char *value)
{
    xw_begin(x, element);
    xw_attr(x, "schemeIdUri", scheme);
    attr_if(x, "value", value);
    xw_end(x, element);
}

/* ---- segments ---- */

static int64_t us_of(int64_t ticks, uint32_t timescale)
{
    return (int64_t)((double)ticks * 1e6 / timescale);
}

static void write_run(struct xw *x, const struct mpd_segment *first, bool has_time, size_t n)
{
    xw_begin(x, "S");
    if (has_time)
        xw_attr_int(x, "t", first->time);
    xw_attr_int(x, "d", first->duration);
    attr_int_if(x, "r", (int64_t)n - 1);
    xw_end(x, "S");
}

static bool follows(const struct mpd_segment *s)
{
    return s->time == s[-1].time + s[-1].duration;
}

/* 5.3.9.6: segments of one duration that follow each other are one S with @r; @t stands at the first, and behind a gap. */
static void write_timeline(struct xw *x, const struct mpd_segment *s, size_t n)
{
    xw_begin(x, "SegmentTimeline");
    for (size_t from = 0, to; from < n; from = to) {
        to = from + 1;
        while (to < n && s[to].duration == s[from].duration && follows(s + to))
            to++;
        write_run(x, s + from, from == 0 || !follows(s + from), to - from);
    }
    xw_end(x, "SegmentTimeline");
}

static void write_template(struct xw *x, const struct mpd_representation *r, int64_t early_us)
{
    xw_begin(x, "SegmentTemplate");
    xw_attr_int(x, "timescale", r->timescale);
    attr_int_if(x, "presentationTimeOffset", r->presentation_time_offset);
    if (early_us > 0) {
        xw_attr_printf(x, "availabilityTimeOffset", "%.3f", (double)early_us / 1e6);
        xw_attr(x, "availabilityTimeComplete", "false");
    }
    begin_path(x, "initialization", r);
    uri_put_path(x->text, r->init);
    xw_attr_end(x);
    begin_path(x, "media", r);
    uri_put_path(x->text, r->media_before);
    buf_text(x->text, r->is_by_time ? "$Time$" : "$Number$");
    uri_put_path(x->text, r->media_after);
    xw_attr_end(x);
    if (!r->is_by_time)
        xw_attr_int(x, "startNumber", (int64_t)r->start_number);
    write_timeline(x, r->segments, r->n_segments);
    xw_end(x, "SegmentTemplate");
}

/* ---- representations and sets ---- */

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* 5.3.7.2 (FrameRateType): a number, or a fraction. */
static void write_frame_rate(struct xw *x, const struct mpd_representation *r)
{
    if (!r->frame_rate || !r->frame_rate_scale)
        return;
    uint32_t divisor = common_divisor(r->frame_rate, r->frame_rate_scale);
    uint32_t rate = r->frame_rate / divisor, scale = r->frame_rate_scale / divisor;
    if (scale == 1)
        xw_attr_int(x, "frameRate", rate);
    else
        xw_attr_printf(x, "frameRate", "%u/%u", rate, scale);
}

/* ISO/IEC 23091-3 8.2 (ChannelConfiguration): 1 to 6 channels have their number; 6.1 is 11, and 7.1 with rear channels is 12. */
static void write_channels(struct xw *x, uint32_t channels)
{
    char     value[2 + 1] = "";
    unsigned configuration = channels <= 6 ? channels : channels == 7 ? 11 : channels == 8 ? 12 : 0;
    if (configuration == 0)
        return;
    value[0] = (char)('0' + configuration % 10);
    if (configuration >= 10) {
        value[1] = value[0];
        value[0] = '1';
    }
    descriptor(x, "AudioChannelConfiguration", "urn:mpeg:mpegB:cicp:ChannelConfiguration", value);
}

static void write_representation(struct xw *x, const struct mpd_adaptation_set *set, const struct mpd_representation *r)
{
    xw_begin(x, "Representation");
    xw_attr(x, "id", r->id);
    xw_attr_int(x, "bandwidth", r->bandwidth_bps > 0 ? r->bandwidth_bps : 1);
    attr_if(x, "codecs", r->codecs);
    if (set->is_video) {
        attr_int_if(x, "width", r->width);
        attr_int_if(x, "height", r->height);
        write_frame_rate(x, r);
    } else {
        attr_int_if(x, "audioSamplingRate", r->sample_rate);
        write_channels(x, r->channels);
    }
    write_template(x, r, set->available_early_us);
    xw_end(x, "Representation");
}

/* ISO/IEC 23001-7 11.2: the identifier of the key is written as a UUID. */
static void write_protection(struct xw *x, const struct mpd_protection *p)
{
    const uint8_t *k = p->key_id;
    xw_begin(x, "ContentProtection");
    xw_attr(x, "schemeIdUri", "urn:mpeg:dash:mp4protection:2011");
    xw_attr(x, "value", p->scheme);
    xw_attr_printf(x, "cenc:default_KID", "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", k[0],
                   k[1], k[2], k[3], k[4], k[5], k[6], k[7], k[8], k[9], k[10], k[11], k[12], k[13], k[14], k[15]);
    xw_end(x, "ContentProtection");
    if (!p->clear_key_url)
        return;
    xw_begin(x, "ContentProtection");
    xw_attr(x, "schemeIdUri", "urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e");
    xw_attr(x, "value", "ClearKey1.0");
    xw_begin(x, "dashif:Laurl");
    xw_attr(x, "Lic_type", "EME-1.0");
    xw_text(x, p->clear_key_url);
    xw_end(x, "dashif:Laurl");
    xw_end(x, "ContentProtection");
}

static void write_producer_time(struct xw *x, const struct mpd_adaptation_set *set)
{
    if (set->produced_wall_us <= 0)
        return;
    xw_begin(x, "ProducerReferenceTime");
    xw_attr_int(x, "id", set->id);
    xw_attr(x, "type", "encoder");
    attr_wall(x, "wallClockTime", set->produced_wall_us);
    xw_attr_int(x, "presentationTime", set->produced_time);
    xw_end(x, "ProducerReferenceTime");
}

/* True if the segments that two representations have in common, by number, begin and end at the same times. */
static bool are_aligned(const struct mpd_representation *a, const struct mpd_representation *b)
{
    uint64_t first = a->start_number > b->start_number ? a->start_number : b->start_number;
    if (a->timescale != b->timescale)
        return false;
    for (uint64_t n = first; n - a->start_number < a->n_segments && n - b->start_number < b->n_segments; n++) {
        const struct mpd_segment *s = a->segments + (n - a->start_number), *t = b->segments + (n - b->start_number);
        if (s->time - a->presentation_time_offset != t->time - b->presentation_time_offset ||
            s->duration != t->duration)
            return false;
    }
    return true;
}

static bool set_is_aligned(const struct mpd_adaptation_set *set)
{
    for (size_t i = 1; i < set->n_representations; i++) {
        if (!are_aligned(set->representations, set->representations + i))
            return false;
    }
    return true;
}

/* The elements stand in the order of the schema (5.3.3.3, 5.3.7.3). */
static void write_set(struct xw *x, const struct mpd_adaptation_set *set)
{
    xw_begin(x, "AdaptationSet");
    xw_attr_int(x, "id", set->id);
    xw_attr(x, "contentType", set->is_video ? "video" : "audio");
    xw_attr(x, "mimeType", set->is_video ? "video/mp4" : "audio/mp4");
    attr_if(x, "lang", set->lang);
    if (set_is_aligned(set))
        xw_attr(x, "segmentAlignment", "true");
    if (set->starts_with_key)
        xw_attr(x, "startWithSAP", "1");
    if (set->protection)
        write_protection(x, set->protection);
    for (size_t i = 0; i < set->n_events; i++)
        descriptor(x, "InbandEventStream", set->events[i].uri, set->events[i].value);
    if (set->label && *set->label)
        xw_text_element(x, "Label", set->label);
    write_producer_time(x, set);
    if (set->cea608)
        descriptor(x, "Accessibility", "urn:scte:dash:cc:cea-608:2015", set->cea608);
    if (set->role)
        descriptor(x, "Role", "urn:mpeg:dash:role:2011", set->role);
    for (size_t i = 0; i < set->n_representations; i++) {
        if (set->representations[i].n_segments)
            write_representation(x, set, set->representations + i);
    }
    xw_end(x, "AdaptationSet");
}

static bool has_segments(const struct mpd_adaptation_set *set)
{
    for (size_t i = 0; i < set->n_representations; i++) {
        if (set->representations[i].n_segments)
            return true;
    }
    return false;
}

static void write_period(struct xw *x, const struct mpd_period *p)
{
    xw_begin(x, "Period");
    xw_attr_int(x, "id", (int64_t)p->id);
    attr_duration(x, "start", p->start_us);
    if (p->duration_us > 0)
        attr_duration(x, "duration", p->duration_us);
    for (size_t i = 0; i < p->n_sets; i++) {
        if (has_segments(p->sets + i))
            write_set(x, p->sets + i);
    }
    xw_end(x, "Period");
}

/* ---- the document ---- */

static int64_t longest_of(const struct mpd_representation *r)
{
    int64_t longest = 0;
    for (size_t i = 0; i < r->n_segments; i++) {
        if (r->segments[i].duration > longest)
            longest = r->segments[i].duration;
    }
    return us_of(longest, r->timescale);
}

static int64_t max_segment_us(const struct mpd *m)
{
    int64_t max_us = m->max_segment_us;
    for (size_t p = 0; p < m->n_periods; p++) {
        for (size_t s = 0; s < m->periods[p].n_sets; s++) {
            const struct mpd_adaptation_set *set = m->periods[p].sets + s;
            for (size_t r = 0; r < set->n_representations; r++) {
                int64_t longest_us = longest_of(set->representations + r);
                max_us = longest_us > max_us ? longest_us : max_us;
            }
        }
    }
    return (max_us + 999) / 1000 * 1000;
}

static bool is_protected(const struct mpd *m)
{
    for (size_t p = 0; p < m->n_periods; p++) {
        for (size_t s = 0; s < m->periods[p].n_sets; s++) {
            if (m->periods[p].sets[s].protection)
                return true;
        }
    }
    return false;
}

static void write_live_times(struct xw *x, const struct mpd *m)
{
    attr_wall(x, "availabilityStartTime", m->wall_available_us);
    attr_wall(x, "publishTime", m->wall_published_us);
    attr_duration(x, "minimumUpdatePeriod", m->update_us);
    if (m->depth_us > 0)
        attr_duration(x, "timeShiftBufferDepth", m->depth_us);
    if (m->delay_us > 0)
        attr_duration(x, "suggestedPresentationDelay", m->delay_us);
}

static void write_attributes(struct xw *x, const struct mpd *m)
{
    xw_attr(x, "xmlns", ns_mpd);
    if (is_protected(m)) {
        xw_attr(x, "xmlns:cenc", ns_cenc);
        xw_attr(x, "xmlns:dashif", ns_dashif);
    }
    xw_attr(x, "profiles",
            m->latency ? "urn:mpeg:dash:profile:isoff-live:2011,http://www.dashif.org/guidelines/low-latency-live-v5"
                       : "urn:mpeg:dash:profile:isoff-live:2011");
    xw_attr(x, "type", m->is_static ? "static" : "dynamic");
    if (m->is_static)
        attr_duration(x, "mediaPresentationDuration", m->duration_us);
    else
        write_live_times(x, m);
    attr_duration(x, "minBufferTime", m->min_buffer_us);
    attr_duration(x, "maxSegmentDuration", max_segment_us(m));
}

static void write_rate(struct xw *x, const char *name, unsigned percent)
{
    if (percent)
        xw_attr_printf(x, name, "%u.%02u", percent / 100, percent % 100);
}

/* Annex K.4: latencies in milliseconds. */
static void write_latency(struct xw *x, const struct mpd_latency *l)
{
    xw_begin(x, "ServiceDescription");
    xw_attr_int(x, "id", 0);
    xw_begin(x, "Latency");
    xw_attr_int(x, "target", l->target_us / 1000);
    attr_int_if(x, "min", l->min_us / 1000);
    attr_int_if(x, "max", l->max_us / 1000);
    xw_end(x, "Latency");
    if (l->min_rate_percent || l->max_rate_percent) {
        xw_begin(x, "PlaybackRate");
        write_rate(x, "min", l->min_rate_percent);
        write_rate(x, "max", l->max_rate_percent);
        xw_end(x, "PlaybackRate");
    }
    xw_end(x, "ServiceDescription");
}

static void write_head(struct xw *x, const struct mpd *m)
{
    if (m->title && *m->title) {
        xw_begin(x, "ProgramInformation");
        xw_text_element(x, "Title", m->title);
        xw_end(x, "ProgramInformation");
    }
    if (m->base && *m->base) {
        xw_begin(x, "BaseURL");
        xw_text_begin(x);
        uri_put_path(x->text, m->base);
        xw_end(x, "BaseURL");
    }
    if (m->latency)
        write_latency(x, m->latency);
}

struct err *mpd_write(const struct mpd *m, struct buf *out)
{
    struct xw x = xw_document(out);
    xw_begin(&x, "MPD");
    write_attributes(&x, m);
    write_head(&x, m);
    for (size_t i = 0; i < m->n_periods; i++)
        write_period(&x, m->periods + i);
    for (size_t i = 0; i < m->n_clocks && !m->is_static; i++)
        descriptor(&x, "UTCTiming", m->clocks[i].scheme, m->clocks[i].value);
    xw_end(&x, "MPD");
    return buf_error(out);
}
