#include "app/http/file_mount.h"

#include <string.h>
#include <strings.h>

#include "core/str.h"
#include "protocol/stream_name.h"

static const char vhost_word[] = "[vhost]", default_vhost[] = STREAM_DEFAULT_VHOST;

/* Copy a text, with the vhost's name in place of [vhost]. False if it does not fit. */
static bool expand(char *out, size_t cap, const char *text, const char *vhost)
{
    struct str s = str_over(out, cap);
    for (const char *word; (word = strstr(text, vhost_word)); text = word + sizeof vhost_word - 1) {
        str_append(&s, text, (size_t)(word - text));
        str_printf(&s, "%s", vhost);
    }
    str_printf(&s, "%s", text);
    return !s.cut;
}

/* Match quality of a mount "host/path/": path length; an exact host beats a wildcard; 0 is no match. */
static size_t fit(const char *mount, const char *host, const char *path, struct file_mount *m)
{
    const char *slash = strchr(mount, '/');
    if (!slash)
        return 0;
    size_t host_len = (size_t)(slash - mount), len = strlen(slash);
    bool   any_host =
        host_len == 0 || (host_len == sizeof default_vhost - 1 && strncmp(mount, default_vhost, host_len) == 0);
    if (!any_host && (strlen(host) != host_len || strncasecmp(mount, host, host_len) != 0))
        return 0;
    bool has_slash = slash[len - 1] == '/';
    if (has_slash)
        len--; /* The last slash is not compared. */
    if (strncmp(slash, path, len) != 0 || (path[len] != '/' && path[len] != '\0'))
        return 0;
    m->slash_is_missing = path[len] == '\0';
    m->below = path + len;
    m->is_vhosts = len > 0;
    return 2 * (len + 1) + !any_host;
}

bool file_mount_find(const struct conf *conf, const char *host, const char *path, struct file_mount *out)
{
    size_t best = 0;
    for (size_t i = 0; i < conf->n_vhosts; i++) {
        const struct conf_vhost *v = &conf->vhosts[i];
        char                     mount[FILE_MOUNT_DIR_MAX];
        struct file_mount        m;
        if (!v->enabled || !v->http_static.enabled || !expand(mount, sizeof mount, v->http_static.mount, v->name))
            continue;
        size_t fits = fit(mount, host, path, &m);
        if (fits <= best || !expand(m.dir, sizeof m.dir, v->http_static.dir, v->name))
            continue;
        best = fits;
        *out = m;
    }
    if (best > 0)
        return true;
    *out = (struct file_mount){ .below = path };
    return str_copy(out->dir, sizeof out->dir, conf->http_server.dir);
}
