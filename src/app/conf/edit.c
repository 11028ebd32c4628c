#include "app/conf/edit.h"

#include <string.h>

#include "app/conf/parse.h"
#include "app/conf/show.h"
#include "core/str.h"

/* ---- paths and words ------------------------------------------------------------------------------------------------ */

static struct err *refuse(const char *what, const char *word)
{
    char shown[CONF_SHOW_MAX];
    return err_new(E_SYSTEM_CONFIG_INVALID, "%s: %s", conf_show(word, shown, sizeof shown), what);
}

/* A word that a file can hold: there are no escapes, and an empty word is none. */
static bool is_writable(const char *word)
{
    for (const char *c = word; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return false;
    return *word && strlen(word) < CONF_EDIT_PATH_MAX && !(strchr(word, '"') && strchr(word, '\''));
}

/* Cut one step off the path: its name, and the word in brackets. */
static bool take_step(char **at, struct conf_step *step)
{
    char  *name = *at;
    size_t len = strcspn(name, ".[");
    char  *rest = name + len;
    *step = (struct conf_step){ .name = name };
    if (!len)
        return false;
    if (*rest == '[') {
        char *close = strchr(rest, ']');
        if (!close || (close[1] && close[1] != '.'))
            return false;
        *rest = *close = '\0';
        step->word = rest + 1;
        rest = close + 1;
    }
    if (*rest && !rest[1])
        return false;
    *at = *rest ? rest + 1 : rest;
    *rest = '\0';
    return !step->word || is_writable(step->word);
}

/* Options of a program have no rows: any plain name will do. */
static struct err *find_row(const struct conf_block *block, bool is_free, const struct conf_step *step,
                            const struct directive **row)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-:";
    *row = block ? conf_row(block, step->name) : NULL;
    if (*row && ((*row)->flags & CONF_LEGACY))
        return refuse("an old spelling, which is not written any more", step->name);
    if (!*row && !(is_free && step->name[strspn(step->name, plain)] == '\0'))
        return refuse("no such directive", step->name);
    bool is_named = !*row || ((*row)->type == CONF_BLOCK && ((*row)->flags & CONF_REPEAT));
    if (step->word && !is_named)
        return refuse("has no name, so nothing in brackets", step->name);
    if (!step->word && *row && is_named)
        return refuse("may stand several times: name one of them in brackets", step->name);
    return NULL;
}

struct err *conf_edit_path(struct conf_edit *edit, struct conf_arena *arena, const char *path)
{
    const struct conf_block *block = &conf_root_block;
    bool                     is_free = false;
    size_t                   len = strlen(path);
    char                    *at = len < CONF_EDIT_PATH_MAX ? conf_arena_strdup(arena, path) : NULL;
    if (!at)
        return len < CONF_EDIT_PATH_MAX ? err_no_memory() : refuse("too long a path", path);
    edit->n_steps = 0;
    do {
        struct conf_step *step = &edit->steps[edit->n_steps];
        struct err       *e;
        if (edit->n_steps == CONF_EDIT_STEPS_MAX || (edit->n_steps && !block && !is_free))
            return refuse("deeper than the table of directives", path);
        if (!take_step(&at, step))
            return refuse("not a path such as vhost[NAME].play.gop_cache", path);
        if (strcmp(step->name, "include") == 0)
            return refuse("the files of a configuration are not changed here", path);
        if ((e = find_row(block, is_free, step, &edit->row)))
            return e;
        edit->n_steps++;
        block = edit->row ? edit->row->children : NULL;
        is_free = edit->row &&
                  (edit->row->type == CONF_OPTIONS || edit->row->type == CONF_ANYTHING || (block && block->unchecked));
    } while (*at);
    return NULL;
}

struct err *conf_edit_word(struct conf_edit *edit, struct conf_arena *arena, const char *word)
{
    if (edit->n_words == CONF_EDIT_WORDS_MAX)
        return err_new(E_SYSTEM_CONFIG_INVALID, "more than %d words", CONF_EDIT_WORDS_MAX);
    if (!is_writable(word))
        return refuse("a file cannot hold this word: it is empty, too long, or has control characters or both quotes",
                      word);
    const char *copy = conf_arena_strdup(arena, word);
    if (!copy)
        return err_no_memory();
    edit->words[edit->n_words++] = copy;
    return NULL;
}

/* ---- places in a tree ------------------------------------------------------------------------------------------------ */

static const struct conf_node *find_step(const struct conf_node *parent, const struct conf_step *step)
{
    const struct conf_node *n = conf_node_child(parent, step->name);
    while (n && step->word && !str_equal(conf_node_word(n), step->word))
        n = conf_node_same(n);
    return n;
}

int conf_edit_find(const struct conf_edit *edit, int from, const struct conf_node *root, const struct conf_node **found)
{
    int n = 0;
    for (const struct conf_node *at = root; from + n < edit->n_steps; n++) {
        at = find_step(at, &edit->steps[from + n]);
        if (!at)
            break;
        found[n] = at;
    }
    return n;
}

static const struct conf_step *last_step(const struct conf_edit *edit)
{
    return &edit->steps[edit->n_steps - 1];
}

