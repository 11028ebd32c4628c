#include "main/pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hex.h"
#include "core/ident.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"

enum { PATH_CAP = 4096, SERVER_ID_CAP = 128 };

/* False when the locked file was deleted: a server that ends removes it while it holds the lock, so a process that waited for the
 * lock gets a file without a name. */
static bool is_still_there(const struct pid_file *f)
{
    struct stat opened, named;
    return fstat(f->fd, &opened) == 0 && stat(f->path, &named) == 0 && opened.st_dev == named.st_dev &&
           opened.st_ino == named.st_ino;
}

static struct err *lock_and_write(const struct pid_file *f)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    if (fcntl(f->fd, F_SETLK, &whole) < 0) {
        if (errno == EACCES || errno == EAGAIN)
            return err_sys(E_SYSTEM_PID_ALREADY_RUNNING, "a running server holds %s", f->path);
        return err_sys(E_SYSTEM_PID_LOCK, "lock %s", f->path);
    }
    if (!is_still_there(f))
        return err_new(E_SYSTEM_PID_ACQUIRE, "%s was removed meanwhile; try again", f->path);
    char text[16];
    int  len = snprintf(text, sizeof text, "%d", (int)getpid());
    if (ftruncate(f->fd, 0) < 0)
        return err_sys(E_SYSTEM_PID_TRUNCATE_FILE, "truncate %s", f->path);
    if (write(f->fd, text, (size_t)len) != len)
        return err_sys(E_SYSTEM_PID_WRITE_FILE, "write %s", f->path);
    return NULL;
}

/* Open a regular file and nothing else: a pipe would block the start without end, and a device would be written to. */
static int open_regular_as(const char *path, int flags, mode_t mode)
{
    struct stat st;
    int         fd = open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, mode);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return fd;
    if (fd >= 0) {
        close(fd);
        errno = EINVAL;
    }
    return -1;
}

static int open_regular(const char *path, int flags)
{
    return open_regular_as(path, flags, 0644);
}

static struct err *cannot_open(const char *path)
{
    return err_sys(E_SYSTEM_PID_ACQUIRE, "open pid file %s: %s", path,
                   errno == EINVAL ? "not a file" : strerror(errno));
}

struct err *pid_file_check(const char *path)
{
    int fd = open_regular(path, O_RDWR);
    if (fd < 0)
        return errno == ENOENT || errno == EACCES || errno == EPERM ? NULL : cannot_open(path);
    close(fd);
    return NULL;
}

struct err *pid_file_acquire(struct pid_file *f, const char *path)
{
    *f = (struct pid_file){ .fd = open_regular(path, O_RDWR | O_CREAT), .path = path };
    if (f->fd < 0)
        return cannot_open(path);
    struct err *e = lock_and_write(f);
    if (e) {
        close(f->fd);
        f->fd = -1;
        return e;
    }
    log_info("write pid=%d to %s success!", (int)getpid(), path);
    return NULL;
}

void pid_file_release(struct pid_file *f)
{
    if (f->fd < 0)
        return;
    unlink(f->path); /* while it is still locked, so that it is not another server's file */
    close(f->fd);
    f->fd = -1;
}

/* The path of the file beside the pid file that ends with `ext`. */
static void path_beside(char buf[static PATH_CAP], const char *pid_path, const char *ext)
{
    struct str out = str_over(buf, PATH_CAP);
    size_t     suffix = str_ends_with(pid_path, ".pid") ? strlen(".pid") : 0;
    str_printf(&out, "%.*s%s", (int)(strlen(pid_path) - suffix), pid_path, ext);
}

/* ---- the identity ---- */

/* Read the id from its file; an empty string when the file does not exist. */
static void read_id(const char *path, char id[static SERVER_ID_CAP])
{
    int     fd = open_regular(path, O_RDONLY);
    ssize_t n = fd >= 0 ? read(fd, id, SERVER_ID_CAP - 1) : 0;
    if (fd >= 0)
        close(fd);
    id[n > 0 ? n : 0] = '\0';
    id[strcspn(id, " \t\r\n")] = '\0';
}

static void write_id(const char *path, const char *id)
{
    int fd = open_regular(path, O_WRONLY | O_CREAT | O_TRUNC);
    if (fd < 0 || write(fd, id, strlen(id)) < 0)
        log_warn("the server's identity %s cannot be kept in %s: %s", id, path, strerror(errno));
    if (fd >= 0)
        close(fd);
}

struct err *pid_file_server_id(char **id, const char *pid_path, const char *configured)
{
    char path[PATH_CAP], kept[SERVER_ID_CAP], random[VID_CAP];
    path_beside(path, pid_path, ".id");
    read_id(path, kept);

    const char *chosen = *configured ? configured : kept;
    if (!*chosen) {
        ident_vid(random);
        chosen = random;
    }
    if (!str_equal(chosen, kept))
        write_id(path, chosen);
    *id = mem_strdup(chosen);
    return *id ? NULL : err_no_memory();
}

/* ---- the secret ---- */

enum { SECRET_TEXT_LEN = 2 * PID_FILE_SECRET_LEN };

/* False when there is no such file, or when it holds something else. */
static bool read_secret(const char *path, uint8_t secret[static PID_FILE_SECRET_LEN])
{
    char    text[SECRET_TEXT_LEN + 2]; /* one byte more than the longest good file */
    int     fd = open_regular(path, O_RDONLY);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
    return strspn(text, "0123456789abcdef") == SECRET_TEXT_LEN && !text[SECRET_TEXT_LEN] &&
           hex_decode(text, secret, PID_FILE_SECRET_LEN);
}

/* The old file is removed first, because its rights may be wider. */
static void write_secret(const char *path, const uint8_t secret[static PID_FILE_SECRET_LEN])
{
    char text[SECRET_TEXT_LEN + 1];
    hex_encode(secret, text, PID_FILE_SECRET_LEN);
    unlink(path);
    int fd = open_regular_as(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0 || write(fd, text, SECRET_TEXT_LEN) < 0)
        log_warn("the server's secret cannot be kept in %s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
}

struct err *pid_file_secret(uint8_t secret[static PID_FILE_SECRET_LEN], const char *pid_path)
{
    char path[PATH_CAP];
    path_beside(path, pid_path, ".secret");
    if (read_secret(path, secret))
        return NULL;
    if (!random_secret(secret, PID_FILE_SECRET_LEN))
        return err_sys(E_SYSTEM_PID_ACQUIRE, "no random bytes for the server's secret");
    write_secret(path, secret);
    return NULL;
}
