#include "app/conf/version.h"

#include <inttypes.h>
#include <stdio.h>

/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv. */
#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static uint64_t mix(uint64_t hash, uint64_t number)
{
    for (int i = 0; i < 8; i++, number >>= 8)
        hash = (hash ^ (number & 0xff)) * FNV_PRIME;
    return hash;
}

bool conf_version_note(struct conf_tree *t, const char *path, const struct stat *st)
{
    struct conf_file *f = conf_arena_alloc(&t->arena, sizeof *f);
    char             *copy = f ? conf_arena_strdup(&t->arena, path) : NULL;
    if (!copy)
        return false;
    *f = (struct conf_file){ .path = copy, .device = st->st_dev, .inode = st->st_ino };
    f->mark = mix(mix(FNV_BASIS, (uint64_t)st->st_ctim.tv_sec), (uint64_t)st->st_ctim.tv_nsec);
    f->mark = mix(f->mark, (uint64_t)st->st_size);
    if (t->last_file)
        t->last_file->next = f;
    else
        t->files = f;
    t->last_file = f;
    return true;
}

void conf_version_text(const struct conf_tree *t, char out[static CONF_VERSION_CAP])
{
    uint64_t hash = FNV_BASIS;
    for (const struct conf_file *f = t->files; f; f = f->next)
        hash = mix(mix(mix(hash, f->device), f->inode), f->mark);
    snprintf(out, CONF_VERSION_CAP, "%016" PRIx64, hash);
}
