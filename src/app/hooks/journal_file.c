#include "app/hooks/journal_file.h"

#include <string.h>

#include "core/mem.h"

struct hook_journal_file *hook_journal_file_new(uint64_t number)
{
    struct hook_journal_file *f = mem_calloc(1, sizeof *f);
    if (!f)
        return NULL;
    list_init(&f->link);
    f->number = number;
    f->first = 1;
    return f;
}

void hook_journal_file_free(struct hook_journal_file *f)
{
    list_remove(&f->link);
    mem_free(f->bits);
    mem_free(f);
}

static bool make_room(struct hook_journal_file *f, size_t bytes)
{
    size_t had = f->n_bits_bytes;
    while (f->n_bits_bytes < bytes) {
        uint8_t *bits = mem_grow(f->bits, &f->n_bits_bytes, 1, HOOK_JOURNAL_FILE_SPAN_MAX / 8);
        if (!bits)
            return false;
        f->bits = bits;
    }
    if (f->n_bits_bytes > had)
        memset(f->bits + had, 0, f->n_bits_bytes - had);
    return true;
}

bool hook_journal_file_add(struct hook_journal_file *f, uint64_t sequence)
{
    bool     is_first = f->first > f->last;
    uint64_t first = is_first ? sequence : f->first;
    if (!is_first && (sequence <= f->last || sequence - first >= HOOK_JOURNAL_FILE_SPAN_MAX))
        return false;
    uint64_t at = sequence - first;
    if (!make_room(f, (size_t)(at / 8) + 1))
        return false;
    f->first = first;
    f->last = sequence;
    f->bits[at / 8] |= (uint8_t)(1 << at % 8);
    f->n_pending++;
    return true;
}

bool hook_journal_file_is_pending(const struct hook_journal_file *f, uint64_t sequence)
{
    uint64_t at = sequence - f->first;
    return sequence >= f->first && sequence <= f->last && (f->bits[at / 8] >> at % 8 & 1);
}

void hook_journal_file_told(struct hook_journal_file *f, uint64_t sequence)
{
    uint64_t at = sequence - f->first;
    if (!hook_journal_file_is_pending(f, sequence))
        return;
    f->bits[at / 8] &= (uint8_t) ~(1 << at % 8);
    f->n_pending--;
}
