/* The checks that every session must pass, in this order, before it may publish or play. A new check is a new row. */
#include "app/auth/guard.h"
#include "app/bans/guard.h"
#include "app/cluster/guard.h"
#include "app/edge/push_guard.h"
#include "app/edge/ring.h"
#include "app/edge/token_ask.h"
#include "app/edge/token_request.h"
#include "app/forward/backend.h"
#include "app/hooks/guard.h"
#include "app/limits/guard.h"
#include "app/session/rules.h"

/* clang-format off */
const struct session_guard *const session_guards[] = {
    &session_vhost_guard,
    &session_security_guard,
    &session_refer_guard,
    &ban_guard,
    &limit_guard,
    &auth_guard,
    &ban_user_guard, /* behind the guards that tell who the user is */
    &cluster_guard,  /* before the callbacks, which are for the server that has the stream */
    &hook_connection_guard,
    &hook_stream_guard,
    &forward_guard, /* behind the callbacks, which may name the stream */
    &edge_ring_guard,
    &edge_push_guard,
    &edge_token_guard,
    NULL,
};

const struct session_guard *const session_edge_guards[] = {
    &session_vhost_guard,
    &ban_guard,
    &forward_guard,
    NULL,
};

const struct session_guard *const session_own_guards[] = {
    &session_vhost_guard,
    &ban_guard,
    &hook_stream_guard,
    &forward_guard,
    NULL,
};
late_rule *const late_rules[] = {
    token_request_ask,
    NULL,
};
/* clang-format on */
