#include "app/conf/snapshot.h"

#include <string.h>

#include "app/conf/cidr.h"
#include "app/conf/unbuilt.h"
#include "app/conf/value.h"
#include "core/str.h"

static struct conf_value root_value(const struct conf_tree *tree, const char *name)
{
    return conf_value(conf_row(&conf_root_block, name), conf_node_child(&tree->root, name));
}

static bool is_in_container(const struct conf_tree *tree, const struct conf_source *s)
{
    return s->in_container || root_value(tree, "in_docker").on;
}

bool conf_is_daemon(const struct conf_tree *tree, const struct conf_source *s)
{
    struct conf_value daemon = root_value(tree, "daemon");
    if (is_in_container(tree, s) && root_value(tree, "disable_daemon_for_docker").on)
        return false;
    return s->env_only && !daemon.written ? false : daemon.on;
}

/* ---- rows to fields */

struct fill {
    struct conf_arena *arena;
    char              *base; /* the struct that `at` counts from */
    bool               failed;
};

static void store_text(struct fill *f, char **to, const char *text)
{
    *to = conf_arena_strdup(f->arena, text);
    f->failed |= !*to;
}

/* The words of a default, which stand with single spaces between them. */
static void split_words(struct fill *f, struct conf_words *to, const char *text)
{
    size_t count = 1;
    for (const char *p = text; (p = strchr(p, ' ')); p++)
        count++;
    char *copy;
    store_text(f, &copy, text);
    to->items = conf_arena_alloc(f->arena, count * sizeof *to->items);
    f->failed |= !to->items;
    if (f->failed)
        return;
    for (char *word; (word = strsep(&copy, " "));)
        to->items[to->count++] = word;
}

static void store_words(struct fill *f, struct conf_words *to, const struct directive *row, const struct conf_node *n)
{
    if (n) {
        *to = (struct conf_words){ n->args, n->n_args };
        return;
    }
    *to = (struct conf_words){ 0 };
    if (row->def)
        split_words(f, to, row->def);
}

static void store(struct fill *f, const struct directive *row, const struct conf_node *n)
{
    struct conf_value v = conf_value(row, n);
    void             *to = f->base + row->at;
    switch (row->store) {
    case STORE_BOOL: *(bool *)to = row->type == CONF_ENUM ? v.integer > 0 : v.on; break;
    case STORE_INT: *(int *)to = (int)v.integer; break;
    case STORE_INT64: *(int64_t *)to = v.integer; break;
    case STORE_DOUBLE: *(double *)to = v.real; break;
    case STORE_STRING: store_text(f, to, v.text); break;
    case STORE_WORDS: store_words(f, to, row, n); break;
    default: break;
    }
    if (row->set_at)
        *(bool *)(f->base + row->set_at) = row->type == CONF_LIST ? n != NULL : v.written;
}

/* Every row with a field, here and below; `vhost` has its own base. Recursion follows the table. */
static void fill_block(struct fill *f, const struct conf_block *block, const struct conf_node *parent)
{
    for (size_t i = 0; i < block->n_rows; i++) {
        const struct directive *row = &block->rows[i];
        const struct conf_node *n = conf_node_child(parent, row->name);
        if (row->store != STORE_NOTHING)
            store(f, row, n);
        else if (row->type == CONF_BLOCK && row->state == CONF_BUILT && row->children != &conf_vhost_block)
            fill_block(f, row->children, n);
    }
}

/* ---- what is more than a row */

static bool is_rule(const struct conf_node *n)
{
    return strcmp(n->name, "allow") == 0 || strcmp(n->name, "deny") == 0;
}

static bool is_address(const char *who)
{
    struct cidr range;
    return cidr_parse(who, strlen(who), &range);
}

/* A rule that matches nobody stays, with an empty `who`: an allow of any kind shuts out whom no allow names. */
static struct conf_security_rule read_rule(struct fill *f, const struct conf_node *n, struct conf_report *report)
{
    const char *role = n->n_args ? n->args[0] : "", *who = n->n_args > 1 ? n->args[1] : "";
    bool        publish = strcmp(role, "publish") == 0, play = strcmp(role, "play") == 0;
    char        where[CONF_WHERE_MAX];
    if ((!publish && !play) || (strcmp(who, "all") != 0 && !is_address(who))) {
        conf_report_add(report, LOG_WARN,
                        "%s: this rule matches nobody; write %s, publish or play, then all, an address or a CIDR range",
                        conf_node_where(n, where, sizeof where), n->name);
        who = "";
    }
    struct conf_security_rule rule = { .allow = strcmp(n->name, "allow") == 0, .publish = publish };
    store_text(f, &rule.who, who);
    return rule;
}

static void fill_rules(struct fill *f, struct conf_security *s, const struct conf_node *security,
                       struct conf_report *report)
{
    size_t count = 0;
    for (const struct conf_node *n = security ? security->first : NULL; n; n = n->next)
        count += is_rule(n);
    if (!count)
        return;
    s->rules = conf_arena_alloc(f->arena, count * sizeof *s->rules);
    if (!s->rules) {
        f->failed = true;
        return;
    }
    for (const struct conf_node *n = security->first; n; n = n->next)
        if (is_rule(n))
            s->rules[s->n_rules++] = read_rule(f, n, report);
}

static void fill_vhost(struct conf *c, struct conf_vhost *v, const struct conf_node *n, struct fill *f,
                       struct conf_report *report)
{
    f->base = (char *)v;
    store_text(f, &v->name, n->n_args ? n->args[0] : "");
    fill_block(f, &conf_vhost_block, n);
    fill_rules(f, &v->security, conf_node_child(n, "security"), report);
    v->unbuilt = conf_unbuilt_refusal(n);
    if (!conf_node_word(conf_node_child(n, "chunk_size")))
        v->chunk_size = c->chunk_size;
    if (v->min_latency && !v->play.mw_msgs_set)
        v->play.mw_msgs = 0;
}

static void fill_vhosts(struct conf *c, struct fill *f, struct conf_report *report)
{
    size_t count = 0;
    for (const struct conf_node *n = c->tree->root.first; n; n = n->next)
        count += strcmp(n->name, "vhost") == 0;
    c->vhosts = conf_arena_alloc(f->arena, count * sizeof *c->vhosts);
    if (!c->vhosts) {
        f->failed = true;
        return;
    }
    for (const struct conf_node *n = c->tree->root.first; n && !f->failed; n = n->next)
        if (strcmp(n->name, "vhost") == 0)
            fill_vhost(c, &c->vhosts[c->n_vhosts++], n, f, report);
}

/* The word that counts: an unknown one is taken as another, and the review says so. */
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
    struct fill f = { .arena = &c->tree->arena, .base = (char *)c };
    store_text(&f, &c->path, s->env_only || !s->path ? "" : s->path);
    c->env_only = s->env_only;
    fill_block(&f, &conf_root_block, &c->tree->root);

    c->in_docker = is_in_container(c->tree, s);
    c->daemon = conf_is_daemon(c->tree, s);
    c->daemon_overruled = !c->daemon && root_value(c->tree, "daemon").on && !s->env_only;
    c->inotify_auto_reload |= c->in_docker && root_value(c->tree, "auto_reload_for_docker").on;
    fill_log(c, s, report);
    fill_vhosts(c, &f, report);
    return f.failed ? err_no_memory() : NULL;
}
