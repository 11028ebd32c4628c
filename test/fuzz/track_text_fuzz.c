#include "kernel/track_text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/metadata.h"

/* Look up tracks in whatever metadata a publisher sends. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct frame   *f = NULL;
    struct metadata info;
    bool            is_metadata = metadata_read(data, len, "server", "1", &f, &info) == METADATA_OK;
    for (unsigned track = 0; is_metadata && track < 3; track++) {
        struct track_text text = track_text_find(f, track);
        if (!memchr(text.language, 0, sizeof text.language) || !memchr(text.title, 0, sizeof text.title))
            abort();
    }
    frame_unref(&f);
    return 0;
}
