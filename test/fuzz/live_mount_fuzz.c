/* A template and a path, separated by a line end. A match lies inside the path, and a path that the template makes is matched. */
#include "app/http/live_mount.h"
#include "fuzzing.h"

static bool is_in(const char *path, struct live_span span)
{
    return span.len == 0 || (span.text >= path && span.text + span.len <= path + strlen(path));
}

static char *copy(const uint8_t *bytes, size_t len)
{
    char *text = malloc(len + 2);
    text[0] = '/';
    memcpy(text + 1, bytes, len);
    text[len + 1] = '\0';
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const uint8_t   *end = len ? memchr(data, '\n', len) : NULL;
    size_t           n = end ? (size_t)(end - data) : len;
    char            *mount = copy(data, n), *path = copy(end ? end + 1 : data, end ? len - n - 1 : 0);
    struct live_path found;
    if (live_mount_match(mount + 1, "v.example", "h.example", path, &found)) {
        check(is_in(path, found.app) && is_in(path, found.stream) && found.stream.len > 0);
        check(found.app.len <= strlen(path) && found.ext >= path && found.ext <= path + strlen(path));
        check(!found.deep || memchr(found.app.text, '/', found.app.len));
    }
    check(live_mount_ext(mount)[0] == '.' || live_mount_ext(mount)[0] == '\0');
    free(mount);
    free(path);
    return 0;
}
