/**
 * Warnings about `http_hooks`: what its callbacks do not protect, and words that are no URLs.
 *
 * Yields     no
 */
#ifndef APP_CONF_REVIEW_HOOKS_H
#define APP_CONF_REVIEW_HOOKS_H

struct conf_node;
struct conf_report;

/** Look at one vhost. */
void conf_review_hooks(const struct conf_node *vhost, struct conf_report *report);

#endif
