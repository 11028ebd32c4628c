#include "app/dvr/format.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/attr.h"
#include "core/str.h"

/* A new format is a new row. */
static const struct dvr_format *const formats[] = { &dvr_flv, &dvr_mp4, &dvr_ts };

const struct dvr_format *dvr_format_of(const char *path)
{
    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        if (str_ends_with(path, formats[i]->ending))
            return formats[i];
    return NULL;
}

struct err *dvr_format_open(int *fd, int64_t *len, const char *path, int access)
{
    struct stat st = { 0 };
    struct err *e = NULL;
    *fd = open(path, access | O_CLOEXEC | O_NOFOLLOW);
    if (*fd < 0)
        return err_sys(errno == ENOENT ? E_SYSTEM_FILE_EOF : E_SYSTEM_FILE_OPEN, "open %s", path);
    if (fstat(*fd, &st) != 0)
        e = err_sys(E_SYSTEM_FILE_OPEN, "look at %s", path);
    else if (!S_ISREG(st.st_mode))
        e = err_new(E_SYSTEM_FILE_OPEN, "%s is no regular file", path);
    *len = st.st_size;
    if (e)
        close(*fd);
    return e;
}
