/*
 * A template, the names of a vhost, an app and a stream, and the template of a playlist, a line each. A path that is made stays
 * below its directory, and its URI leads from the playlist back to it.
 */
#include "app/segment/template.h"
#include "core/mem.h"
#include "fuzzing.h"

enum { LINES = 5 };

static int has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return 1;
    return 0;
}

static int is_below(const char *path)
{
    const char *step = path;
    for (;; step++) {
        size_t len = strcspn(step, "/");
        if (!len || len > TEMPLATE_STEP_MAX || (len == 1 && step[0] == '.') || (len == 2 && !memcmp(step, "..", 2)))
            return 0;
        step += len;
        if (!*step)
            return strlen(path) <= TEMPLATE_PATH_MAX;
    }
}

static int digit(char c)
{
    return c <= '9' ? c - '0' : c - 'A' + 10;
}

/* Follow a URI from the folder of the playlist. */
static char *followed(const char *uri, const char *playlist)
{
    char       *path = calloc(1, strlen(uri) + strlen(playlist) + 1), *to = path;
    const char *slash = strrchr(playlist, '/');
    if (slash) {
        memcpy(path, playlist, (size_t)(slash + 1 - playlist));
        to += slash + 1 - playlist;
    }
    for (; strncmp(uri, "../", 3) == 0; uri += 3) {
        check(to > path);
        for (to--; to > path && to[-1] != '/'; to--) {
        }
    }
    for (; *uri; uri++) {
        check((unsigned char)*uri > ' ' && (unsigned char)*uri < 0x7f && *uri != '"' && *uri != ':');
        if (*uri == '%') {
            *to++ = (char)(digit(uri[1]) << 4 | digit(uri[2]));
            uri += 2;
        } else {
            *to++ = *uri;
        }
    }
    *to = '\0';
    return path;
}

static void try_uri(const char *file, const char *playlist)
{
    struct buf uri = buf_up_to(1 << 20), key = buf_up_to(1 << 20);
    template_put_uri(&uri, file, playlist);
    template_put_entry(&key, "http://cdn", file, playlist);
    check(!uri.fault && uri.len && strncmp(key.bytes, "http://cdn/", 11) == 0);
    char *back = followed(uri.bytes, playlist);
    check(strcmp(back, file) == 0);
    free(back);
    buf_finish(&uri);
    buf_finish(&key);
}

static void try_tag(const char *file)
{
    char *tagged;
    check(!template_tag(&tagged, file, "1"));
    check(strlen(tagged) == strlen(file) + 2 && is_below(tagged));
    mem_free(tagged);
}

static void try_one(char *const lines[LINES], int n)
{
    struct template_names  names = { .vhost = lines[1], .app = lines[2], .stream = lines[3] };
    struct template_values values = { .seq = (uint64_t)n,
                                      .wall_us = n * INT64_C(86400123456),
                                      .utc = true,
                                      .duration_ms = n % 3 - 1,
                                      .fragment_us = n % 2 };
    char                  *file, *playlist;
    struct err            *e = template_make(&file, (enum template_kind)(n % 3), lines[0], &names, &values);
    check(!e == (file != NULL));
    err_free(e);
    e = template_make(&playlist, TEMPLATE_PLAYLIST, lines[4], &names, NULL);
    err_free(e);
    if (file)
        check(is_below(file) && (!has_control(file) || has_control(lines[0]))); /* the template is the operator's own */
    if (playlist)
        check(is_below(playlist));
    if (file && strlen(file) < TEMPLATE_PATH_MAX - 2 && strlen(strrchr(file, '/') ? strrchr(file, '/') : file) < 200)
        try_tag(file);
    if (file && playlist)
        try_uri(file, playlist);
    mem_free(file);
    mem_free(playlist);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *text = calloc(1, len + 1), *lines[LINES], *rest = text;
    memcpy(text, data, len);
    for (int i = 0; i < LINES; i++) {
        char *line = strsep(&rest, "\n");
        lines[i] = line ? line : text + len;
    }
    for (int n = 0; n < 6; n++)
        try_one(lines, n);
    free(text);
    return 0;
}
