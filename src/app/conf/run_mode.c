#include "app/conf/run_mode.h"

#include "app/conf/directive.h"
#include "app/conf/value.h"

static struct conf_value value_of(const struct conf_tree *tree, const char *name)
{
    return conf_value(conf_row(&conf_root_block, name), conf_node_child(&tree->root, name));
}

bool conf_run_mode_is_container(const struct conf_tree *tree, const struct conf_source *s)
{
    return s->in_container || value_of(tree, "in_docker").on;
}

bool conf_run_mode_is_daemon(const struct conf_tree *tree, const struct conf_source *s)
{
    struct conf_value daemon = value_of(tree, "daemon");
    if (conf_run_mode_is_container(tree, s) && value_of(tree, "disable_daemon_for_docker").on)
        return false;
    return s->env_only && !daemon.written ? false : daemon.on;
}
