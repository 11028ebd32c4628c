/* What every session is asked, in this order, before it may publish or play: a question more is a row more. */
#include "app/session/rules.h"

/* clang-format off */
const struct session_guard *const session_guards[] = {
    &session_vhost_guard,
    &session_security_guard,
    &session_refer_guard,
    &session_built_guard,
    NULL,
};
/* clang-format on */
