#include "app/hls/timeshift_record.h"

#include "app/hls/timeshift_query.h"
#include "core/line_log.h"
#include "fuzzing.h"

/* A line that is read can be written, and is the same when it is read again. The text is tried as a time as well. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf                  out = buf_up_to(4 * HLS_TIMESHIFT_LINE_MAX);
    struct hls_timeshift_record r;
    struct hls_timeshift_head   h;
    int64_t                     wall_us;
    char                       *line = malloc(size + 1);
    if (size)
        memcpy(line, data, size);
    line[size] = '\0';
    check(!hls_timeshift_time_parse(line, &wall_us) || wall_us >= 0);
    bool has_lf = strchr(line, '\n') != NULL;
    switch (hls_timeshift_read(line, &r, &h)) {
    case HLS_TIMESHIFT_RECORD:
        check(has_lf || size > HLS_TIMESHIFT_LINE_MAX / 2 || hls_timeshift_put_record(&out, &r));
        break;
    case HLS_TIMESHIFT_HEAD:
        check(has_lf || size > HLS_TIMESHIFT_LINE_MAX / 2 || hls_timeshift_put_head(&out, &h));
        break;
    case HLS_TIMESHIFT_UNKNOWN: break;
    }
    buf_finish(&out);
    free(line);
    return 0;
}
