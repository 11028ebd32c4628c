/*
 * Reloads that flip listening endpoints, while foreign sockets take and give back some of the ports. After a good reload exactly
 * the endpoints of the file listen, after a bad one the same as before, and no descriptor is lost.
 *
 * It runs in a network namespace of its own where that is allowed, and so several may run at once.
 */
#include "app/listener.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/conf/conf_load.h"
#include "app/server/server.h"
#include "app/services.h"
#include "core/attr.h"
#include "core/log.h"
#include "core/rd.h"
#include "core/str.h"
#include "fuzzing.h"
#include "protocol/co.h"
#include "protocol/io.h"
#include "protocol/offload.h"

enum { FIRST_PORT = 24850, PORTS = 4, NAMES_MAX = 32, STEPS_MAX = 40, BACKLOG = 1 };
enum { SERVICES_MAX = 16, NAME_CAP = IO_ADDR_CAP + 4 };

/* Addresses that listen, sorted. */
struct names {
    char   text[NAMES_MAX][NAME_CAP]; /* "127.0.0.1:1935", "udp 127.0.0.1:1935" */
    size_t count;
};

static struct rd     script;
static struct server server;
static struct listen_service
           services[SERVICES_MAX]; /* the server's services, and one of datagrams at the endpoints of http_server */
static int foreign[PORTS];         /* foreign sockets; -1: none */

/* ---- sets of addresses */

static void add(struct names *s, const char *name)
{
    size_t at = 0;
    while (at < s->count && strcmp(s->text[at], name) < 0)
        at++;
    if (at < s->count && strcmp(s->text[at], name) == 0)
        return;
    check(s->count < NAMES_MAX);
    memmove(s->text[at + 1], s->text[at], (s->count - at) * sizeof s->text[0]);
    snprintf(s->text[at], sizeof s->text[at], "%s", name);
    s->count++;
}

static bool is_same(const struct names *a, const struct names *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = strcmp(a->text[i], b->text[i]) == 0;
    return same;
}

static void say(const char *what, const struct names *s)
{
    fprintf(stderr, "%s:", what);
    for (size_t i = 0; i < s->count; i++)
        fprintf(stderr, " %s", s->text[i]);
    fprintf(stderr, "\n");
}

/* ---- the sockets of the process */

static bool is_foreign(int fd)
{
    bool found = false;
    for (size_t i = 0; i < PORTS; i++)
        found |= foreign[i] == fd;
    return found;
}

/* The name of a socket of the server that listens or is bound for datagrams; false for every other descriptor. */
static bool listens(int fd, char name[static NAME_CAP])
{
    struct sockaddr_storage addr;
    socklen_t               len = sizeof addr, on_len = sizeof(int), type_len = sizeof(int);
    int                     on = 0, type = 0;
    if (is_foreign(fd) || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len))
        return false;
    if (type != SOCK_DGRAM && (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &on_len) || !on))
        return false;
    check(getsockname(fd, (struct sockaddr *)&addr, &len) == 0);
    char text[IO_ADDR_CAP];
    snprintf(name, NAME_CAP, "%s%s", type == SOCK_DGRAM ? "udp " : "", io_addr_text((struct sockaddr *)&addr, text));
    return true;
}

/* List the sockets that listen. Returns the number of open descriptors. */
static int look(struct names *now)
{
    DIR           *d = opendir("/proc/self/fd");
    struct dirent *e;
    char           name[NAME_CAP];
    int            n = 0;
    now->count = 0;
    while ((e = readdir(d))) {
        int fd = atoi(e->d_name);
        if (e->d_name[0] == '.' || fd == dirfd(d))
            continue;
        n++;
        if (listens(fd, name))
            add(now, name);
    }
    closedir(d);
    return n;
}

static void flip_foreign(void)
{
    uint8_t            how = rd_u8(&script);
    int               *fd = &foreign[how % PORTS];
    struct sockaddr_in addr = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)(FIRST_PORT + how % PORTS)),
        .sin_addr.s_addr = htonl(how & 8 ? INADDR_ANY : INADDR_LOOPBACK),
    };
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
        return;
    }
    int type = how & 16 ? SOCK_DGRAM : SOCK_STREAM;
    *fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (type == SOCK_STREAM)
        setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
    if (bind(*fd, (struct sockaddr *)&addr, sizeof addr) || (type == SOCK_STREAM && listen(*fd, BACKLOG))) {
        close(*fd);
        *fd = -1;
    }
}

/* ---- files */

