#include "app/vod/indexes.h"

#include <stdint.h>

#include "core/mem.h"

struct kept {
    struct stat       st;
    struct vod_index *index; /* NULL: an empty place */
    int64_t           used;  /* a number that grows */
};

static struct kept kept[VOD_INDEXES_MAX];
static int64_t     uses;

bool vod_is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

void vod_index_unref(struct vod_index **ixp)
{
    struct vod_index *ix = *ixp;
    *ixp = NULL;
    if (!ix || --ix->refs > 0)
        return;
    flv_index_finish(&ix->keys);
    mem_free(ix);
}

/* The place of a file, or the one that was used least lately. */
static struct kept *place_of(const struct stat *st)
{
    struct kept *least = &kept[0];
    for (size_t i = 0; i < VOD_INDEXES_MAX; i++) {
        if (kept[i].index && vod_is_same_file(&kept[i].st, st))
            return &kept[i];
        if (kept[i].used < least->used)
            least = &kept[i];
    }
    return least;
}

static bool has_place(const struct kept *k, const struct stat *st)
{
    return k->index && vod_is_same_file(&k->st, st);
}

struct vod_index *vod_indexes_find(const struct stat *st)
{
    struct kept *k = place_of(st);
    if (!has_place(k, st))
        return NULL;
    k->used = ++uses;
    k->index->refs++;
    return k->index;
}

void vod_indexes_keep(const struct stat *st, struct flv_index *keys)
{
    struct kept      *k = place_of(st);
    bool              is_longer = !has_place(k, st) || k->index->keys.n_seen < keys->n_seen;
    struct vod_index *ix = is_longer ? mem_calloc(1, sizeof *ix) : NULL;
    if (!ix) {
        flv_index_finish(keys);
        return;
    }
    *ix = (struct vod_index){ .refs = 1, .keys = *keys };
    *keys = (struct flv_index){ 0 };
    vod_index_unref(&k->index);
    *k = (struct kept){ *st, ix, ++uses };
}
