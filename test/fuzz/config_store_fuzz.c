/* A file with an earlier text of the configuration: what is read lies within it. */
#include "app/server/config_store.h"
#include "fuzzing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct config_kept kept;
    char              *copy = malloc(len + 1);
    memcpy(copy, data, len);
    if (config_store_parse(copy, len, &kept)) {
        check(kept.id > 0 && kept.text + kept.len == copy + len);
        check(kept.file + strlen(kept.file) + 1 == kept.text);
        check(strlen(kept.by) < sizeof kept.by);
    }
    free(copy);
    return 0;
}
