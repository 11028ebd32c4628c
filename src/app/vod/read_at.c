#include "app/vod/read_at.h"

#include <errno.h>
#include <unistd.h>

struct err *vod_read_at(int fd, int64_t at, void *bytes, size_t len, size_t *n)
{
    for (*n = 0; *n < len;) {
        ssize_t got = pread(fd, (char *)bytes + *n, len - *n, at + (int64_t)*n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_sys(E_SYSTEM_FILE_READ, "read the file at byte %lld", (long long)at);
        if (got == 0)
            break;
        *n += (size_t)got;
    }
    return NULL;
}
