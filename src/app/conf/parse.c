#include "app/conf/parse.h"

#include <stdint.h>
#include <string.h>

#include "app/conf/show.h"
#include "core/mem.h"
#include "core/str.h"

enum token { WORD, SEMICOLON, BRACE_OPEN, BRACE_CLOSE, END };

/* Words of one directive: each takes at least a byte of its file (CONF_FILE_BYTES_MAX). */
enum { WORDS_MAX = 64 << 20 };

struct parser {
    struct conf_tree   *tree;
    struct conf_report *report;
    const char         *file;
    const char         *text, *p, *end;
    int                 line;

    /* the words of the directive that is being read */
    char **words;
    size_t n_words, words_cap;
    int    start_line; /* line of its first word */
    size_t start_at;   /* byte of its first word */
    size_t word_at;    /* byte of the word that is being read */
    int    broken_at;  /* line of the first line end inside it; 0: none so far */
    int    broken_to;  /* line of its last word so far */
    size_t n_on_line;  /* words before that line end */

    /* the open blocks; [0] takes the directives of the file */
    struct conf_node *open[CONF_DEPTH_MAX + 1];
    int               depth, depth_max;
};

static struct err *in_token(const struct parser *in, struct err *e)
{
    return err_wrap(e, "read token, line=%d, state=0", in->line);
}

static void pass_line_end(struct parser *in)
{
    if (in->n_words && !in->broken_at) {
        in->broken_at = in->line;
        in->n_on_line = in->n_words;
    }
    in->line++;
}

static void skip_space(struct parser *in)
{
    for (; in->p < in->end; in->p++) {
        switch (*in->p) {
        case '\n': pass_line_end(in); break;
        case ' ':
        case '\t':
        case '\r': break;
        case '#':
            in->p = memchr(in->p, '\n', (size_t)(in->end - in->p));
            if (!in->p)
                in->p = in->end;
            in->p--; /* the loop steps to the line end */
            break;
        default: return;
        }
    }
}

static bool ends_word(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';' || c == '{';
}

bool conf_parse_is_plain(const char *word)
{
    if (!*word || strchr("\"'#}", *word))
        return false;
    while (*word && !ends_word(*word))
        word++;
    return !*word;
}

static struct err *end_of_file(const struct parser *in)
{
    if (in->broken_at) {
        char shown[CONF_SHOW_MAX];
        return in_token(in, err_new(E_SYSTEM_CONFIG_INVALID, "line %d: unexpected end of line to parse token %s",
                                    in->broken_at, conf_show(in->words[0], shown, sizeof shown)));
    }
    return in_token(
        in, err_new(E_SYSTEM_CONFIG_INVALID, "line %d: unexpected end of file, expecting ; or \"}\"", in->line));
}

static struct err *unexpected(const struct parser *in, char c)
{
    char shown[8];
    return in_token(
        in, err_new(E_SYSTEM_CONFIG_INVALID, "unexpected '%s'", conf_show((char[]){ c, '\0' }, shown, sizeof shown)));
}

static struct err *keep_word(struct parser *in, const char *word, size_t len)
{
    if (in->n_words == in->words_cap) {
        char **words = mem_grow(in->words, &in->words_cap, sizeof *words, WORDS_MAX);
        if (!words)
            return err_no_memory();
        in->words = words;
    }
    char *copy = conf_arena_strndup(&in->tree->arena, word, len);
    if (!copy)
        return err_no_memory();
    if (!in->n_words) {
        in->start_line = in->line;
        in->start_at = in->word_at;
    }
    in->words[in->n_words++] = copy;
    in->broken_to = in->line;
    return NULL;
}

/* `in->p` is at the opening quote. An empty quoted string makes no word. */
static struct err *read_quoted(struct parser *in)
{
    const char *start = in->p + 1;
    const char *stop = memchr(start, *in->p, (size_t)(in->end - start));
    if (!stop)
        return end_of_file(in);
    struct err *e = stop > start ? keep_word(in, start, (size_t)(stop - start)) : NULL;
    if (e)
        return e;
    for (const char *c = start; c < stop; c++)
        if (*c == '\n')
            pass_line_end(in);
    in->p = stop + 1;
    if (in->p < in->end && !ends_word(*in->p))
        return unexpected(in, *in->p);
    return NULL;
}

static struct err *read_token(struct parser *in, enum token *token)
{
    skip_space(in);
    if (in->p == in->end) {
        *token = END;
        return in->n_words ? end_of_file(in) : NULL;
    }
    in->word_at = (size_t)(in->p - in->text);
    switch (*in->p) {
    case ';':
    case '{':
        if (!in->n_words)
            return unexpected(in, *in->p);
        *token = *in->p++ == ';' ? SEMICOLON : BRACE_OPEN;
        return NULL;
    case '}':
        if (in->broken_at)
            return end_of_file(in);
        if (in->n_words)
            return in_token(in, err_new(E_SYSTEM_CONFIG_INVALID, "line %d: unexpected \"}\"", in->line));
        *token = BRACE_CLOSE;
        in->p++;
        return NULL;
    case '"':
    case '\'': *token = WORD; return read_quoted(in);
    default: *token = WORD; break;
    }
    const char *start = in->p;
    while (in->p < in->end && !ends_word(*in->p))
        in->p++;
    return keep_word(in, start, (size_t)(in->p - start));
}

