#include "app/stat/system/disk.h"

#include <string.h>

#include "app/stat/system/proc_text.h"
#include "core/clock.h"

bool disk_parse_vmstat(const char *vmstat, struct disk_counters *out)
{
    out->read_kib = proc_text_number(vmstat, "pgpgin");
    out->written_kib = proc_text_number(vmstat, "pgpgout");
    return proc_text_find(vmstat, "pgpgin") != NULL;
}

static bool is_named(const char *name, size_t len, char *const *names, size_t n_names)
{
    for (size_t i = 0; i < n_names; i++)
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
            return true;
    return false;
}

void disk_parse_stats(const char *diskstats, char *const *names, size_t n_names, struct disk_counters *out)
{
    enum { FIELD_IO_MS = 9, FIELDS }; /* numbered after the name, from 0 */
    out->busy_ms = 0;
    out->n_disks = 0;
    for (const char *line = diskstats; line; line = proc_text_next_line(line)) {
        int64_t     v[FIELDS];
        const char *name = line + strspn(line, " 0123456789"); /* major and minor number */
        size_t      len = strcspn(name, " \n");
        if (!is_named(name, len, names, n_names) || proc_text_numbers(name + len, v, FIELDS) != FIELDS)
            continue;
        out->busy_ms += v[FIELD_IO_MS];
        out->n_disks++;
    }
}

double disk_busy(const struct disk_counters *before, const struct disk_counters *now, int64_t elapsed_us)
{
    int64_t busy_us = (now->busy_ms - before->busy_ms) * US_PER_MS;
    if (now->n_disks == 0 || now->n_disks != before->n_disks || elapsed_us <= 0 || busy_us <= 0)
        return 0;
    double share = (double)busy_us / (double)elapsed_us / now->n_disks;
    return share < 1 ? share : 1;
}
