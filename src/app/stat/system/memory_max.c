#include "app/stat/system/memory_max.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/stat/system/ram.h"
#include "core/str.h"

/* A longer text is cut: meminfo begins with the total; cgroup has a line for each of some 14 controllers of version 1. */
enum { MEMINFO_CAP = 1024, CGROUP_CAP = 4096, LIMIT_CAP = 64, PATH_CAP = 512, KIB = 1024 };

/* The beginning of a file; false when it cannot be read. */
static bool read_text(const char *path, char *text, size_t cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, cap - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

static int64_t least(int64_t a, int64_t b)
{
    return b > 0 && (a == 0 || b < a) ? b : a;
}

/* The limit in a file; 0: none ("max", or the largest value of a page counter). */
static int64_t limit_in(const char *folder, const char *file)
{
    char       path[PATH_CAP], text[LIMIT_CAP];
    struct str out = str_over(path, sizeof path);
    str_printf(&out, "%s/%s", folder, file);
    if (out.cut || !read_text(path, text, sizeof text))
        return 0;
    long long n = strtoll(text, NULL, 10);
    return n > 0 && n < INT64_MAX / 2 ? n : 0;
}

/* The smallest limit of a group and those above it, below the folder `top`. */
static int64_t limit_of_group(const char *top, const char *group, const char *file)
{
    char       folder[PATH_CAP];
    struct str out = str_over(folder, sizeof folder);
    str_printf(&out, "%s%s", top, group);
    if (out.cut)
        return 0;
    size_t  top_len = strlen(top);
    int64_t limit = 0;
    for (;;) {
        limit = least(limit, limit_in(folder, file));
        char *slash = strlen(folder) > top_len ? strrchr(folder + top_len, '/') : NULL;
        if (!slash)
            return limit;
        *slash = '\0';
    }
}

/* The group of a line "0::/path" or "7:cpu,memory:/path"; NULL when the line is of another controller. */
static const char *group_of_line(const char *line, bool *is_v1)
{
    const char *names = strchr(line, ':'), *group = names ? strchr(names + 1, ':') : NULL;
    if (!group)
        return NULL;
    size_t len = (size_t)(group - names - 1);
    *is_v1 = len > 0;
    for (const char *at = names + 1; len > 0;) {
        size_t n = strcspn(at, ",:");
        if (n == strlen("memory") && strncmp(at, "memory", n) == 0)
            return group + 1;
        if (at + n >= group)
            return NULL;
        at += n + 1;
    }
    return group + 1;
}

static int64_t limit_of_groups(const char *root)
{
    char path[PATH_CAP], top[PATH_CAP], text[CGROUP_CAP], *rest = text;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    int64_t limit = 0;
    if (!read_text(path, text, sizeof text))
        return 0;
    for (char *line; (line = strsep(&rest, "\n"));) {
        bool        is_v1;
        const char *group = group_of_line(line, &is_v1);
        if (!group)
            continue;
        snprintf(top, sizeof top, "%s/sys/fs/cgroup%s", root, is_v1 ? "/memory" : "");
        limit = least(limit, limit_of_group(top, group, is_v1 ? "memory.limit_in_bytes" : "memory.max"));
    }
    return limit;
}

int64_t memory_max(const char *root)
{
    char       path[PATH_CAP], text[MEMINFO_CAP];
    struct ram ram = { 0 };
    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    int64_t machine = read_text(path, text, sizeof text) && ram_parse(text, &ram) ? ram.total * KIB : 0;
    return least(machine, limit_of_groups(root));
}
