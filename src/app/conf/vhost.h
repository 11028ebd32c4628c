/**
 * The values of a vhost that depend on more than one directive, and its list of security rules.
 *
 * Yields     no
 */
#ifndef APP_CONF_VHOST_H
#define APP_CONF_VHOST_H

struct conf_fill;
struct conf_node;

/** The `derive` of the table's `vhost` block; `item` is a struct conf_vhost. */
void conf_vhost_derive(struct conf_fill *f, void *item, const struct conf_node *n);

#endif
