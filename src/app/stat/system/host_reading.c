#include "app/stat/system/host_reading.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/str.h"

/* Files below /proc have no length; a machine with thousands of interfaces or disks stays below this. */
enum { TEXT_BYTES_MAX = 4 << 20 };

/* A file that cannot be read is an empty text to every parser. */
struct text {
    struct buf  read;
    const char *at;
    size_t      len;
};

static struct text text_of(const char *path)
{
    struct text t = { .read = buf_up_to(TEXT_BYTES_MAX) };
    int         fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && !buf_read_all(&t.read, fd))
        buf_rewind(&t.read, t.read.len); /* after an error, keep the part that was read */
    if (fd >= 0)
        close(fd);
    t.at = t.read.bytes ? t.read.bytes : "";
    t.len = t.read.len;
    return t;
}

static void text_free(struct text *t)
{
    buf_finish(&t->read);
}

static bool take_cpu(struct host_reading *r)
{
    struct text self = text_of("/proc/self/stat"), all = text_of("/proc/stat");
    bool        ok = self_stat_parse(self.at, &r->self) && cpu_parse(all.at, &r->cpu);
    text_free(&self);
    text_free(&all);
    return ok;
}

static bool take_disk(struct host_reading *r, char *const *names, size_t n_names)
{
    struct text vmstat = text_of("/proc/vmstat"), disks = { .at = "" };
    if (n_names)
        disks = text_of("/proc/diskstats");
    bool ok = disk_parse_vmstat(vmstat.at, &r->disk);
    disk_parse_stats(disks.at, names, n_names, &r->disk);
    text_free(&vmstat);
    text_free(&disks);
    return ok;
}

static bool take_ram(struct host_reading *r)
{
    struct text info = text_of("/proc/meminfo");
    bool        ok = ram_parse(info.at, &r->ram);
    text_free(&info);
    return ok;
}

static bool take_platform(struct host_platform *p)
{
    struct text uptime = text_of("/proc/uptime"), argv = text_of("/proc/self/cmdline");
    bool        ok = sscanf(uptime.at, "%lf %lf", &p->uptime_s, &p->idle_s) == 2 && getloadavg(p->load, HOST_LOADS) > 0;
    struct str  words = str_over(p->argv, sizeof p->argv);
    for (size_t i = 0; i < argv.len; i += strlen(argv.at + i) + 1)
        str_printf(&words, "%s%s", i ? " " : "", argv.at + i);
    if (!getcwd(p->cwd, sizeof p->cwd))
        p->cwd[0] = '\0';
    p->cpus = (int)sysconf(_SC_NPROCESSORS_CONF);
    p->cpus_online = (int)sysconf(_SC_NPROCESSORS_ONLN);
    text_free(&uptime);
    text_free(&argv);
    return ok;
}

static bool has_public_address(const char *name, void *addresses)
{
    for (const struct ifaddrs *a = addresses; a; a = a->ifa_next)
        if (a->ifa_addr && strcmp(a->ifa_name, name) == 0 && nics_address_is_public(a->ifa_addr))
            return true;
    return false;
}

static bool take_network(struct host_reading *r)
{
    struct ifaddrs *addresses = NULL;
    struct text     dev = text_of("/proc/net/dev"), sockstat = text_of("/proc/net/sockstat"),
                sockstat6 = text_of("/proc/net/sockstat6"), snmp = text_of("/proc/net/snmp");
    bool ok = getifaddrs(&addresses) == 0 && nics_parse(dev.at, has_public_address, addresses, &r->nics) &&
              sockets_parse(sockstat.at, sockstat6.at, snmp.at, &r->sockets);
    freeifaddrs(addresses);
    text_free(&dev);
    text_free(&sockstat);
    text_free(&sockstat6);
    text_free(&snmp);
    return ok;
}

void host_reading_take(struct host_reading *r, unsigned wanted, char *const *disks, size_t n_disks)
{
    r->got = 0;
    if (wanted & HOST_CPU && take_cpu(r))
        r->got |= HOST_CPU;
    if (wanted & HOST_USAGE && getrusage(RUSAGE_SELF, &r->usage) == 0)
        r->got |= HOST_USAGE;
    if (wanted & HOST_DISK && take_disk(r, disks, n_disks))
        r->got |= HOST_DISK;
    if (wanted & HOST_RAM && take_ram(r))
        r->got |= HOST_RAM;
    if (wanted & HOST_PLATFORM && take_platform(&r->platform))
        r->got |= HOST_PLATFORM;
    if (wanted & HOST_NETWORK && take_network(r))
        r->got |= HOST_NETWORK;
}