static bool has_words(const struct conf_edit *edit, const struct conf_node *n)
{
    bool same = n->n_args == (size_t)edit->n_words;
    for (int i = 0; i < edit->n_words && same; i++)
        same = strcmp(n->args[i], edit->words[i]) == 0;
    return same;
}

/* The directive of that name with the words of the change. */
static const struct conf_node *find_words(const struct conf_edit *edit, const struct conf_node *first)
{
    while (first && !has_words(edit, first))
        first = conf_node_same(first);
    return first;
}

static bool stands_several_times(const struct conf_edit *edit)
{
    return edit->row && (edit->row->flags & CONF_REPEAT) && edit->row->type != CONF_BLOCK;
}

bool conf_edit_holds(const struct conf_edit *edit, const struct conf_node *root)
{
    const struct conf_node *found[CONF_EDIT_STEPS_MAX];
    int                     n = conf_edit_find(edit, 0, root, found);
    const struct conf_node *at = n == edit->n_steps ? found[n - 1] : NULL;
    if (at && stands_several_times(edit) && edit->n_words)
        at = find_words(edit, at);
    if (edit->op == CONF_EDIT_REMOVE)
        return !at;
    return at && (last_step(edit)->word || has_words(edit, at));
}

/* ---- text ------------------------------------------------------------------------------------------------------------ */

