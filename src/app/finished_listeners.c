/* What learns of each file that an output has completed. A new listener is a new row. */
#include "app/hooks/files.h"
#include "app/server/finished_file.h"

const struct finished_listener *const finished_listeners[] = {
    &hook_files_listener,
    NULL,
};
