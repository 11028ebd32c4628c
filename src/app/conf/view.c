#include "app/conf/view.h"

#include <string.h>

#include "app/conf/directive.h"
#include "app/conf/env.h"
#include "core/str.h"

static const char hidden[] = "***";

/* Options of a program have no rows in the table: their names tell whether they are secret. */
static bool has_telling_name(const char *name)
{
    static const char *const parts[] = { "password", "passphrase", "passwd", "secret", "token" };
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (strstr(name, parts[i]))
            return true;
    return false;
}

static bool is_secret(const struct directive *row, const struct conf_node *n)
{
    if (row && (row->flags & CONF_SECRET))
        return true;
    return (!row || row->type == CONF_STRING || row->type == CONF_ANYTHING || row->type == CONF_LIST) &&
           has_telling_name(n->name);
}

/* Write a word; of scheme://user:password@host/… only the host and what follows are shown. */
static void put_shown(struct jw *j, const char *key, const char *word)
{
    enum { WORD_CAP = 1024 };
    char        text[WORD_CAP];
    const char *authority = strstr(word, "://");
    size_t      len = authority ? strcspn(authority + 3, "/?#") : 0;
    const char *at = len ? memrchr(authority + 3, '@', len) : NULL;
    if (!at) {
        jw_string(j, key, word);
        return;
    }
    struct str out = str_over(text, sizeof text);
    str_append(&out, word, (size_t)(authority + 3 - word));
    str_printf(&out, "%s%s", hidden, at);
    jw_string(j, key, text);
}

void conf_view_put_word(struct jw *j, const char *key, const struct directive *row, const struct conf_node *n,
                        size_t at)
{
    put_shown(j, key, is_secret(row, n) ? hidden : n->args[at]);
}

static void put_words(struct jw *j, const struct directive *row, const struct conf_node *n)
{
    jw_array(j, "words");
    for (size_t i = 0; i < n->n_args; i++)
        conf_view_put_word(j, NULL, row, n, i);
    jw_array_end(j);
}

static void put_place(struct jw *j, const struct conf_node *n)
{
    if (n->line) {
        jw_string(j, "file", n->file);
        jw_int(j, "line", n->line);
    } else {
        jw_string(j, "env", n->file ? n->file : "");
    }
}

/* Recursion is bounded by CONF_DEPTH_MAX. */
static void put_node(struct jw *j, const struct conf_block *block, const struct conf_node *n)
{
    const struct directive *row = block ? conf_row(block, n->name) : NULL;
    jw_object(j, NULL);
    jw_string(j, "name", n->name);
    put_words(j, row, n);
    put_place(j, n);
    if (n->block) {
        jw_array(j, "directives");
        for (const struct conf_node *child = n->first; child; child = child->next)
            put_node(j, row ? row->children : NULL, child);
        jw_array_end(j);
    }
    jw_object_end(j);
}

void conf_view_put(struct jw *j, const struct conf_node *n)
{
    put_node(j, &conf_root_block, n);
}
