#include "app/hooks/answer.h"

#include "fuzzing.h"

/* Judge the bytes as an answer, and read what it wants. Whatever is wanted is within its bounds, and a safe name is its own normal form. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char            *text = malloc(size + 1), name[STREAM_NAME_MAX + 1];
    struct hook_wish w = { 0 };
    if (size) /* else `data` may be NULL */
        memcpy(text, data, size);
    text[size] = '\0';
    struct err *e = hook_answer_judge(200, text, size);
    if (!e && !(e = hook_answer_wish(text, size, &w))) {
        check(w.limit_kbps >= 0 && w.limit_kbps <= HOOK_LIMIT_KBPS_MAX);
        check(w.limit_us >= 0 && w.limit_us <= HOOK_LIMIT_SECONDS_MAX * 1000000);
        check(stream_name_normalise(name, w.stream, strlen(w.stream)) == strlen(w.stream));
        check(!*w.stream || stream_name_is_safe(w.stream));
        check(!*w.redirect || strncmp(w.redirect, "rtmp", 4) == 0 || strncmp(w.redirect, "http", 4) == 0);
        check(strpbrk(w.redirect, " \r\n\t\"<>") == NULL);
    }
    err_free(e);
    free(text);
    return 0;
}
