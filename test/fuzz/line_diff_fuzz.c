/* Two texts of a file, with a NUL between them: what stays of one is what stays of the other, and a secret is in no line. */
#include "app/conf/line_diff.h"

#include "app/conf/parse.h"
#include "fuzzing.h"

/* Append the lines of a text that the difference does not name. */
static size_t put_rest(char *out, const struct conf_line_side *side, const struct conf_line_diff *d, bool comes)
{
    size_t len = 0, next = 0;
    int    number = 1;
    for (size_t at = 0; at < side->len; number++) {
        const char *lf = memchr(side->text + at, '\n', side->len - at);
        size_t      end = lf ? (size_t)(lf - side->text) + 1 : side->len;
        while (next < d->count && (d->lines[next].comes != comes || d->lines[next].number < number))
            next++;
        if (next == d->count || d->lines[next].number != number) {
            memcpy(out + len, side->text + at, end - at);
            len += end - at;
        }
        at = end;
    }
    return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const uint8_t        *nul = memchr(data, 0, len);
    struct conf_tree      trees[2] = { 0 };
    struct conf_report    report = { 0 };
    struct conf_line_diff d = { 0 };
    if (!nul)
        return 0;
    size_t                n = (size_t)(nul - data);
    struct conf_line_side a = { (const char *)data, n, &trees[0] },
                          b = { (const char *)nul + 1, len - n - 1, &trees[1] };
    struct err *e = conf_parse(&trees[0], &trees[0].root, 0, "f", a.text, a.len, &report);
    if (!e)
        e = conf_parse(&trees[1], &trees[1].root, 0, "f", b.text, b.len, &report);
    if (!e) {
        check(!conf_line_diff(&d, "f", &a, &b));
        char  *rest = malloc(2 * len + 1);
        size_t a_len = put_rest(rest, &a, &d, false), b_len = put_rest(rest + len, &b, &d, true);
        check(d.left_out || (a_len == b_len && memcmp(rest, rest + len, a_len) == 0));
        free(rest);
        conf_line_diff_finish(&d);
    }
    err_free(e);
    conf_report_finish(&report);
    conf_tree_finish(&trees[0]);
    conf_tree_finish(&trees[1]);
    return 0;
}
