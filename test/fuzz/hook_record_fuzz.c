#include "app/hooks/record.h"

#include "core/line_log.h"
#include "core/mem.h"
#include "fuzzing.h"

static void check_same(const struct hook_record *a, const struct hook_record *b)
{
    const char *x = a->urls, *y = b->urls;
    check(a->kind == b->kind && a->sequence == b->sequence);
    if (a->kind != HOOK_RECORD_EVENT)
        return;
    check(a->wall_us == b->wall_us && a->event == b->event && a->id_is_secret == b->id_is_secret);
    check(strcmp(a->id, b->id) == 0 && strcmp(a->vhost, b->vhost) == 0 && strcmp(a->queue, b->queue) == 0);
    check(strcmp(a->client_id, b->client_id) == 0 && strcmp(a->body, b->body) == 0 && a->n_urls == b->n_urls);
    for (size_t i = 0; i < a->n_urls; i++, x += strlen(x) + 1, y += strlen(y) + 1)
        check(strcmp(x, y) == 0);
}

/* Parse the bytes as a record, write it, and read it again: it must be the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char              *text = mem_strndup((const char *)data, size);
    struct buf         out = buf_up_to(4 * size + 256);
    struct hook_record r, again;
    const char        *line;
    size_t             len;
    if (size < HOOK_RECORD_MAX / 2 && !memchr(data, '\0', size) && hook_record_parse(text, size, &r)) {
        check(hook_record_write(&out, &r));
        struct line_log_reader in = line_log_over(out.bytes, out.len);
        check(line_log_next(&in, &line, &len));
        check(hook_record_parse(out.bytes + (line - out.bytes), len, &again));
        check_same(&r, &again);
    }
    buf_finish(&out);
    mem_free(text);
    return 0;
}
