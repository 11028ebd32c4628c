#include "kernel/crc32.h"

uint32_t crc32_mpeg(const uint8_t *p, size_t len)
{
    uint32_t crc = 0xFFFFFFFF;
    for (; len; len--, p++) {
        crc ^= (uint32_t)*p << 24;
        for (int bit = 0; bit < 8; bit++)
            crc = crc << 1 ^ (crc >> 31 ? 0x04C11DB7 : 0);
    }
    return crc;
}
