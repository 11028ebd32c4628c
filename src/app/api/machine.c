/* Endpoints about this process and its machine, as of the last sample. */
#include "app/api/endpoints.h"
#include "app/api/reply.h"
#include "app/api/summaries.h"
#include "app/rtc/breaker.h"
#include "app/stat/system/host.h"
#include "core/clock.h"
#include "core/version.h"

/* Begin the data with `ok`, which tells whether this part has been sampled, and the time of the sample. */
static void begin_sampled(struct api_reply *r, enum host_part part)
{
    api_begin_data(r);
    jw_bool(&r->json, "ok", host_has(&r->server->host, part));
    jw_int(&r->json, "sample_time", host_sampled(&r->server->host, part)->wall_ms);
}

static void put_self(struct jw *j, const struct server *s)
{
    const struct host_reading *h = &s->host.newest;
    int64_t                    total_kib = h->ram.total;
    jw_object(j, "self");
    jw_string(j, "version", VERSION);
    jw_int(j, "pid", h->self.pid);
    jw_int(j, "ppid", self_stat_ppid(&h->self));
    jw_string(j, "argv", h->platform.argv);
    jw_string(j, "cwd", h->platform.cwd);
    jw_int(j, "mem_kbyte", h->usage.ru_maxrss);
    jw_fixed(j, "mem_percent", total_kib ? (double)h->usage.ru_maxrss / (double)total_kib : 0);
    jw_fixed(j, "cpu_percent", s->host.self_cpu);
    jw_int(j, "srs_uptime", (now_us() - s->registry.since_us) / US_PER_SECOND);
    jw_object_end(j);
}

static void put_machine(struct jw *j, const struct host *host)
{
    const struct host_reading  *h = &host->newest;
    const struct host_platform *p = &h->platform;
    jw_fixed(j, "cpu_percent", host->machine_cpu);
    jw_int(j, "disk_read_KBps", host->disk_read_kibps);
    jw_int(j, "disk_write_KBps", host->disk_written_kibps);
    jw_fixed(j, "disk_busy_percent", host->disk_busy);
    jw_int(j, "mem_ram_kbyte", h->ram.total);
    jw_fixed(j, "mem_ram_percent", ram_share(&h->ram));
    jw_int(j, "mem_swap_kbyte", h->ram.swap_total);
    jw_fixed(j, "mem_swap_percent", ram_swap_share(&h->ram));
    jw_int(j, "cpus", p->cpus);
    jw_int(j, "cpus_online", p->cpus_online);
    jw_fixed(j, "uptime", p->uptime_s);
    jw_fixed(j, "ilde_time", p->idle_s); /* the misspelling is part of the interface */
    jw_fixed(j, "load_1m", p->load[0]);
    jw_fixed(j, "load_5m", p->load[1]);
    jw_fixed(j, "load_15m", p->load[2]);
}

static void put_network(struct jw *j, const struct server *s)
{
    const struct host_reading *h = &s->host.newest;
    jw_int(j, "net_sample_time", host_sampled(&s->host, HOST_NETWORK)->wall_ms);
    jw_int(j, "net_recv_bytes", h->nics.public_in);
    jw_int(j, "net_send_bytes", h->nics.public_out);
    jw_int(j, "net_recvi_bytes", h->nics.inner_in);
    jw_int(j, "net_sendi_bytes", h->nics.inner_out);
    jw_int(j, "srs_sample_time", s->registry.sampled_wall_ms);
    jw_int(j, "srs_recv_bytes", s->registry.traffic.bytes_in);
    jw_int(j, "srs_send_bytes", s->registry.traffic.bytes_out);
    jw_int(j, "conn_sys", h->sockets.tcp);
    jw_int(j, "conn_sys_et", h->sockets.established);
    jw_int(j, "conn_sys_tw", h->sockets.time_wait);
    jw_int(j, "conn_sys_udp", h->sockets.udp);
    jw_int(j, "conn_srs", s->registry.n_clients);
}

void api_put_summaries(struct jw *j, const struct server *s)
{
    jw_bool(j, "ok", host_has(&s->host, HOST_ALL));
    jw_int(j, "now_ms", wall_now_us() / US_PER_MS);
    put_self(j, s);
    jw_object(j, "system");
    put_machine(j, &s->host);
    put_network(j, s);
    jw_object_end(j);
    rtc_breaker_put(j);
}