static void warn_broken_line(const struct parser *in, bool block)
{
    char name[CONF_SHOW_MAX];
    conf_show(in->words[0], name, sizeof name);
    if (block && in->broken_to <= in->broken_at)
        conf_report_add(in->report, LOG_WARN, "%s:%d: the { of \"%s\" stands on a later line; SRS 6 and 7 refuse that",
                        in->file, in->start_line, name);
    else
        conf_report_add(in->report, LOG_WARN,
                        "%s:%d: \"%s\" does not end on its line and takes the words up to line %d as its own; is a "
                        "\";\" missing? SRS 6 and 7 refuse that",
                        in->file, in->start_line, name, in->line);
}

/* Make a node of the words that have been read. */
static struct err *keep_node(struct parser *in, bool block)
{
    if (in->broken_at)
        warn_broken_line(in, block);
    struct conf_node  like = { .file = in->file, .line = in->start_line };
    struct conf_node *n = conf_tree_add(in->tree, in->open[in->depth], in->words[0], &like);
    if (!n)
        return in->tree->n_nodes == CONF_NODES_MAX
                   ? err_new(E_SYSTEM_CONFIG_INVALID, "line %d: more than %d directives", in->line, CONF_NODES_MAX)
                   : err_no_memory();
    n->block = block;
    n->begin = (uint32_t)in->start_at;
    n->end = (uint32_t)(in->p - in->text); /* of a block, until its } is read */
    n->stop = n->end - 1;
    n->n_args = in->n_words - 1;
    n->n_on_line = in->broken_at ? in->n_on_line - 1 : n->n_args;
    if (n->n_args) {
        n->args = conf_arena_alloc(&in->tree->arena, n->n_args * sizeof *n->args);
        if (!n->args)
            return err_no_memory();
        memcpy(n->args, in->words + 1, n->n_args * sizeof *n->args);
    } else if (!block && strcmp(n->name, "include") == 0) {
        return err_new(E_SYSTEM_CONFIG_INVALID, "line %d: include is empty directive", in->line);
    }
    if (block) {
        if (in->depth == in->depth_max)
            return err_new(E_SYSTEM_CONFIG_INVALID, "line %d: blocks nested deeper than %d", in->line, CONF_DEPTH_MAX);
        in->open[++in->depth] = n;
    }
    in->n_words = 0;
    in->broken_at = 0;
    return NULL;
}

static struct err *take_token(struct parser *in, enum token token)
{
    switch (token) {
    case WORD: return NULL;
    case SEMICOLON:
    case BRACE_OPEN: return keep_node(in, token == BRACE_OPEN);
    case BRACE_CLOSE:
        if (!in->depth)
            return err_new(E_SYSTEM_CONFIG_INVALID, "line %d: unexpected \"}\"", in->line);
        in->open[in->depth--]->end = (uint32_t)(in->p - in->text);
        return NULL;
    default:
        if (in->depth)
            return err_new(E_SYSTEM_CONFIG_INVALID, "line %d: unexpected end of file, expecting \"}\"", in->line);
        return NULL;
    }
}

static struct err *parse(struct parser *in)
{
    struct err *e;
    enum token  token = END;
    do {
        if ((e = read_token(in, &token)))
            return e;
        if ((e = take_token(in, token)))
            return e;
    } while (token != END);
    return NULL;
}

struct err *conf_parse(struct conf_tree *tree, struct conf_node *parent, int depth, const char *file, const char *text,
                       size_t len, struct conf_report *report)
{
    static const char bom[] = "\xef\xbb\xbf";
    bool              has_bom = len >= strlen(bom) && memcmp(text, bom, strlen(bom)) == 0;

    char *kept_file = conf_arena_strdup(&tree->arena, file);
    if (!kept_file)
        return err_no_memory();
    struct parser in = {
        .tree = tree,
        .report = report,
        .file = kept_file,
        .line = 1,
        .text = text,
        .p = text + (has_bom ? strlen(bom) : 0),
        .end = text + len,
        .open = { parent },
        .depth_max = CONF_DEPTH_MAX - depth,
    };
    struct err *e = parse(&in);
    mem_free(in.words);
    for (int i = 0; i < in.depth; i++)
        e = err_wrap(e, "parse dir");
    e = err_wrap(e, "root parse");
    return err_wrap(e, "parse buffer %s", file);
}
