/**
 * An intrusive doubly linked ring: the head is a node too, and an unlinked node points at itself.
 *
 * Ownership  none; the members own themselves
 * Yields     no
 */
#ifndef CORE_LIST_H
#define CORE_LIST_H

#include <stdbool.h>

#include "core/attr.h"

struct list {
    struct list *prev, *next;
};

static inline void list_init(struct list *l)
{
    l->prev = l->next = l;
}

static inline bool list_is_empty(const struct list *l)
{
    return l->next == l;
}

static inline void list_push(struct list *head, struct list *node)
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

/** Unlink the node; a second call does nothing. */
static inline void list_remove(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

/** The member at `node`. */
#define LIST_ENTRY(node, type, member) CONTAINER_OF(node, type, member)

/** Walk the list. The loop may remove the current node and no other. `it` and `after` are struct list *. */
#define LIST_FOREACH(head, it, after) \
    for (struct list *it = (head)->next, *after = it->next; it != (head); it = after, after = it->next)

#endif
