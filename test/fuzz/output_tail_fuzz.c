/* Lines of programs: the texts that are kept end, and are printable, whatever the programs print. */
#include "fuzzing.h"

#include <string.h>

#include "app/ffmpeg/progress.h"
#include "protocol/output_tail.h"

static void check_text(const char *text)
{
    size_t len = strnlen(text, OUTPUT_TAIL_LINE_CAP);
    check(len < OUTPUT_TAIL_LINE_CAP);
    for (size_t i = 0; i < len; i++)
        check((unsigned char)text[i] >= ' ');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct output_tail *t = output_tail_create();
    size_t              half = len / 2;
    if (!t)
        return 0;
    output_tail_take(t, (const char *)data, half);
    output_tail_take(t, (const char *)data + half, len - half);
    check_text(t->message);
    check_text(t->error);
    check_text(t->progress);
    check(progress_speed(t->progress) >= -1 && progress_fps(t->progress) >= -1);
    output_tail_unref(&t);
    return 0;
}
