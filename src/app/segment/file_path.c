#include "app/segment/file_path.h"

#include <string.h>
#include <unistd.h>

#include "core/str.h"

static void put_steps(struct str *out, const char *path)
{
    while (*path) {
        size_t len = strcspn(path, "/");
        if (len == 2 && memcmp(path, "..", 2) == 0) {
            while (out->len > 0 && out->buf[--out->len] != '/')
                ;
            out->buf[out->len] = '\0';
        } else if (len > 0 && !(len == 1 && *path == '.')) {
            str_append(out, "/", 1);
            str_append(out, path, len);
        }
        path += len + (path[len] == '/');
    }
}

/* The working directory, which does not change after the start. NULL: it has no path, or one that is too long. */
static const char *working_directory(void)
{
    static char cwd[FILE_PATH_CAP];
    return *cwd ? cwd : getcwd(cwd, sizeof cwd);
}

bool file_path_make(char path[static FILE_PATH_CAP], const char *dir, const char *below)
{
    struct str  out = str_over(path, FILE_PATH_CAP);
    const char *cwd = *dir == '/' ? "/" : working_directory();
    if (!cwd)
        return false;
    put_steps(&out, cwd);
    put_steps(&out, dir);
    put_steps(&out, below);
    return !out.cut;
}

bool file_path_final(char name[static FILE_PATH_CAP], const char *dir, const char *below)
{
    static const char *const suffixes[] = { ".tmp", ".temp" };
    if (!file_path_make(name, dir, below))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++)
        if (str_ends_with(name, suffixes[i])) {
            name[strlen(name) - strlen(suffixes[i])] = '\0';
            break;
        }
    return true;
}

bool file_path_is_in(const char *path, const char *dir, const char *below)
{
    char folder[FILE_PATH_CAP];
    if (!file_path_make(folder, dir, below))
        return false;
    size_t len = strlen(folder);
    return strncmp(path, folder, len) == 0 && (!path[len] || path[len] == '/');
}

/* True if `text` fits the pattern, in which each '\1' stands for anything but nothing. The time is bounded by both lengths. */
static bool fits(const char *pattern, const char *text)
{
    const char *retry = NULL, *from = NULL;
    for (;;) {
        if (*pattern == '\1') {
            retry = ++pattern;
            from = text;
            if (!*text++)
                return false;
        } else if (*pattern == *text) {
            if (!*text)
                return true;
            pattern++;
            text++;
        } else if (retry && *from && *++from) {
            pattern = retry;
            text = from;
        } else {
            return false;
        }
    }
}

/* Write a variable as the name that it stands for, or as '\1' if it may be anything. */
static void put_variable(struct str *out, const char *variable, size_t len, const struct template_names *names)
{
    const char *const words[] = { "vhost", "app", "stream" };
    const char *const values[] = { names->vhost, names->app, names->stream };
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (values[i] && len == strlen(words[i]) && memcmp(variable, words[i], len) == 0) {
            str_printf(out, "%s", values[i]);
            return;
        }
    str_append(out, "\1", 1);
}

bool file_path_is_made_by(const char *path, const char *dir, const char *template, const struct template_names *names)
{
    char       folder[FILE_PATH_CAP], pattern[FILE_PATH_CAP];
    struct str out = str_over(pattern, sizeof pattern);
    if (!file_path_make(folder, dir, ""))
        return false;
    size_t folder_len = strlen(folder);
    if (strncmp(path, folder, folder_len) != 0 || path[folder_len] != '/')
        return false;
    for (template += strspn(template, "/"); *template;) {
        const char *end = *template == '[' ? strchr(template, ']') : NULL;
        if (end)
            put_variable(&out, template + 1, (size_t)(end - template - 1), names);
        else
            str_append(&out, template, 1);
        template = end ? end + 1 : template + 1;
    }
    return !out.cut && fits(pattern, path + folder_len + 1);
}
