/* A line of the file of bans: whatever is read, is written and read again as the same. */
#include <stdlib.h>
#include <string.h>

#include "app/bans/line.h"
#include "core/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ban_line first, again;
    if (!ban_line_parse((const char *)data, len, &first))
        return 0;
    struct ban *b = ban_new(&first.wish);
    struct buf  out = buf_up_to(1 << 16);
    if (!b)
        abort();
    ban_line_put(&out, b, first.until_wall_s);
    if (out.fault || !ban_line_parse(out.bytes, out.len - 1, &again) || strcmp(first.subject, again.subject) != 0 ||
        strcmp(first.reason, again.reason) != 0 || strcmp(first.id, again.id) != 0 ||
        first.until_wall_s != again.until_wall_s || first.wish.since_wall_us != again.wish.since_wall_us)
        abort();
    buf_finish(&out);
    mem_free(b);
    return 0;
}
