#include "app/conf/snapshot.h"

#include <string.h>

#include "app/conf/directive.h"
#include "app/conf/run_mode.h"
#include "app/conf/value.h"
#include "core/str.h"

static struct conf_value root_value(const struct conf_tree *tree, const char *name)
{
    return conf_value(conf_row(&conf_root_block, name), conf_node_child(&tree->root, name));
}

/* ---- values ---- */

void conf_fill_text(struct conf_fill *f, char **to, const char *text)
{
    *to = conf_arena_strdup(f->arena, text);
    f->failed |= !*to;
}

void *conf_fill_array(struct conf_fill *f, size_t count, size_t size)
{
    void *items = count ? conf_arena_alloc(f->arena, count * size) : NULL;
    f->failed |= count && !items;
    return items;
}

/* Split the words of a default, between which stand single spaces. */
static void split_words(struct conf_fill *f, struct conf_words *to, const char *text)
{
    size_t count = 1;
    for (const char *p = text; (p = strchr(p, ' ')); p++)
        count++;
    char *copy;
    conf_fill_text(f, &copy, text);
    to->items = conf_fill_array(f, count, sizeof *to->items);
    if (f->failed)
        return;
    for (char *word; (word = strsep(&copy, " "));)
        to->items[to->count++] = word;
}

static void store_words(struct conf_fill *f, struct conf_words *to, const struct directive *row,
                        const struct conf_node *n)
{
    if (n) {
        *to = (struct conf_words){ n->args, n->n_args };
        return;
    }
    *to = (struct conf_words){ 0 };
    if (row->def)
        split_words(f, to, row->def);
}

static size_t count_same(const struct conf_node *first)
{
    size_t count = 0;
    for (const struct conf_node *n = first; n; n = conf_node_same(n))
        count++;
    return count;
}

static void store_commands(struct conf_fill *f, struct conf_commands *to, const struct conf_node *first)
{
    size_t count = count_same(first);
    *to = (struct conf_commands){ .items = conf_fill_array(f, count, sizeof *to->items) };
    for (const struct conf_node *n = first; n && !f->failed; n = conf_node_same(n))
        to->items[to->count++] = (struct conf_words){ n->args, n->n_args };
}

/* Names that the user chooses, with at most one word each. */
static void store_options(struct conf_fill *f, struct conf_options *to, const struct conf_node *block)
{
    size_t count = 0;
    for (const struct conf_node *n = block ? block->first : NULL; n; n = n->next)
        count++;
    *to = (struct conf_options){ .items = conf_fill_array(f, count, sizeof *to->items) };
    for (const struct conf_node *n = block ? block->first : NULL; n && !f->failed; n = n->next) {
        struct conf_option *option = &to->items[to->count++];
        conf_fill_text(f, &option->name, n->name);
        conf_fill_text(f, &option->value, n->n_args ? n->args[0] : "");
    }
}

static void store_value(struct conf_fill *f, void *to, const struct directive *row, const struct conf_node *n)
{
    struct conf_value v = conf_value(row, n);
    switch (row->store) {
    case STORE_BOOL: *(bool *)to = row->type == CONF_ENUM ? v.integer > 0 : v.on; break;
    case STORE_INT: *(int *)to = (int)v.integer; break;
    case STORE_INT64: *(int64_t *)to = v.integer; break;
    case STORE_DOUBLE: *(double *)to = v.real; break;
    case STORE_STRING: conf_fill_text(f, to, v.text); break;
    case STORE_WORDS: store_words(f, to, row, n); break;
    case STORE_COMMANDS: store_commands(f, to, n); break;
    case STORE_OPTIONS: store_options(f, to, n); break;
    default: break;
    }
}

/* ---- blocks: `base` is the struct that the rows of a block count from ---- */

static void fill_block(struct conf_fill *f, char *base, const struct conf_block *block, const struct conf_node *parent);

