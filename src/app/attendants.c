/* What is done for streams beside playing them, in this order: a feature more is a row more. */
#include "app/exec/exec.h"
#include "app/source/attend.h"

/* clang-format off */
const struct attendant attendants[] = {
    { .name = "exec", .begins_with = MOMENT_PUBLISHED, .wanted = exec_is_wanted, .run = exec_run },
    { .name = NULL },
};
/* clang-format on */
