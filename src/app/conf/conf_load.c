#include "app/conf/conf_load.h"

#include <stdatomic.h>

#include "app/conf/check.h"
#include "app/conf/closed_default.h"
#include "app/conf/env.h"
#include "app/conf/files.h"
#include "app/conf/legacy.h"
#include "app/conf/ports.h"
#include "app/conf/review.h"
#include "app/conf/snapshot.h"
#include "app/conf/srs_ffmpeg.h"
#include "app/conf/tree.h"
#include "core/mem.h"
#include "protocol/stream_name.h"

/* Without a file there is one vhost, which serves everybody. */
static struct err *make_default_vhost(struct conf_tree *tree)
{
    struct conf_node  like = { .file = "SRS_ENV_ONLY" };
    struct conf_node *vhost = conf_tree_add(tree, &tree->root, "vhost", &like);
    if (!vhost || !conf_tree_set_word(tree, vhost, STREAM_DEFAULT_VHOST))
        return err_no_memory();
    vhost->block = true;
    return NULL;
}

static struct err *read_tree(const struct conf_source *s, struct conf_tree *tree, struct conf_report *report)
{
    struct err *e;
    if (s->env_only)
        return make_default_vhost(tree);
    if ((e = conf_source_check(s)))
        return e;
    const struct conf_text instead = { s->text_of, s->text, s->text_len };
    if ((e = conf_files_read(tree, s->dir, s->path ? s->path : "", &instead, report)))
        return e;
    if (!tree->root.first)
        return err_wrap(err_new(E_SYSTEM_CONFIG_INVALID, "conf is empty"), "check normal");
    return NULL;
}

static struct err *build(const struct conf_source *s, struct conf *c, struct conf_report *report)
{
    struct err *e;
    if ((e = read_tree(s, c->tree, report)))
        return e;
    if ((e = conf_legacy_apply(c->tree, report)))
        return e;
    if ((e = conf_env_apply(c->tree, s->envp, report)))
        return e;
    if ((e = conf_closed_default_apply(c->tree)))
        return e;
    if ((e = conf_check(c->tree, s, report)))
        return err_wrap(e, "check normal");
    if ((e = conf_srs_ffmpeg_apply(c->tree, report)))
        return e;
    if ((e = conf_review(c->tree, report)))
        return e;
    if ((e = conf_snapshot_fill(c, s, report)))
        return e;
    if ((e = conf_ports_check(c)))
        return err_wrap(e, "check normal");
    return report->no_memory ? err_no_memory() : NULL;
}

static atomic_uint_fast64_t n_loaded; /* atomic: a reload loads on a thread */

struct err *conf_load(const struct conf_source *s, struct conf **out, struct conf_report *report)
{
    struct conf *c = mem_calloc(1, sizeof *c);
    *out = NULL;
    if (!c)
        return err_no_memory();
    c->refs = 1;
    c->serial = atomic_fetch_add(&n_loaded, 1) + 1;
    c->tree = mem_calloc(1, sizeof *c->tree);
    struct err *e = c->tree ? build(s, c, report) : err_no_memory();
    if (!e) {
        *out = c;
        return NULL;
    }
    conf_unref(&c);
    return e;
}
