#include "app/segment/scratch.h"

#include <string.h>

#include "core/mem.h"

enum { FIRST_BYTES = 256 << 10 };

static struct {
    uint8_t *bytes;
    size_t   cap;
} room;

uint8_t *scratch_room(size_t len, size_t *cap)
{
    size_t wanted = room.cap ? room.cap : FIRST_BYTES;
    while (wanted < len && wanted < SCRATCH_BYTES_MAX)
        wanted *= 2;
    if (wanted < len)
        return NULL;
    if (wanted > room.cap) {
        uint8_t *larger = mem_realloc(room.bytes, wanted);
        if (!larger)
            return NULL;
        room.bytes = larger;
        room.cap = wanted;
    }
    *cap = room.cap;
    return room.bytes;
}

void scratch_finish(void)
{
    mem_free(room.bytes);
    memset(&room, 0, sizeof room);
}
