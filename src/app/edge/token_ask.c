#include "app/edge/token_ask.h"

#include "app/edge/origin_ask.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/turns.h"

static struct turns turns = TURNS_OF(turns, TOKEN_ASKED_MAX, TOKEN_WAITING_MAX);

static struct err *ask_in_turn(struct origin_call *c, struct conf *conf, const struct conf_vhost *vhost,
                               enum session_verdict *verdict)
{
    if (rtmp_connect_hops(rd_over(c->args ? c->args : (const uint8_t *)"", c->who.args_len)) >= RTMP_HOPS_MAX)
        return err_new(E_SYSTEM_FORWARD_LOOP, "edges ask each other about the player of %s in a ring", c->key);
    struct err *e = turns_take(&turns, now_us() + TOKEN_WAIT_US);
    if (e)
        return err_wrap(e, "wait until the origin may be asked about the player of %s", c->key);
    e = origin_ask(c, conf, vhost, verdict);
    turns_end(&turns);
    if (!e)
        log_info("edge: origin %s lets the player of %s in", origin_call_at(c), c->key);
    return e;
}

struct err *token_ask(const struct origin_client *who, struct conf *conf, const struct conf_vhost *vhost,
                      enum session_verdict *verdict)
{
    struct conf        *held = conf_ref(conf);
    struct origin_call *c = mem_calloc(1, sizeof *c);
    bool                is_ready = c && origin_call_init(c, who);
    *verdict = SESSION_UNAVAILABLE;
    struct err *e = is_ready ? ask_in_turn(c, held, vhost, verdict) : err_no_memory();
    if (is_ready)
        origin_call_finish(c);
    mem_free(c);
    conf_unref(&held);
    if (err_code(e) == E_THREAD_INTERRUPTED)
        *verdict = SESSION_FAILED;
    return e;
}

/* ---- the guard ---- */

static struct err *ask(struct session *s, void **kept)
{
    (void)kept;
    if (s->client.type->publish || !s->vhost->cluster.token_traverse)
        return NULL;
    const struct origin_client who = origin_client_of(s);
    session_begin_wait(s);
    return session_end_wait(s, token_ask(&who, s->conf, s->vhost, &s->verdict));
}

const struct session_guard edge_token_guard = { .ask = ask };
