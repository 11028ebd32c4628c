/* Folders that the server writes to. */
#include <errno.h>
#include <string.h>

#include "app/doctor/checks.h"

/* What is left: below the first pair nothing will be written soon, below the second it is time to act. */
#define FULL_SHARE 0.01
#define LOW_SHARE 0.05
static const int64_t full_bytes = INT64_C(64) << 20, low_bytes = INT64_C(5) << 30;

enum { MIB = 1 << 20 };

void check_folder(const struct facts_folder *x, struct findings *all)
{
    if (!x->error && !x->is_read_only && !x->is_closed && !x->is_silent)
        return;
    const char     *id = x->is_silent ? "disk-hangs" : x->is_read_only ? "disk-read-only" : "disk-closed";
    struct finding *f = findings_add(all, id, FINDING_ERROR, FINDING_SERVER, x->path);
    if (x->is_silent)
        finding_seen(f, "The disk of %s did not answer for seconds.", x->what);
    else if (x->is_read_only)
        finding_seen(f, "The disk of %s can only be read.", x->what);
    else
        finding_seen(f, "%s cannot be written there: %s.", x->what, strerror(x->error ? x->error : EACCES));
    finding_cure(f, x->is_silent ? "Look at the disk, or the server of a network file system: dmesg names the fault."
                    : x->is_read_only
                        ? "Mount it for writing; the kernel makes a disk read-only after errors, and dmesg names them."
                        : "Make the folder, or let the user that the server runs as write to it.");
    finding_line(f, "%s", x->is_silent || x->is_read_only ? "dmesg | tail" : "");
}

static bool is_below(const struct facts_folder *x, double share, int64_t bytes)
{
    return x->free_bytes < bytes && (double)x->free_bytes < share * (double)x->bytes;
}

void check_room(const struct facts_folder *x, struct findings *all)
{
    bool is_full = x->free_bytes == 0 || is_below(x, FULL_SHARE, full_bytes);
    if (x->error || x->is_silent || !x->bytes || (!is_full && !is_below(x, LOW_SHARE, low_bytes)))
        return;
    struct finding *f = findings_add(all, is_full ? "disk-full" : "disk-low", is_full ? FINDING_ERROR : FINDING_WARNING,
                                     FINDING_SERVER, x->path);
    finding_seen(f, "%lld of %lld MiB are free for %s.", (long long)(x->free_bytes / MIB), (long long)(x->bytes / MIB),
                 x->what);
    finding_cure(f, "Make room, let old files be deleted, or keep segments in memory.");
    finding_line(f, "hls { hls_cleanup on; hls_storage memory; }");
}

void check_lost_files(const struct facts_stream *s, struct findings *all)
{
    for (size_t i = 0; i < s->n_lanes; i++) {
        if (!s->lanes[i].n_lost_files)
            continue;
        struct finding *f = findings_add(all, "files-lost", FINDING_WARNING, FINDING_STREAM, s->name);
        finding_seen(f,
                     "%llu segments in %s did not get to the disk: it refused them, or was too slow. Viewers get them "
                     "from memory.",
                     (unsigned long long)s->lanes[i].n_lost_files, s->lanes[i].container);
        finding_cure(
            f, "Look at the disk: room, rights, speed. Without a use for the files, keep segments in memory alone.");
        finding_line(f, "hls { hls_storage memory; }");
    }
}
