/* What every session is asked, in this order, before it may publish or play: a question more is a row more. */
#include "app/session/rules.h"

/* clang-format off */
const struct session_gate *const session_gates[] = {
    &session_vhost_gate,
    &session_security_gate,
    &session_refer_gate,
    &session_built_gate,
    NULL,
};
/* clang-format on */
