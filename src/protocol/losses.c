#include "protocol/losses.h"

#include "core/clock.h"
#include "core/log.h"

/* A disk that is just too slow is in trouble many times a second, but the log gets one pair of lines per interval. */
enum { TELL_AGAIN_US = 10 * US_PER_SECOND };

static struct file_writer_lost total;

static void add(struct file_writer_lost *sum, struct file_writer_lost lost)
{
    sum->units += lost.units;
    sum->bytes += lost.bytes;
    sum->files += lost.files;
}

void losses_add(struct losses *l, struct file_writer_lost lost, const char *what, const char *path, const char *why)
{
    if (!l->is_told && (!l->told_last_us || now_us() - l->told_last_us >= TELL_AGAIN_US)) {
        l->is_told = true;
        log_warn("%s, %s: %s; what comes is lost until it can be written again", what, path, why);
    }
    add(&l->lost, lost);
    add(&total, lost);
}

struct file_writer_lost losses_total(void)
{
    return total;
}

static void tell(struct losses *l, const char *what, const char *path, const char *event)
{
    log_info("%s, %s: %s, lost: %llu files, %llu units, %llu bytes", what, path, event,
             (unsigned long long)(l->lost.files - l->told.files), (unsigned long long)(l->lost.units - l->told.units),
             (unsigned long long)(l->lost.bytes - l->told.bytes));
    l->told = l->lost;
}

void losses_end_trouble(struct losses *l, const char *what, const char *path)
{
    if (!l->is_told)
        return;
    tell(l, what, path, "written again");
    l->is_told = false;
    l->told_last_us = now_us();
}

void losses_finish(struct losses *l, const char *what, const char *path)
{
    if (l->lost.units > l->told.units || l->lost.files > l->told.files)
        tell(l, what, path, "closed");
}
