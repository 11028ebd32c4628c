#include "core/line_log.h"

#include "core/buf.h"
#include "fuzzing.h"

/* Read what the bytes give, write it, and read it again: it must be the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char       *bytes = malloc(size + 1);
    struct buf  out = buf_up_to(2 * size + 1);
    const char *text, *again;
    size_t      len, len_again;
    if (size) /* else `data` may be NULL */
        memcpy(bytes, data, size);
    struct line_log_reader in = line_log_over(bytes, size);
    while (line_log_next(&in, &text, &len))
        check(line_log_format(&out, text, len));
    in = line_log_over(bytes, size);
    struct line_log_reader copy = line_log_over(out.bytes ? out.bytes : "", out.len);
    while (line_log_next(&in, &text, &len)) {
        check(line_log_next(&copy, &again, &len_again));
        check(len == len_again && memcmp(text, again, len) == 0);
    }
    check(!line_log_next(&copy, &again, &len_again) && copy.n_torn == 0);
    buf_finish(&out);
    free(bytes);
    return 0;
}