struct page {
    const char *text;
    size_t      len;
    struct buf *out;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static const char *eol_of(const struct page *p)
{
    const char *lf = p->len ? memchr(p->text, '\n', p->len) : NULL;
    return lf && lf > p->text && lf[-1] == '\r' ? "\r\n" : "\n";
}

static size_t line_start(const struct page *p, size_t at)
{
    while (at > 0 && p->text[at - 1] != '\n')
        at--;
    return at;
}

/* True when only blanks stand before `at` on its line. */
static bool begins_line(const struct page *p, size_t at)
{
    size_t i = line_start(p, at);
    while (i < at && is_blank(p->text[i]))
        i++;
    return i == at;
}

static void put_word(struct buf *out, const char *word)
{
    const char *quote = conf_parse_is_plain(word) ? "" : strchr(word, '"') ? "'" : "\"";
    buf_printf(out, "%s%s%s", quote, word, quote);
}

static void put_words(const struct conf_edit *edit, struct buf *out)
{
    for (int i = 0; i < edit->n_words; i++) {
        buf_text(out, i ? " " : "");
        put_word(out, edit->words[i]);
    }
}

/* The directive as a new text: `play { gop_cache off; }` with the blocks that are missing around it. */
static void put_statement(const struct conf_edit *edit, int missing_from, const char *eol, struct buf *out)
{
    const struct conf_step *last = last_step(edit);
    for (int i = missing_from; i < edit->n_steps - 1; i++)
        buf_printf(out, "%s { ", edit->steps[i].name);
    buf_text(out, last->name);
    if (last->word) {
        buf_text(out, " ");
        put_word(out, last->word);
        buf_printf(out, " {%s}", missing_from == 0 ? eol : " ");
    } else {
        buf_text(out, edit->n_words ? " " : "");
        put_words(edit, out);
        buf_text(out, ";");
    }
    for (int i = missing_from; i < edit->n_steps - 1; i++)
        buf_text(out, " }");
}

static void copy(const struct page *p, size_t from, size_t to)
{
    buf_append(p->out, p->text + from, to - from);
}

static void put_indent(const struct page *p, size_t at)
{
    size_t start = line_start(p, at);
    copy(p, start, at);
}

/* Write the file with the new directive at its end. */
static void append_to_file(const struct page *p, const struct conf_edit *edit, int missing_from)
{
    const char *eol = eol_of(p);
    copy(p, 0, p->len);
    if (p->len && p->text[p->len - 1] != '\n')
        buf_text(p->out, eol);
    put_statement(edit, missing_from, eol, p->out);
    buf_text(p->out, eol);
}

/* Write the file with the new directive before the } of a block: on a line of its own if the } has one. */
static void append_to_block(const struct page *p, const struct conf_node *block, const struct conf_edit *edit,
                            int missing_from)
{
    size_t      brace = block->end - 1;
    const char *eol = eol_of(p);
    if (begins_line(p, brace)) {
        size_t start = line_start(p, brace);
        copy(p, 0, start);
        if (block->last && begins_line(p, block->last->begin)) {
            put_indent(p, block->last->begin);
        } else {
            put_indent(p, brace);
            buf_text(p->out, "    ");
        }
        put_statement(edit, missing_from, " ", p->out);
        buf_text(p->out, eol);
        copy(p, start, p->len);
        return;
    }
    copy(p, 0, brace);
    if (!is_blank(p->text[brace - 1]))
        buf_text(p->out, " ");
    put_statement(edit, missing_from, " ", p->out);
    buf_text(p->out, " ");
    copy(p, brace, p->len);
}

static struct err *insert(const struct page *p, const struct conf_edit *edit, int from, const struct conf_node **found,
                          int n_found)
{
    for (int i = from + n_found; i < edit->n_steps - 1; i++)
        if (edit->steps[i].word)
            return refuse("there is no such block", edit->steps[i].word);
    if (!n_found)
        append_to_file(p, edit, from);
    else if (!found[n_found - 1]->block)
        return refuse("it has no block", edit->steps[from + n_found - 1].name);
    else
        append_to_block(p, found[n_found - 1], edit, from + n_found);
    return NULL;
}

/* New words between the name and the `;`. The blanks behind the name stay. */
static struct err *replace(const struct page *p, const struct conf_edit *edit, const struct conf_node *n)
{
    size_t name_end = n->begin + strlen(n->name);
    if (n->block)
        return refuse("a block; set what is in it", n->name);
    if (memchr(p->text + n->begin, '\n', n->stop - n->begin))
        return refuse("stands on several lines; change it by hand", n->name);
    if (name_end > n->stop || memcmp(p->text + n->begin, n->name, strlen(n->name)) != 0)
        return refuse("its name is written in quotes; change it by hand", n->name);
    size_t gap_end = name_end;
    while (gap_end < n->stop && is_blank(p->text[gap_end]))
        gap_end++;
    copy(p, 0, name_end);
    if (edit->n_words) {
        if (gap_end == name_end || gap_end == n->stop)
            buf_text(p->out, " ");
        else
            copy(p, name_end, gap_end);
        put_words(edit, p->out);
    }
    copy(p, n->stop, p->len);
    return NULL;
}

/* Write the file without the directive, and without its line if nothing else stands there. A comment behind it stays. */
static void cut(const struct page *p, const struct conf_node *n)
{
    size_t begin = n->begin, end = n->end;
    while (end < p->len && is_blank(p->text[end]))
        end++;
    bool at_line_end = end == p->len || p->text[end] == '\n';
    if (begins_line(p, begin) && at_line_end) {
        begin = line_start(p, begin);
        end += end < p->len;
    } else if (at_line_end) {
        end = n->end;
        while (begin > 0 && (p->text[begin - 1] == ' ' || p->text[begin - 1] == '\t'))
            begin--;
    }
    copy(p, 0, begin);
    copy(p, end, p->len);
}

/* ---- the three changes -------------------------------------------------------------------------------------------------- */

static struct err *set(const struct page *p, const struct conf_edit *edit, int from, const struct conf_node **found,
                       int n_found)
{
    const struct conf_node *n = from + n_found == edit->n_steps ? found[n_found - 1] : NULL;
    if (stands_several_times(edit))
        return refuse("may stand several times: add one, or remove one", last_step(edit)->name);
    if (last_step(edit)->word || (edit->row && edit->row->type == CONF_BLOCK))
        return refuse("a block; set what is in it, add it or remove it", last_step(edit)->name);
    return n ? replace(p, edit, n) : insert(p, edit, from, found, n_found);
}

static struct err *add(const struct page *p, const struct conf_edit *edit, int from, const struct conf_node **found,
                       int n_found)
{
    const char             *name = last_step(edit)->name;
    const struct conf_node *n = from + n_found == edit->n_steps ? found[n_found - 1] : NULL;
    if (last_step(edit)->word) {
        if (n)
            return refuse("is there already", last_step(edit)->word);
        if (edit->n_words)
            return refuse("a block has no value", name);
        return insert(p, edit, from, found, n_found);
    }
    if (!stands_several_times(edit))
        return refuse("is no list: set it", name);
    if (n && find_words(edit, n))
        return refuse("is there already", name);
    return insert(p, edit, from, found, n ? n_found - 1 : n_found);
}

static struct err *take_out(const struct page *p, const struct conf_edit *edit, int from,
                            const struct conf_node **found, int n_found)
{
    const struct conf_node *n = from + n_found == edit->n_steps ? found[n_found - 1] : NULL;
    if (n && stands_several_times(edit) && !edit->n_words)
        return refuse("may stand several times: say the words of the one", n->name);
    if (n && stands_several_times(edit))
        n = find_words(edit, n);
    if (!n)
        return refuse("is not there", last_step(edit)->name);
    cut(p, n);
    return NULL;
}

struct err *conf_edit_apply(const struct conf_edit *edit, int from, const char *text, size_t len, struct buf *out)
{
    struct conf_tree        tree = { 0 };
    struct conf_report      report = { 0 };
    struct page             p = { .text = text, .len = len, .out = out };
    const struct conf_node *found[CONF_EDIT_STEPS_MAX];
    struct err             *e = conf_parse(&tree, &tree.root, 0, "", text, len, &report);
    if (!e) {
        int n_found = conf_edit_find(edit, from, &tree.root, found);
        switch (edit->op) {
        case CONF_EDIT_SET: e = set(&p, edit, from, found, n_found); break;
        case CONF_EDIT_ADD: e = add(&p, edit, from, found, n_found); break;
        case CONF_EDIT_REMOVE: e = take_out(&p, edit, from, found, n_found); break;
        }
    }
    conf_report_finish(&report);
    conf_tree_finish(&tree);
    return e ? e : buf_error(out);
}
