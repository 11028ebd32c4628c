#include "protocol/path_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/iov.h"
#include "core/str.h"

enum { FILE_MODE = 0644, FOLDER_MODE = 0755 };

/* Most pieces of one writev(); POSIX guarantees 16, Linux takes IOV_MAX. */
enum { PIECES_MAX = 256 };

/* ---- folders --------------------------------------------------------------------------------------------------- */

static struct err *make_folder(const char *path)
{
    if (mkdir(path, FOLDER_MODE) == 0 || errno == EEXIST)
        return NULL;
    return err_sys(E_SYSTEM_CREATE_DIR, "create folder %s", path);
}

struct err *path_make_folders(const char *path)
{
    char folder[PATH_MAX];
    if (!str_copy(folder, sizeof folder, path))
        return err_new(E_SYSTEM_CREATE_DIR, "the path is longer than %zu bytes", sizeof folder);
    struct err *e = NULL;
    for (char *slash = strchr(folder + 1, '/'); slash && !e; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        e = make_folder(folder);
        *slash = '/';
    }
    return e;
}

struct err *path_remove_folder(const char *path)
{
    if (rmdir(path) == 0 || errno == ENOENT || errno == ENOTEMPTY || errno == EEXIST)
        return NULL;
    return err_sys(E_SYSTEM_FILE_WRITE, "remove folder %s", path);
}

/* ---- files ----------------------------------------------------------------------------------------------------- */

struct err *path_rename(const char *from, const char *to)
{
    if (rename(from, to) == 0)
        return NULL;
    struct err *e = errno == ENOENT ? path_make_folders(to) : NULL;
    if (e)
        return e;
    return rename(from, to) == 0 ? NULL : err_sys(E_SYSTEM_FILE_RENAME, "rename %s to %s", from, to);
}

struct err *path_remove(const char *path)
{
    if (unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR)
        return NULL;
    return err_sys(E_SYSTEM_FILE_WRITE, "remove %s", path);
}

/* Copy the pieces from byte `skip` on, as many as one writev() takes. Returns their number. */
static int pieces_from(struct iovec *out, const struct iovec *iov, int n_iov, size_t skip)
{
    int n = 0;
    for (int i = 0; i < n_iov && n < PIECES_MAX; i++) {
        if (skip < iov[i].iov_len)
            out[n++] = (struct iovec){ (char *)iov[i].iov_base + skip, iov[i].iov_len - skip };
        skip -= skip < iov[i].iov_len ? skip : iov[i].iov_len;
    }
    return n;
}

size_t path_write_all(int fd, const struct iovec *iov, int n_iov)
{
    struct iovec pieces[PIECES_MAX];
    size_t       done = 0;
    for (int n; (n = pieces_from(pieces, iov, n_iov, done)) > 0;) {
        ssize_t written = writev(fd, pieces, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            break;
        done += (size_t)written;
    }
    return done;
}

static struct err *fill(int fd, const char *path, const struct iovec *iov, int n_iov)
{
    struct err *e =
        path_write_all(fd, iov, n_iov) == iov_sum(iov, n_iov) ? NULL : err_sys(E_SYSTEM_FILE_WRITE, "write %s", path);
    if (close(fd) != 0 && !e)
        e = err_sys(E_SYSTEM_FILE_CLOSE, "close %s", path);
    return e;
}

static int open_fresh(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, FILE_MODE);
}

struct err *path_put(const char *path, const char *tmp, const struct iovec *iov, int n_iov, uint64_t *device)
{
    struct stat st;
    struct err *e = NULL;
    int         fd = open_fresh(tmp);
    if (fd < 0 && errno == ENOENT) {
        if ((e = path_make_folders(tmp)))
            return e;
        fd = open_fresh(tmp);
    }
    if (fd < 0)
        return err_sys(E_SYSTEM_FILE_OPEN, "open %s", tmp);
    if (fstat(fd, &st) == 0)
        *device = st.st_dev;
    if (!(e = fill(fd, tmp, iov, n_iov)))
        e = path_rename(tmp, path);
    if (e)
        unlink(tmp);
    return e;
}

/* The rename is on the disk when the folder is. */
static struct err *sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    if (!str_copy(folder, sizeof folder, path))
        return err_new(E_SYSTEM_FILE_OPEN, "the path is longer than %zu bytes", sizeof folder);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(E_SYSTEM_FILE_OPEN, "open the folder of %s", path);
    int status = fsync(fd);
    close(fd);
    return status == 0 || errno == EINVAL ? NULL : err_sys(E_SYSTEM_FILE_WRITE, "sync the folder of %s", path);
}

static struct err *fill_like(int fd, const char *tmp, const struct stat *like, const void *bytes, size_t len)
{
    struct iovec piece = { (void *)bytes, len };
    struct err  *e = NULL;
    if (fchown(fd, like->st_uid, like->st_gid) != 0 && errno != EPERM)
        e = err_sys(E_SYSTEM_FILE_WRITE, "change the owner of %s", tmp);
    if (!e && fchmod(fd, like->st_mode & 07777) != 0)
        e = err_sys(E_SYSTEM_FILE_WRITE, "change the mode of %s", tmp);
    if (!e && path_write_all(fd, &piece, 1) != len)
        e = err_sys(E_SYSTEM_FILE_WRITE, "write %s", tmp);
    if (!e && fsync(fd) != 0)
        e = err_sys(E_SYSTEM_FILE_WRITE, "sync %s", tmp);
    if (close(fd) != 0 && !e)
        e = err_sys(E_SYSTEM_FILE_CLOSE, "close %s", tmp);
    return e;
}

struct err *path_replace(const char *path, const char *tmp, const void *bytes, size_t len)
{
    struct stat like;
    if (stat(path, &like) != 0)
        return err_sys(E_SYSTEM_FILE_OPEN, "look at %s", path);
    unlink(tmp); /* of a run that was killed */
    int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return err_sys(E_SYSTEM_FILE_OPEN, "open %s", tmp);
    struct err *e = fill_like(fd, tmp, &like, bytes, len);
    if (!e && rename(tmp, path) != 0)
        e = err_sys(E_SYSTEM_FILE_RENAME, "rename %s to %s", tmp, path);
    if (e)
        unlink(tmp);
    return e ? e : sync_folder_of(path);
}
