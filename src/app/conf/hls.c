#include "app/conf/hls.h"

#include <string.h>

enum { WORD_RAM = CONF_HLS_DISK + 1 }; /* the word of SRS 2 for memory */

void conf_hls_derive(struct conf_fill *f, struct conf_hls *hls)
{
    if ((int)hls->storage == WORD_RAM)
        hls->storage = CONF_HLS_MEMORY;
    if (hls->key_file_path && !hls->key_file_path[0])
        conf_fill_text(f, &hls->key_file_path, hls->path);
}
