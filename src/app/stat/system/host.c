#include "app/stat/system/host.h"

#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/co.h"
#include "protocol/offload.h"

/* The sampling period of each part, in the order of enum host_part. */
static const int64_t periods_us[HOST_PARTS] = {
    1 * US_PER_SECOND, 3 * US_PER_SECOND, 6 * US_PER_SECOND, 6 * US_PER_SECOND, 9 * US_PER_SECOND, 9 * US_PER_SECOND,
};

enum { TICK_US = US_PER_SECOND, PATIENCE_US = 30 * US_PER_SECOND };

static int index_of(enum host_part part)
{
    return __builtin_ctz(part);
}

const struct host_moment *host_sampled(const struct host *h, enum host_part part)
{
    return &h->sampled[index_of(part)];
}

bool host_has(const struct host *h, unsigned parts)
{
    for (int i = 0; i < HOST_PARTS; i++)
        if (parts & 1u << i && !h->sampled[i].wall_ms)
            return false;
    return true;
}

static double per_second(int64_t before, int64_t now, int64_t elapsed_us)
{
    return elapsed_us > 0 && now > before ? (double)(now - before) * US_PER_SECOND / (double)elapsed_us : 0;
}

static void take_cpu(struct host *h, const struct host_reading *r, int64_t elapsed_us)
{
    int64_t before = self_stat_cpu_ticks(&h->newest.self), now = self_stat_cpu_ticks(&r->self);
    if (elapsed_us > 0) {
        h->self_cpu = per_second(before, now, elapsed_us) / (double)sysconf(_SC_CLK_TCK);
        h->machine_cpu = cpu_busy(&h->newest.cpu, &r->cpu);
    }
    h->newest.self = r->self;
    h->newest.cpu = r->cpu;
}

static void take_disk(struct host *h, const struct host_reading *r, int64_t elapsed_us)
{
    const struct disk_counters *before = &h->newest.disk, *now = &r->disk;
    if (elapsed_us > 0) {
        h->disk_read_kibps = (int64_t)per_second(before->read_kib, now->read_kib, elapsed_us);
        h->disk_written_kibps = (int64_t)per_second(before->written_kib, now->written_kib, elapsed_us);
        h->disk_busy = disk_busy(before, now, elapsed_us);
    }
    h->newest.disk = *now;
}

void host_take(struct host *h, const struct host_reading *r, int64_t now, int64_t wall_ms)
{
    const struct host_moment *cpu = host_sampled(h, HOST_CPU), *disk = host_sampled(h, HOST_DISK);
    if (r->got & HOST_CPU)
        take_cpu(h, r, cpu->wall_ms ? now - cpu->at_us : 0);
    if (r->got & HOST_USAGE)
        h->newest.usage = r->usage;
    if (r->got & HOST_DISK)
        take_disk(h, r, disk->wall_ms ? now - disk->at_us : 0);
    if (r->got & HOST_RAM)
        h->newest.ram = r->ram;
    if (r->got & HOST_PLATFORM)
        h->newest.platform = r->platform;
    if (r->got & HOST_NETWORK) {
        h->newest.nics = r->nics;
        h->newest.sockets = r->sockets;
    }
    for (int i = 0; i < HOST_PARTS; i++)
        if (r->got & 1u << i)
            h->sampled[i] = (struct host_moment){ now, wall_ms };
}

struct reading_job {
    struct offload_job  job;
    struct conf        *conf; /* names the disks */
    unsigned            wanted;
    struct host_reading reading;
};

static void work_sampling(struct offload_job *job)
{
    struct reading_job      *j = CONTAINER_OF(job, struct reading_job, job);
    const struct conf_words *disks = &j->conf->stats.disk;
    host_reading_take(&j->reading, j->wanted, disks->items, disks->count);
}

static void drop_sampling(struct offload_job *job)
{
    struct reading_job *j = CONTAINER_OF(job, struct reading_job, job);
    conf_unref(&j->conf);
    mem_free(j);
}

static struct err *sample(struct host *h, unsigned wanted)
{
    struct reading_job *j = mem_calloc(1, sizeof *j);
    if (!j)
        return err_no_memory();
    j->job = (struct offload_job){ .work = work_sampling, .drop = drop_sampling };
    j->conf = conf_ref(*h->conf);
    j->wanted = wanted;
    struct err *e = offload(OFFLOAD_STAT, &j->job, now_us() + PATIENCE_US);
    if (e)
        return e;
    host_take(h, &j->reading, now_us(), wall_now_us() / US_PER_MS);
    drop_sampling(&j->job);
    return NULL;
}

/* The parts that are due. Half a tick early counts as due: otherwise it would be half a tick late. */
static unsigned due(const struct host *h, const int64_t last_us[HOST_PARTS], int64_t now)
{
    unsigned parts = 0;
    for (int i = 0; i < HOST_PARTS; i++)
        if (!last_us[i] || now - last_us[i] > periods_us[i] - TICK_US / 2)
            parts |= 1u << i;
    return (*h->conf)->stats.enabled ? parts : parts & HOST_CPU;
}

void host_run(void *arg)
{
    struct host *h = arg;
    struct err  *e = NULL;
    int64_t      last_us[HOST_PARTS] = { 0 };
    do {
        int64_t  now = now_us();
        unsigned wanted = due(h, last_us, now);
        for (int i = 0; i < HOST_PARTS; i++)
            if (wanted & 1u << i)
                last_us[i] = now;
        if (wanted && (e = sample(h, wanted)) && err_code(e) != E_THREAD_INTERRUPTED) {
            log_err(LOG_WARN, e, "sample the machine");
            e = NULL;
        }
    } while (!e && !(e = co_sleep(TICK_US)));
    err_free(e);
}
