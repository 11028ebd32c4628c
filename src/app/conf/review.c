#include "app/conf/review.h"

#include <string.h>

#include "app/conf/directive.h"
#include "app/conf/review_hooks.h"
#include "app/conf/show.h"
#include "app/conf/spell.h"
#include "app/conf/unbuilt.h"
#include "app/conf/value.h"
#include "core/attr.h"
#include "core/map.h"
#include "core/str.h"
#include "kernel/stream_format.h"

enum { ROWS_MAX = 512 }; /* rows of the whole table, which has some 400 */

struct review {
    struct conf_report     *report;
    const struct conf_node *item;           /* the block around that has a name, a vhost; or NULL */
    const struct directive *told[ROWS_MAX]; /* rows whose state has been mentioned */
    size_t                  n_told;
};

static bool first_time(struct review *r, const struct directive *row)
{
    for (size_t i = 0; i < r->n_told; i++)
        if (r->told[i] == row)
            return false;
    if (r->n_told < ROWS_MAX)
        r->told[r->n_told++] = row;
    return true;
}

/* True when the block has `enabled` with that word. */
static bool is_switched(const struct conf_node *block, const char *position)
{
    const struct conf_node *enabled = conf_node_child(block, "enabled");
    return enabled && enabled->n_args && strcmp(enabled->args[0], position) == 0;
}

/* The place of a block: vhost, file and line. */
static const char *place_of(const struct review *r, const struct conf_node *n, char *buf, size_t cap)
{
    struct str out = str_over(buf, cap);
    char       where[CONF_WHERE_MAX], shown[CONF_SHOW_MAX];
    if (r->item)
        str_printf(&out, ", %s %s", r->item->name,
                   conf_show(r->item->n_args ? r->item->args[0] : "", shown, sizeof shown));
    str_printf(&out, ", at %s", conf_node_where(n, where, sizeof where));
    return buf;
}

static void tell_state(struct review *r, const struct directive *row, const struct conf_node *n, const char *path)
{
    char place[CONF_WHERE_MAX + CONF_SHOW_MAX + 16];
    if (row->state == CONF_BUILT || (row->flags & CONF_LEGACY))
        return; /* nearly every directive of a large file */
    const struct conf_unbuilt *unbuilt = row->state == CONF_LATER ? conf_unbuilt_asked(path, n) : NULL;
    place_of(r, n, place, sizeof place);
    if (is_switched(n, "off") || !first_time(r, row))
        return;
    if (row->state == CONF_LATER)
        conf_report_add(r->report, LOG_WARN, "%s is accepted but not built yet%s%s%s", path, unbuilt ? ": " : "",
                        unbuilt ? unbuilt->effect : "", place);
    else
        conf_report_add(r->report, LOG_INFO, "%s is accepted and has no effect", path);
}

static void review_value(struct review *r, const struct directive *row, const struct conf_node *n, const char *path)
{
    char complaint[CONF_VALUE_TEXT_MAX], where[CONF_WHERE_MAX], shown[CONF_SHOW_MAX];
    conf_value_judge(row, n, complaint, sizeof complaint);
    conf_node_where(n, where, sizeof where);
    if (complaint[0])
        conf_report_add(r->report, LOG_WARN, "%s: %s %s: %s", where, path,
                        conf_show(n->n_args ? n->args[0] : "", shown, sizeof shown), complaint);
    if (n->n_args > 1 && row->type != CONF_LIST && row->type != CONF_ANYTHING && row->type != CONF_BLOCK &&
        row->type != CONF_OPTIONS)
        conf_report_add(r->report, LOG_WARN, "%s: %s takes one value, %s; the words behind it are ignored", where, path,
                        conf_show(n->args[0], shown, sizeof shown));
}

static void review_unknown(struct review *r, const struct conf_block *block, const struct conf_node *n,
                           const char *path)
{
    char where[CONF_WHERE_MAX], name[CONF_SHOW_MAX], hint[CONF_HINT_MAX];
    conf_report_add(r->report, LOG_WARN, "%s: %s.%s is not known and ignored%s",
                    conf_node_where(n, where, sizeof where), path, conf_show(n->name, name, sizeof name),
                    conf_spell_hint(block, n->name, hint, sizeof hint));
}