static struct err *write_summaries(struct api_reply *r)
{
    api_begin_data(r);
    api_put_summaries(&r->json, r->server);
    api_end_data(r);
    return NULL;
}

static struct err *write_rusages(struct api_reply *r)
{
    const struct rusage *u = &r->server->host.newest.usage;
    const struct {
        const char *name;
        int64_t     value;
    } fields[] = {
        { "ru_utime", u->ru_utime.tv_sec }, { "ru_stime", u->ru_stime.tv_sec }, { "ru_maxrss", u->ru_maxrss },
        { "ru_ixrss", u->ru_ixrss },        { "ru_idrss", u->ru_idrss },        { "ru_isrss", u->ru_isrss },
        { "ru_minflt", u->ru_minflt },      { "ru_majflt", u->ru_majflt },      { "ru_nswap", u->ru_nswap },
        { "ru_inblock", u->ru_inblock },    { "ru_oublock", u->ru_oublock },    { "ru_msgsnd", u->ru_msgsnd },
        { "ru_msgrcv", u->ru_msgrcv },      { "ru_nsignals", u->ru_nsignals },  { "ru_nvcsw", u->ru_nvcsw },
        { "ru_nivcsw", u->ru_nivcsw },
    };
    begin_sampled(r, HOST_USAGE);
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        jw_int(&r->json, fields[i].name, fields[i].value);
    api_end_data(r);
    return NULL;
}

static struct err *write_self_proc_stats(struct api_reply *r)
{
    const struct self_stat *self = &r->server->host.newest.self;
    begin_sampled(r, HOST_CPU);
    jw_fixed(&r->json, "percent", r->server->host.self_cpu);
    jw_int(&r->json, "pid", self->pid);
    jw_string(&r->json, "comm", self->comm);
    jw_string(&r->json, "state", (char[]){ self->state, '\0' });
    for (int i = 0; i < SELF_STAT_NUMBERS; i++)
        jw_int(&r->json, self_stat_names[i], self->numbers[i]);
    api_end_data(r);
    return NULL;
}

static struct err *write_system_proc_stats(struct api_reply *r)
{
    const struct cpu_ticks *t = &r->server->host.newest.cpu;
    begin_sampled(r, HOST_CPU);
    jw_fixed(&r->json, "percent", r->server->host.machine_cpu);
    jw_int(&r->json, "user", t->user);
    jw_int(&r->json, "nice", t->nice);
    jw_int(&r->json, "sys", t->sys);
    jw_int(&r->json, "idle", t->idle);
    jw_int(&r->json, "iowait", t->iowait);
    jw_int(&r->json, "irq", t->irq);
    jw_int(&r->json, "softirq", t->softirq);
    jw_int(&r->json, "steal", t->steal);
    jw_int(&r->json, "guest", t->guest);
    api_end_data(r);
    return NULL;
}

static struct err *write_meminfos(struct api_reply *r)
{
    const struct ram *m = &r->server->host.newest.ram;
    begin_sampled(r, HOST_RAM);
    jw_fixed(&r->json, "percent_ram", ram_share(m));
    jw_fixed(&r->json, "percent_swap", ram_swap_share(m));
    jw_int(&r->json, "MemActive", ram_active(m));
    jw_int(&r->json, "RealInUse", ram_in_use(m));
    jw_int(&r->json, "NotInUse", m->total - ram_in_use(m));
    jw_int(&r->json, "MemTotal", m->total);
    jw_int(&r->json, "MemFree", m->free);
    jw_int(&r->json, "Buffers", m->buffers);
    jw_int(&r->json, "Cached", m->cached);
    jw_int(&r->json, "SwapTotal", m->swap_total);
    jw_int(&r->json, "SwapFree", m->swap_free);
    api_end_data(r);
    return NULL;
}

struct err *api_summaries(struct http_exchange *x)
{
    return api_answer(x, write_summaries);
}

struct err *api_rusages(struct http_exchange *x)
{
    return api_answer(x, write_rusages);
}

struct err *api_self_proc_stats(struct http_exchange *x)
{
    return api_answer(x, write_self_proc_stats);
}

struct err *api_system_proc_stats(struct http_exchange *x)
{
    return api_answer(x, write_system_proc_stats);
}

struct err *api_meminfos(struct http_exchange *x)
{
    return api_answer(x, write_meminfos);
}
