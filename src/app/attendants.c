/* What is done for streams beside playing them, in this order: a feature more is a row more. */
#include "app/source/attend.h"

/* clang-format off */
const struct attendant attendants[] = {
    { 0 },
};
/* clang-format on */