/* `silent`: the block around is not built, which has been mentioned. Recursion follows the table. */
static void review_block(struct review *r, const struct conf_node *parent, const struct conf_block *block,
                         const char *path, bool silent)
{
    for (const struct conf_node *n = parent->first; n && r->report->count < CONF_REPORT_MAX; n = n->next) {
        const struct directive *row = conf_row(block, n->name);
        char                    row_path[CONF_PATH_MAX], where[CONF_WHERE_MAX];
        if (!row) {
            review_unknown(r, block, n, path);
            continue;
        }
        conf_path_join(path, row->name, row_path, sizeof row_path);
        const struct conf_node *first = row->flags & CONF_REPEAT ? n : conf_node_child(parent, n->name);
        if (first != n) {
            char counts[CONF_WHERE_MAX];
            conf_report_add(r->report, LOG_WARN, "%s: this %s is ignored, that of %s counts",
                            conf_node_where(n, where, sizeof where), row_path,
                            conf_node_where(first, counts, sizeof counts));
            continue;
        }
        if (row->flags & CONF_BY_NAME)
            r->item = n;
        if (!silent)
            tell_state(r, row, n, row_path);
        if (row->type == CONF_BLOCK)
            review_block(r, n, row->children, row_path, silent || row->state != CONF_BUILT);
        else
            review_value(r, row, n, row_path);
        if (row->flags & CONF_BY_NAME)
            r->item = NULL;
    }
}

static struct err *review_vhost_names(const struct conf_tree *tree, struct conf_report *report)
{
    struct err *e = NULL;
    struct map  names = MAP_INIT;
    for (struct conf_node *n = tree->root.first; n && !e; n = n->next) {
        if (strcmp(n->name, "vhost") != 0)
            continue;
        char              where[CONF_WHERE_MAX], counts[CONF_WHERE_MAX], shown[CONF_SHOW_MAX];
        const char       *name = n->n_args ? n->args[0] : "";
        struct conf_node *before = map_find(&names, name);
        if (before)
            conf_report_add(report, LOG_WARN, "%s: this vhost %s is ignored, that of %s counts",
                            conf_node_where(n, where, sizeof where), conf_show(name, shown, sizeof shown),
                            conf_node_where(before, counts, sizeof counts));
        else if (!name[0])
            conf_report_add(report, LOG_WARN, "%s: a vhost without a name serves nobody",
                            conf_node_where(n, where, sizeof where));
        if (!before && !map_put(&names, name, n))
            e = err_no_memory();
    }
    map_finish(&names);
    return e;
}

/* The extension names the format: a mount without a known one serves nobody. */
static void review_mount(const struct conf_node *vhost, struct conf_report *report)
{
    const struct conf_node *mount = conf_node_child(conf_node_child(vhost, "http_remux"), "mount");
    const char             *path = mount && mount->n_args ? mount->args[0] : NULL;
    char                    where[CONF_WHERE_MAX], shown[CONF_SHOW_MAX], list[CONF_SHOW_MAX];
    struct str              exts = str_over(list, sizeof list);
    if (!path || stream_format_of_path(path))
        return;
    stream_format_list(&exts);
    conf_report_add(report, LOG_WARN, "%s: http_remux.mount %s serves nobody: a path ends in %s",
                    conf_node_where(mount, where, sizeof where), conf_show(path, shown, sizeof shown), list);
}

/* Without [stream] an app has one path for all its streams, which is rarely meant. */
static void review_mount_names(const struct conf_node *vhost, struct conf_report *report)
{
    const struct conf_node *mount = conf_node_child(conf_node_child(vhost, "http_remux"), "mount");
    const char             *path = mount && mount->n_args ? mount->args[0] : NULL;
    char                    where[CONF_WHERE_MAX], shown[CONF_SHOW_MAX];
    if (!path || strstr(path, "[stream]") || !strstr(path, "[app]"))
        return;
    conf_report_add(
        report, LOG_WARN,
        "%s: http_remux.mount %s serves only streams whose name is the end of the path, for it has no [stream]",
        conf_node_where(mount, where, sizeof where), conf_show(path, shown, sizeof shown));
}

static void review_vhosts(const struct conf_tree *tree, struct conf_report *report)
{
    for (const struct conf_node *n = tree->root.first; n; n = n->next)
        if (strcmp(n->name, "vhost") == 0) {
            review_mount(n, report);
            review_mount_names(n, report);
            conf_review_hooks(n, report);
        }
}

struct err *conf_review(const struct conf_tree *tree, struct conf_report *report)
{
    struct review r = { .report = report };
    review_block(&r, &tree->root, &conf_root_block, "", false);
    review_vhosts(tree, report);
    return review_vhost_names(tree, report);
}
