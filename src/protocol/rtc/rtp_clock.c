#include "protocol/rtc/rtp_clock.h"

#include "core/clock.h"
#include "protocol/rtc/rtp.h"

/* The share of the time that passes by which a track is moved, and how closely two reports agree about an error. */
enum { SLEW_DIVISOR = 10, AGREEMENT_US = 100 * US_PER_MS };

/* Two reports tell the pace of the ticks if they are this far apart; it is right to a quarter and two pictures. */
enum { PACE_APART_US = 250 * US_PER_MS, PACE_DIVISOR = 4, PACE_SLACK_US = 80 * US_PER_MS };

void rtp_clock_init(struct rtp_clock *c, struct rtp_timeline *line, uint32_t hz, bool leads)
{
    *c = (struct rtp_clock){ .line = line, .hz = hz, .leads = leads };
}

static int64_t us_from_ticks(const struct rtp_clock *c, int64_t ticks)
{
    int64_t seconds = ticks / c->hz, rest = ticks % c->hz;
    return seconds * US_PER_SECOND + rest * US_PER_SECOND / c->hz;
}

static int64_t clamp(int64_t v, int64_t bound)
{
    return v > bound ? bound : v < -bound ? -bound : v;
}

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

/* By arrival, but not before what was given already. */
static void place(struct rtp_clock *c, uint32_t ts, int64_t now_us)
{
    if (!c->line->has_origin) {
        c->line->has_origin = true;
        c->line->origin_us = now_us;
    }
    int64_t by_arrival = now_us - c->line->origin_us;
    c->base_us = c->begun && by_arrival <= c->latest_us ? c->latest_us + 1 : by_arrival;
    c->begun = c->is_placed = true;
    c->ticks = c->error_us = 0;
    c->last_ts = ts;
    c->last_us = now_us;
    c->in_doubt = false;
}

/* Ticks of a time near the last one, which came, or would have come, at `now_us`. False: they do not belong together. */
static bool ticks_near(const struct rtp_clock *c, uint32_t ts, int64_t now_us, int64_t *ticks)
{
    int32_t step = (int32_t)(ts - c->last_ts);
    *ticks = c->ticks + step;
    return distance(us_from_ticks(c, step), now_us - c->last_us) <= RTP_CLOCK_JUMP_MAX_US;
}

static void slew(struct rtp_clock *c, int64_t step_us)
{
    int64_t part = step_us > 0 ? clamp(c->error_us, step_us / SLEW_DIVISOR) : 0;
    c->base_us += part;
    c->error_us -= part;
}

void rtp_clock_restart(struct rtp_clock *c)
{
    c->is_placed = c->has_report = false;
    if (c->leads)
        c->line->has_wall = false;
}

int64_t rtp_clock_us(struct rtp_clock *c, uint32_t ts, int64_t now_us)
{
    int64_t ticks = 0;
    if (c->is_placed && !ticks_near(c, ts, now_us, &ticks)) {
        c->n_jumps++;
        rtp_clock_restart(c);
    }
    if (!c->is_placed) {
        place(c, ts, now_us);
    } else {
        slew(c, us_from_ticks(c, ticks - c->ticks));
        c->ticks = ticks;
        c->last_ts = ts;
        c->last_us = now_us;
    }
    int64_t us = c->base_us + us_from_ticks(c, c->ticks);
    c->latest_us = us > c->latest_us ? us : c->latest_us;
    return us;
}

/* Whether the ticks of a report go on as the wall clock does. */
static bool is_credible(struct rtp_clock *c, const struct rtcp_sender_info *info, int64_t wall_us, int64_t ahead_us)
{
    int64_t passed_us = wall_us - c->report_wall_us;
    int64_t ticked_us = us_from_ticks(c, (int32_t)(info->rtp_ts - c->report_ts));
    if (!c->has_report)
        c->n_to_prove = distance(ahead_us, 0) > RTP_CLOCK_AHEAD_MAX_US;
    else if (distance(passed_us, 0) < PACE_APART_US)
        return c->n_to_prove == 0;
    else if (distance(ticked_us, passed_us) > PACE_SLACK_US + distance(passed_us, 0) / PACE_DIVISOR)
        c->n_to_prove = RTP_CLOCK_PROOFS;
    else
        c->n_to_prove -= c->n_to_prove > 0;
    c->has_report = true;
    c->report_ts = info->rtp_ts;
    c->report_wall_us = wall_us;
    return c->n_to_prove == 0;
}

/* An error that cannot be slewed is believed when two reports tell it. */
static void correct(struct rtp_clock *c, int64_t error_us)
{
    if (distance(error_us, 0) <= RTP_CLOCK_SLEW_MAX_US) {
        c->error_us = error_us;
        c->in_doubt = false;
        return;
    }
    bool is_confirmed = c->in_doubt && distance(error_us, c->doubt_us) <= AGREEMENT_US;
    c->in_doubt = !is_confirmed;
    c->doubt_us = error_us;
    if (is_confirmed) {
        c->base_us += error_us;
        c->error_us = 0;
    }
}

void rtp_clock_report(struct rtp_clock *c, const struct rtcp_sender_info *info, int64_t now_us)
{
    int64_t ticks = 0;
    if (info->ntp == 0 || !c->is_placed)
        return;
    int64_t ahead_us = us_from_ticks(c, (int32_t)(info->rtp_ts - c->last_ts)) - (now_us - c->last_us);
    int64_t wall_us = rtp_wall_us_from_ntp(info->ntp);
    if (!is_credible(c, info, wall_us, ahead_us)) {
        c->line->has_wall &= !c->leads;
        return;
    }
    if (!ticks_near(c, info->rtp_ts, now_us, &ticks))
        return;
    int64_t own_us = c->base_us + us_from_ticks(c, ticks);
    if (c->leads) {
        c->line->has_wall = true;
        c->line->wall_zero_us = wall_us - own_us;
    } else if (c->line->has_wall) {
        correct(c, wall_us - c->line->wall_zero_us - own_us);
    }
}
