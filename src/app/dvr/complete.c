#include "app/dvr/complete.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/dvr/names.h"
#include "app/dvr/note.h"
#include "core/clock.h"
#include "core/mem.h"

/* Most files of one name. */
enum { NUMBERS_MAX = 10000 };

/* Rename, unless the new name is taken: errno is EEXIST then. Where RENAME_NOREPLACE is not supported, the name is looked up first. */
static int rename_to_free(const char *from, const char *to)
{
    int status = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
    if (status == 0 || (errno != EINVAL && errno != ENOSYS))
        return status;
    if (access(to, F_OK) == 0) {
        errno = EEXIST;
        return -1;
    }
    return rename(from, to);
}

static struct err *give_name(const char *temporary, const char *path, int64_t duration_ms, char **final)
{
    for (int n = 0; n < NUMBERS_MAX; n++) {
        struct err *e = dvr_name_numbered(final, path, duration_ms, n);
        if (e || rename_to_free(temporary, *final) == 0)
            return e;
        mem_free(*final);
        *final = NULL;
        if (errno != EEXIST)
            return err_sys(E_SYSTEM_FILE_RENAME, "rename %s", temporary);
    }
    return err_new(E_SYSTEM_FILE_RENAME, "%s and %d more of its names are taken", path, NUMBERS_MAX - 1);
}

/* Without its note a file can be played all the same. */
static void move_note(const char *temporary, const char *final, struct dvr_facts *facts, const struct dvr_recording *r)
{
    struct stat st;
    if (stat(final, &st) == 0)
        facts->bytes = st.st_size;
    if (r)
        err_free(note_write(final, r, facts));
    note_remove(temporary);
}

struct err *dvr_complete(const struct dvr_format *format, const char *temporary, const char *path, char **final,
                         struct dvr_facts *facts, struct dvr_recording *r, bool was_killed)
{
    *final = NULL;
    struct err *why_not = format->complete(temporary, facts);
    if (err_code(why_not) == E_SYSTEM_FILE_EOF) {
        unlink(temporary);
        note_remove(temporary);
        return why_not;
    }
    struct err *e = give_name(temporary, path, facts->duration_us / US_PER_MS, final);
    if (e) {
        err_free(why_not);
        return e;
    }
    if (r && was_killed)
        gaps_add(&r->gaps, (struct gap){ facts->duration_us, GAP_LENGTH_UNKNOWN, GAP_KILL });
    move_note(temporary, *final, facts, r);
    return err_wrap(why_not, "%s stays as it was recorded", *final);
}
