#include "app/watch_file.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "app/server/server.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/io.h"

/* Editors and kubelets touch a file several times in a row: reload after they have finished. */
enum { SETTLE_US = US_PER_SECOND };

struct watch {
    struct server *server;
    struct io      io;   /* an inotify descriptor */
    const char    *name; /* the file's name without its directory */
};

/* Read all events that have come. True when one is about our file. */
static bool read_events(struct watch *w)
{
    _Alignas(struct inotify_event) char events[sizeof(struct inotify_event) + NAME_MAX + 1];
    bool                                ours = false;
    ssize_t                             n;
    while ((n = read(w->io.fd, events, sizeof events)) > 0) {
        for (char *p = events; p < events + n;) {
            const struct inotify_event *event = (const struct inotify_event *)p;
            ours |= event->mask & IN_Q_OVERFLOW; /* events were lost, and ours may be among them */
            ours |= event->len && (str_equal(event->name, w->name) || str_equal(event->name, "..data"));
            p += sizeof *event + event->len;
        }
    }
    io_drained(&w->io);
    return ours;
}

static void run_watch(void *arg)
{
    struct watch *w = arg;
    struct err   *e;
    while (!(e = io_wait_readable(&w->io, DEADLINE_NEVER))) {
        if (!read_events(w))
            continue;
        if ((e = co_sleep(SETTLE_US)))
            break;
        read_events(w);
        log_info("the configuration file has changed: reload");
        server_request_reload(w->server);
    }
    err_free(e);
    io_close(&w->io);
    mem_free(w);
}

/* The directory of the file. The server has changed to work_dir, but a relative name starts from the directory before that. */
static bool directory_of(const struct conf_source *from, char dir[static PATH_MAX])
{
    struct str  out = str_over(dir, PATH_MAX);
    const char *slash = strrchr(from->path, '/');
    if (from->path[0] != '/')
        str_printf(&out, "%s/", from->dir ? from->dir : ".");
    if (slash)
        str_append(&out, from->path, (size_t)(slash - from->path) + 1);
    return !out.cut;
}

struct err *watch_file_start(struct server *s, const struct conf_source *from)
{
    char        dir[PATH_MAX];
    const char *slash = strrchr(from->path, '/');
    if (!directory_of(from, dir))
        return err_new(E_INOTIFY_WATCH, "watch %s: too long a name", from->path);

    struct watch *w = mem_calloc(1, sizeof *w);
    if (!w)
        return err_no_memory();
    *w = (struct watch){ .server = s, .io.fd = -1, .name = slash ? slash + 1 : from->path };
    int         fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    struct err *e = fd < 0 ? err_sys(E_INOTIFY_CREATE, "create inotify") : io_open(&w->io, fd);
    if (!e && inotify_add_watch(fd, dir, IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE) < 0)
        e = err_sys(E_INOTIFY_WATCH, "watch %s", dir);
    if (!e)
        e = co_go(&s->services, "watch-file", run_watch, w, NULL);
    if (e) {
        io_close(&w->io);
        mem_free(w);
    }
    return e;
}
