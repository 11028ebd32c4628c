#include "app/rtc/breaker.h"

#include "app/conf/conf.h"
#include "app/server/server.h"
#include "app/stat/live_events.h"
#include "core/clock.h"
#include "core/jw.h"
#include "core/log.h"
#include "core/mw.h"
#include "protocol/co.h"

enum { MEASURE_US = US_PER_SECOND };

static const struct {
    const char *name, *effect;
} levels[] = {
    [RTC_LEVEL_CALM] = { "calm", "everything is done again" },
    [RTC_LEVEL_HIGH] = { "high", "lost packets of publishers are not asked for" },
    [RTC_LEVEL_CRITICAL] = { "critical", "new sessions are refused, and nothing is asked for, reported or sent again" },
    [RTC_LEVEL_DYING] = { "dying", "viewers are sent nothing, and new sessions are refused" },
};

static struct {
    struct rtc_breaker state;
    int                percent; /* of the last second */
    int64_t            n_refused;
} breaker;

/* True if the load is above the threshold, or has been for the last `pulse` seconds. */
static bool holds(int *left, bool is_above, int pulse)
{
    if (is_above)
        *left = pulse;
    else if (*left > 0)
        (*left)--;
    return is_above || *left > 0;
}

void rtc_breaker_judge(struct rtc_breaker *b, const struct conf_breaker *conf, int percent)
{
    if (!conf->enabled) {
        *b = (struct rtc_breaker){ .level = RTC_LEVEL_CALM };
        return;
    }
    bool is_high = holds(&b->high_left, percent > conf->high_threshold, conf->high_pulse);
    bool is_critical = holds(&b->critical_left, percent > conf->critical_threshold, conf->critical_pulse);
    if (percent <= conf->dying_threshold)
        b->dying_for = 0;
    else if (b->dying_for < conf->dying_pulse)
        b->dying_for++;
    bool is_dying = conf->dying_pulse > 0 && b->dying_for >= conf->dying_pulse;
    b->level = is_dying      ? RTC_LEVEL_DYING
               : is_critical ? RTC_LEVEL_CRITICAL
               : is_high     ? RTC_LEVEL_HIGH
                             : RTC_LEVEL_CALM;
}

enum rtc_level rtc_breaker_level(void)
{
    return breaker.state.level;
}

struct err *rtc_breaker_check(void)
{
    if (breaker.state.level < RTC_LEVEL_CRITICAL)
        return NULL;
    breaker.n_refused++;
    return err_new(E_RTC_OVERLOADED, "the loop computes %d%% of the time, circuit_breaker is at the level %s",
                   breaker.percent, levels[breaker.state.level].name);
}

/* ---- what is told ---- */

static void put_members(struct jw *j)
{
    jw_string(j, "level", levels[breaker.state.level].name);
    jw_int(j, "loop_percent", breaker.percent);
    jw_int(j, "refused", breaker.n_refused);
}

void rtc_breaker_put(struct jw *j)
{
    jw_object(j, "circuit_breaker");
    put_members(j);
    jw_object_end(j);
}

void rtc_breaker_put_metrics(struct mw *m)
{
    mw_one(m, MW_GAUGE, "srs_rtc_breaker_level",
           "Level of circuit_breaker: 0 is calm, 1 is high, 2 is critical, 3 is dying.", breaker.state.level);
    mw_one(m, MW_COUNTER, "srs_rtc_breaker_refused_total", "Sessions of WebRTC that it has refused.",
           breaker.n_refused);
}

static void tell_change(void)
{
    enum rtc_level level = breaker.state.level;
    struct jw      j = JW_INIT;
    if (level == RTC_LEVEL_CALM)
        log_info("rtc: circuit_breaker is calm, the loop computes %d%% of the time: %s", breaker.percent,
                 levels[level].effect);
    else
        log_warn("rtc: circuit_breaker is at the level %s, the loop computes %d%% of the time: %s", levels[level].name,
                 breaker.percent, levels[level].effect);
    if (!live_events_are_wanted())
        return;
    jw_object(&j, NULL);
    put_members(&j);
    jw_object_end(&j);
    live_events_tell("circuit_breaker", &j);
}

/* ---- the service ---- */

void rtc_breaker_run(void *arg)
{
    const struct server *s = arg;
    struct err          *e;
    int64_t              at_us = now_us(), cpu_us = thread_cpu_us();
    while (!(e = co_sleep(MEASURE_US))) {
        enum rtc_level was = breaker.state.level;
        int64_t        now = now_us(), cpu_now = thread_cpu_us();
        breaker.percent = (int)((cpu_now - cpu_us) * 100 / (now - at_us));
        at_us = now;
        cpu_us = cpu_now;
        rtc_breaker_judge(&breaker.state, &s->conf->breaker, breaker.percent);
        if (breaker.state.level != was)
            tell_change();
    }
    err_free(e);
}
