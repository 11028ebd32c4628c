#include "protocol/disk_turn.h"

#include <string.h>

#include "core/mem.h"

struct disk {
    struct list link;      /* in `disks` */
    struct list line;      /* turns that wait, the oldest first */
    uint64_t    device;    /* 0: not known, the writers have a place in common */
    int         n_members; /* writers, and calls that use it */
    int         n_at_work;
    int         n_turns;    /* most writers at work; grows while all of them hang */
    int64_t     changed_us; /* time of the last begin or end of a turn */
    char        place[];    /* empty if the device is known */
};

/* There are few: a device for each file system, and for a short time a place for each kind of files. */
static struct list disks = { &disks, &disks };

/* ---- disks ----------------------------------------------------------------------------------------------------- */

static struct disk *find(const char *place, uint64_t device)
{
    LIST_FOREACH (&disks, it, after) {
        struct disk *d = LIST_ENTRY(it, struct disk, link);
        if (d->device == device && strcmp(d->place, place) == 0)
            return d;
    }
    return NULL;
}

static struct disk *find_or_make(const char *place, uint64_t device)
{
    size_t       len = strlen(place);
    struct disk *d = find(place, device);
    if (d || !(d = mem_calloc(1, sizeof *d + len + 1)))
        return d;
    memcpy(d->place, place, len);
    d->device = device;
    d->n_turns = DISK_TURNS;
    list_init(&d->line);
    list_push(&disks, &d->link);
    return d;
}

static void let_go(struct disk *d)
{
    if (--d->n_members)
        return;
    list_remove(&d->link);
    mem_free(d);
}

/* ---- turns ----------------------------------------------------------------------------------------------------- */

void disk_turn_init(struct disk_turn *t, bool (*begin)(struct disk_turn *t))
{
    *t = (struct disk_turn){ .begin = begin };
    list_init(&t->link);
}

static bool join(struct disk_turn *t, const char *place, uint64_t device)
{
    struct disk *d = find_or_make(place, device);
    if (!d)
        return false;
    d->n_members++;
    t->disk = d;
    return true;
}

bool disk_turn_join(struct disk_turn *t, const char *place)
{
    return t->disk || join(t, place, 0);
}

bool disk_turn_waits(const struct disk_turn *t)
{
    return !list_is_empty(&t->link);
}

static void count(struct disk *d, int64_t now_us)
{
    d->n_at_work++;
    d->changed_us = now_us;
}

/* Let those that wait begin. A writer that passes its turn on may have been freed. */
static void begin_waiting(struct disk *d, int64_t now_us)
{
    d->n_members++;
    while (!list_is_empty(&d->line) && d->n_at_work < d->n_turns) {
        struct disk_turn *t = LIST_ENTRY(d->line.next, struct disk_turn, link);
        list_remove(&t->link);
        count(d, now_us);
        t->is_taken = true;
        if (!t->begin(t))
            d->n_at_work--;
    }
    let_go(d);
}

/* True if it has hung for long, and one more may try. */
static bool hangs(const struct disk *d, int64_t now_us)
{
    return !list_is_empty(&d->line) && d->n_at_work >= d->n_turns && d->n_turns < DISK_TURNS_MAX &&
           now_us - d->changed_us >= DISK_TRY_AGAIN_US;
}

static struct disk *find_hanging(int64_t now_us)
{
    LIST_FOREACH (&disks, it, after)
        if (hangs(LIST_ENTRY(it, struct disk, link), now_us))
            return LIST_ENTRY(it, struct disk, link);
    return NULL;
}

void disk_turns_look(int64_t now_us)
{
    struct disk *d;
    while ((d = find_hanging(now_us))) { /* It has changed: it hangs no longer. */
        d->n_turns++;
        begin_waiting(d, now_us);
    }
}

bool disk_turn_take(struct disk_turn *t, int64_t now_us)
{
    struct disk *d = t->disk;
    if (!d)
        return true;
    if (!disk_turn_waits(t) && d->n_at_work < d->n_turns) {
        count(d, now_us);
        t->is_taken = true;
        return true;
    }
    if (!disk_turn_waits(t))
        list_push(&d->line, &t->link);
    return false;
}

void disk_turn_pass(struct disk_turn *from, struct disk_turn *to)
{
    to->disk = from->disk;
    to->is_taken = from->is_taken;
    from->is_taken = false;
    if (to->disk)
        to->disk->n_members++;
}

struct disk_turn *disk_turn_next(const struct disk_turn *t, bool (*begin)(struct disk_turn *t))
{
    if (!t->disk)
        return NULL;
    LIST_FOREACH (&t->disk->line, it, after) {
        struct disk_turn *next = LIST_ENTRY(it, struct disk_turn, link);
        if (next->begin != begin)
            continue;
        list_remove(it);
        return next;
    }
    return NULL;
}

/* If memory is out, the writer stays where it is. */
void disk_turn_move(struct disk_turn *t, uint64_t device)
{
    struct disk *before = t->disk;
    if (before && device && before->device != device && join(t, "", device))
        let_go(before);
}

void disk_turn_end(struct disk_turn *t, uint64_t device, int64_t now_us)
{
    struct disk *d = t->disk;
    if (!t->is_taken)
        return;
    t->is_taken = false;
    d->n_at_work--;
    d->changed_us = now_us;
    if (d->n_at_work < DISK_TURNS)
        d->n_turns = DISK_TURNS;
    d->n_members++;
    disk_turn_move(t, device);
    begin_waiting(d, now_us);
    let_go(d);
}

void disk_turn_leave(struct disk_turn *t)
{
    list_remove(&t->link);
    if (t->disk)
        let_go(t->disk);
    t->disk = NULL;
}
