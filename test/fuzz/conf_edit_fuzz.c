/*
 * A change of any text by any path and words: what comes out is a file again, and has what was asked for. Lines of texts: the path,
 * the words, and the file behind an empty line. The first byte says which change.
 */
#include <stdlib.h>
#include <string.h>

#include "app/conf/edit.h"
#include "app/conf/parse.h"

static char *cut_line(char **at)
{
    char *line = *at, *end = strchr(line, '\n');
    *at = end ? end + 1 : line + strlen(line);
    if (end)
        *end = '\0';
    return line;
}

/* The file must be one, and have the words. After a removal of the first of two, the second counts. */
static void check(const struct conf_edit *edit, const struct buf *out)
{
    struct conf_tree   tree = { 0 };
    struct conf_report report = { 0 };
    if (conf_parse(&tree, &tree.root, 0, "", out->bytes ? out->bytes : "", out->len, &report))
        abort();
    if (edit->op != CONF_EDIT_REMOVE && !conf_edit_holds(edit, &tree.root))
        abort();
    conf_report_finish(&report);
    conf_tree_finish(&tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    char *copy = malloc(size), *at = copy;
    memcpy(copy, data + 1, size - 1);
    copy[size - 1] = '\0';

    struct conf_arena arena = { 0 };
    struct conf_edit  edit = { .op = data[0] % 3 };
    struct err       *e = conf_edit_path(&edit, &arena, cut_line(&at));
    for (char *word; !e && *(word = cut_line(&at));)
        e = conf_edit_word(&edit, &arena, word);
    if (!e) {
        struct buf out = buf_up_to(CONF_EDIT_BYTES_MAX);
        e = conf_edit_apply(&edit, 0, at, size - 1 - (size_t)(at - copy), &out);
        if (!e)
            check(&edit, &out);
        buf_finish(&out);
    }
    err_free(e);
    conf_arena_finish(&arena);
    free(copy);
    return 0;
}
