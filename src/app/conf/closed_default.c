#include "app/conf/closed_default.h"

#include <stddef.h>

#include "core/str.h"

static const char https_of_this_host[] = "127.0.0.1:1990";
static const char port_of_srs[] = "1985";

static struct err *write_listen(struct conf_tree *tree, struct conf_node *block, const char *word)
{
    struct conf_node *listen = conf_tree_add(tree, block, "listen", block);
    return listen && conf_tree_set_word(tree, listen, word) ? NULL : err_no_memory();
}

struct err *conf_closed_default_apply(struct conf_tree *tree)
{
    struct conf_node *api = conf_node_child(&tree->root, "http_api");
    struct conf_node *https = conf_node_child(api, "https");
    struct conf_node *server = conf_node_child(&tree->root, "http_server");
    struct conf_node *listen = conf_node_child(server, "listen");
    if (!api || conf_node_child(api, "listen"))
        return NULL;
    if (conf_node_is_on(server) && listen && listen->n_args == 1 && str_equal(listen->args[0], port_of_srs))
        return write_listen(tree, api, port_of_srs);
    return https && !conf_node_child(https, "listen") ? write_listen(tree, https, https_of_this_host) : NULL;
}