static void fill_item(struct conf_fill *f, char *item, const struct conf_block *block, const struct conf_node *n)
{
    if (block->has_name)
        conf_fill_text(f, (char **)(void *)(item + block->name_at), n->n_args ? n->args[0] : "");
    fill_block(f, item, block, n);
    if (block->derive && !f->failed)
        block->derive(f, item, n);
}

static void fill_list(struct conf_fill *f, char *base, const struct directive *row, const struct conf_node *first)
{
    bool   all = row->flags & CONF_REPEAT;
    size_t count = all ? count_same(first) : first != NULL, i = 0;
    char  *items = conf_fill_array(f, count, row->item_size);
    memcpy(base + row->at, &items, sizeof items);
    memcpy(base + row->count_at, &count, sizeof count);
    for (const struct conf_node *n = first; i < count && !f->failed; n = conf_node_same(n))
        fill_item(f, items + i++ * row->item_size, row->children, n);
}

static void fill_row(struct conf_fill *f, char *base, const struct directive *row, const struct conf_node *n)
{
    if (row->store != STORE_NOTHING)
        store_value(f, base + row->at, row, n);
    else if (row->type == CONF_BLOCK)
        fill_block(f, base, row->children, n);
    if (row->set_at)
        *(bool *)(base + row->set_at) = row->type == CONF_LIST ? n != NULL : conf_value(row, n).written;
}

/* Lists are filled last, so that their items can derive values from those around. Recursion follows the table. */
static void fill_block(struct conf_fill *f, char *base, const struct conf_block *block, const struct conf_node *parent)
{
    for (size_t i = 0; i < block->n_rows; i++)
        if (block->rows[i].store != STORE_BLOCKS && !(block->rows[i].flags & CONF_LEGACY))
            fill_row(f, base, &block->rows[i], conf_node_child(parent, block->rows[i].name));
    for (size_t i = 0; i < block->n_rows; i++)
        if (block->rows[i].store == STORE_BLOCKS)
            fill_list(f, base, &block->rows[i], conf_node_child(parent, block->rows[i].name));
}

/* ---- values of more than one row ---- */

/* The word that counts. An unknown word is taken as another one, and the review says so. */
static const char *word_of(const char *name, struct conf_value v)
{
    return conf_row(&conf_root_block, name)->words[v.integer];
}

static void fill_log(struct conf *c, const struct conf_source *s, struct conf_report *report)
{
    struct conf_value tank = root_value(c->tree, "srs_log_tank");
    struct conf_value old_level = root_value(c->tree, "srs_log_level"), level = root_value(c->tree, "srs_log_level_v2");
    struct conf_value file = root_value(c->tree, "srs_log_file");
    c->log.to_console = tank.written ? tank.integer == 1 : s->env_only || c->in_docker;
    c->log.level = level.text[0] ? log_level_from_word(word_of("srs_log_level_v2", level))
                                 : log_level_from_old_word(word_of("srs_log_level", old_level));
    c->log.utc = c->utc_time;
    if (!str_copy(c->log.path, sizeof c->log.path, file.text))
        conf_report_add(report, LOG_WARN, "srs_log_file is longer than %d bytes and cut", LOG_PATH_MAX - 1);
}

struct err *conf_snapshot_fill(struct conf *c, const struct conf_source *s, struct conf_report *report)
{
    struct conf_fill f = { .conf = c, .arena = &c->tree->arena, .report = report };
    conf_fill_text(&f, &c->path, s->env_only || !s->path ? "" : s->path);
    c->env_only = s->env_only;
    fill_block(&f, (char *)c, &conf_root_block, &c->tree->root);

    c->in_docker = conf_run_mode_is_container(c->tree, s);
    c->daemon = conf_run_mode_is_daemon(c->tree, s);
    c->daemon_overruled = !c->daemon && root_value(c->tree, "daemon").on && !s->env_only;
    c->inotify_auto_reload |= c->in_docker && root_value(c->tree, "auto_reload_for_docker").on;
    fill_log(c, s, report);
    return f.failed ? err_no_memory() : NULL;
}