/* Write an endpoint into the file, and its name in the kernel's spelling into `want`. */
static void write_endpoint(struct str *file, struct names *want, bool also_udp)
{
    static const struct {
        const char *written, *told;
    } forms[] = {
        { "%d", "0.0.0.0:%d" }, { "127.0.0.1:%d", "127.0.0.1:%d" }, { "[::1]:%d", "[::1]:%d" }, { "[::]:%d", "[::]:%d" }
    };
    char    text[NAME_CAP];
    uint8_t how = rd_u8(&script);
    int     port = FIRST_PORT + how % PORTS;
    size_t  form = how / PORTS % ARRAY_LEN(forms);
    snprintf(text, sizeof text, forms[form].written, port);
    str_printf(file, " %s", text);
    snprintf(text, sizeof text, forms[form].told, port);
    add(want, text);
    if (!also_udp)
        return;
    memcpy(text, "udp ", 4);
    snprintf(text + 4, sizeof text - 4, forms[form].told, port);
    add(want, text);
}

static void write_service(struct str *file, const char *name, struct names *want)
{
    if (rd_u8(&script) & 1)
        return;
    str_printf(file, "%s { enabled on; listen", name);
    write_endpoint(file, want, strcmp(name, "http_server") == 0);
    str_printf(file, "; }\n");
}

/* Load the file; NULL when it does not load. */
static struct conf *load(struct names *want)
{
    char       text[1024];
    struct str file = str_over(text, sizeof text);
    want->count = 0;
    str_printf(&file, "daemon off; vhost __defaultVhost__ { }\nlisten");
    for (int n = 1 + rd_u8(&script) % 3; n > 0; n--)
        write_endpoint(&file, want, false);
    str_printf(&file, ";\n");
    write_service(&file, "http_api", want);
    write_service(&file, "http_server", want);
    struct conf_source from = { .path = "l.conf", .text = text, .text_len = file.len, .open_files = 65536 };
    struct conf_report report = { 0 };
    struct conf       *conf = NULL;
    err_free(conf_load(&from, &conf, &report));
    conf_report_finish(&report);
    return conf;
}

static void give_way(int n)
{
    while (n--)
        co_give_way();
}

static void reload(struct names *before)
{
    struct names want, now;
    struct conf *conf = load(&want);
    if (!conf)
        return;
    struct err *e = listeners_apply(&server, services, conf);
    give_way(rd_u8(&script) & 3);
    look(&now);
    const struct names *expected = e ? before : &want;
    if (!is_same(&now, expected)) {
        say(e ? "refused" : "wanted", &want);
        say("before", before);
        say("now", &now);
        abort();
    }
    if (!e) {
        conf_unref(&server.conf);
        server.conf = conf_ref(conf);
    }
    *before = now;
    err_free(e);
    conf_unref(&conf);
}

/* ---- the run */

/* Enter a network namespace with a loopback of its own. */
static void enter_namespace(void)
{
    if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
        return;
    struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
    int          fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ioctl(fd, SIOCSIFFLAGS, &lo);
    close(fd);
}

static const struct conf_words *datagram_endpoints(const struct conf *conf)
{
    return conf->http_server.enabled ? &conf->http_server.listen : NULL;
}

static void take_datagrams(struct server *s, struct io *socket, const struct listen_service *by)
{
    struct err *e;
    char        byte;
    (void)s;
    (void)by;
    while (!(e = io_wait_readable(socket, DEADLINE_NEVER))) {
        while (recv(socket->fd, &byte, sizeof byte, 0) >= 0)
            ;
        io_drained(socket);
    }
    err_free(e);
}

static void make_services(void)
{
    size_t n = 0;
    for (; listen_services[n].name; n++)
        services[n] = listen_services[n];
    check(n + 1 < SERVICES_MAX);
    services[n] = (struct listen_service){
        .name = "datagrams", .kind = LISTEN_DATAGRAM, .endpoints = datagram_endpoints, .run = take_datagrams
    };
}

static void begin(void)
{
    struct log_settings silent = { .level = LOG_OFF, .to_console = true };
    enter_namespace();
    check(!log_setup(&silent) && !co_init());
    io_init();
    check(!offload_init());
    make_services();
    give_way(4);
    for (size_t i = 0; i < PORTS; i++)
        foreign[i] = -1;
}

static void finish(void)
{
    listeners_close(&server);
    give_way(3);
    for (size_t i = 0; i < PORTS; i++)
        if (foreign[i] >= 0) {
            close(foreign[i]);
            foreign[i] = -1;
        }
    server_finish(&server);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static bool  begun;
    struct names want, before = { .count = 0 }, now;
    if (!begun)
        begin();
    begun = true;
    script = rd_over(data, len);
    int          n_fds = look(&now);
    struct conf *conf = load(&want);
    if (!conf)
        return 0;
    check(now.count == 0);
    server_init(&server, conf, "id");
    conf_unref(&conf);
    for (int i = 0; i < STEPS_MAX && rd_left(&script) && !script.bad; i++) {
        if (rd_u8(&script) % 3 == 0)
            flip_foreign();
        else
            reload(&before);
    }
    finish();
    check(look(&now) == n_fds);
    return 0;
}
