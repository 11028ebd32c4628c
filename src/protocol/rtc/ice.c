#include "protocol/rtc/ice.h"

#include <string.h>

#include "core/ident.h"
#include "core/mem.h"

uint32_t ice_priority(unsigned type_preference, unsigned local_preference, unsigned component)
{
    return (uint32_t)type_preference << 24 | (uint32_t)(local_preference & 0xFFFF) << 8 | (256 - component);
}

/* RFC 8839 5.1: ice-char is a letter, a digit, "+" or "/". Some peers use "-", "_" and "=" too, which do no harm. */
static bool is_text(const char *text, size_t min, size_t max)
{
    size_t len = strnlen(text, max + 1);
    return len >= min && len <= max &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=") == len;
}

bool ice_ufrag_is_valid(const char *text)
{
    return is_text(text, ICE_UFRAG_MIN, ICE_UFRAG_MAX);
}

bool ice_pwd_is_valid(const char *text)
{
    return is_text(text, ICE_PWD_MIN, ICE_PWD_MAX);
}

static char *put_text(char **at, const char *text)
{
    size_t n = strlen(text) + 1;
    char  *begin = memcpy(*at, text, n);
    *at += n;
    return begin;
}

struct err *ice_begin(struct ice_agent *ice, const struct ice_credentials *c)
{
    bool any_peer = !*c->remote_ufrag;
    if (!ice_ufrag_is_valid(c->local_ufrag) || !ice_pwd_is_valid(c->local_pwd))
        return err_new(E_RTC_INVALID_ICE, "ufrag or password of this side");
    if (!any_peer && !ice_ufrag_is_valid(c->remote_ufrag))
        return err_new(E_RTC_INVALID_ICE, "ufrag of the peer");
    if (c->remote_pwd && !ice_pwd_is_valid(c->remote_pwd))
        return err_new(E_RTC_INVALID_ICE, "password of the peer");
    size_t len = strlen(c->local_ufrag) + strlen(c->local_pwd) + strlen(c->remote_ufrag) + 3;
    char  *texts = mem_alloc(len + (c->remote_pwd ? strlen(c->remote_pwd) + 1 : 0)), *at = texts;
    if (!texts)
        return err_no_memory();
    mem_free(ice->texts);
    ice->texts = texts;
    ice->is.local_ufrag = put_text(&at, c->local_ufrag);
    ice->is.local_pwd = put_text(&at, c->local_pwd);
    ice->is.remote_ufrag = put_text(&at, c->remote_ufrag);
    ice->is.remote_pwd = c->remote_pwd ? put_text(&at, c->remote_pwd) : NULL;
    ice->is_nominated = false;
    for (unsigned i = 0; i < ice->n_addrs; i++)
        ice->addrs[i].nominates = ice->addrs[i].is_asked = false;
    return NULL;
}

void ice_finish(struct ice_agent *ice)
{
    mem_free(ice->texts);
    *ice = (struct ice_agent){ 0 };
}

/* The username of a check that comes to us is "ours:theirs" (RFC 8445 7.2.2). */
static bool is_ours(const struct ice_agent *ice, const struct stun_message *m)
{
    size_t local = strlen(ice->is.local_ufrag), remote = strlen(ice->is.remote_ufrag);
    if (!m->username || m->username_len <= local || m->username[local] != ':' ||
        memcmp(m->username, ice->is.local_ufrag, local) != 0)
        return false;
    const char *theirs = m->username + local + 1;
    size_t      len = m->username_len - local - 1;
    return remote == 0 || (len == remote && memcmp(theirs, ice->is.remote_ufrag, len) == 0);
}

static const struct ice_addr *find(const struct ice_agent *ice, const struct rtc_addr *addr)
{
    for (unsigned i = 0; i < ice->n_addrs; i++)
        if (rtc_addr_is(&ice->addrs[i].addr, addr))
            return &ice->addrs[i];
    return NULL;
}

bool ice_knows(const struct ice_agent *ice, const struct rtc_addr *from)
{
    return find(ice, from);
}

/* The place of an address: its own, a free one, or that of the address that was heard longest ago and is not sent to. */
static struct ice_addr *place(struct ice_agent *ice, const struct rtc_addr *from)
{
    struct ice_addr *oldest = NULL;
    for (unsigned i = 0; i < ice->n_addrs; i++) {
        struct ice_addr *a = &ice->addrs[i];
        if (rtc_addr_is(&a->addr, from))
            return a;
        if (!rtc_addr_is(&a->addr, &ice->peer) && (!oldest || a->heard_us < oldest->heard_us))
            oldest = a;
    }
    return ice->n_addrs < ICE_ADDRS_MAX ? &ice->addrs[ice->n_addrs++] : oldest;
}

/* Note the transaction; true if it has come from another address before. */
static bool is_replay(struct ice_agent *ice, const uint8_t *id, const struct rtc_addr *from)
{
    uint64_t number;
    memcpy(&number, id, sizeof number);
    for (unsigned i = 0; i < ICE_TRANSACTIONS_MAX; i++) {
        const struct ice_transaction *t = &ice->transactions[i];
        if (t->addr.len && t->id == number)
            return !rtc_addr_is(&t->addr, from);
    }
    ice->transactions[ice->next_transaction++ % ICE_TRANSACTIONS_MAX] = (struct ice_transaction){ number, *from };
    return false;
}

/* ---- where to send ---- */

/* Whether an address may become the one that is sent to, if it is reached. */
static bool may_move(const struct ice_agent *ice, const struct ice_addr *a)
{
    if (!ice->is_nominated || !a->nominates)
        return !ice->is_nominated;
    int64_t later_us = a->nominated_us - ice->nominated_us; /* answers may come in another order than checks did */
    return later_us >= ICE_CONTEST_US || (later_us > -ICE_CONTEST_US && a->priority > ice->priority);
}

static void move_to(struct ice_agent *ice, struct ice_addr *a)
{
    a->is_asked = false;
    if (!may_move(ice, a))
        return;
    ice->peer = a->addr;
    ice->is_nominated |= a->nominates;
    ice->nominated_us = a->nominated_us;
    ice->priority = a->priority;
}

/* The address has to answer a check with a new id. */
static void begin_to_ask(const struct ice_agent *ice, struct ice_addr *a)
{
    memcpy(a->id, ice->mark, ICE_MARK_LEN);
    a->is_asked = random_secret(a->id + ICE_MARK_LEN, STUN_ID_LEN - ICE_MARK_LEN);
}

bool ice_call(struct ice_agent *ice, const struct rtc_addr *to)
{
    if (ice->n_addrs == ICE_ADDRS_MAX || find(ice, to))
        return false;
    struct ice_addr *a = &ice->addrs[ice->n_addrs++];
    *a = (struct ice_addr){ .addr = *to, .is_controlled = true };
    begin_to_ask(ice, a);
    return a->is_asked;
}

void ice_renew(struct ice_agent *ice)
{
    for (unsigned i = 0; i < ice->n_addrs; i++)
        if (rtc_addr_is(&ice->addrs[i].addr, &ice->peer))
            begin_to_ask(ice, &ice->addrs[i]);
}

/* An address has answered a client's check: the first one is chosen, and nominated once it has answered the check that says so. */
static void choose(struct ice_agent *ice, struct ice_addr *a)
{
    a->is_asked = false;
    if (!ice->peer.len) {
        ice->peer = a->addr;
        begin_to_ask(ice, a);
    } else if (rtc_addr_is(&a->addr, &ice->peer)) {
        ice->is_nominated = true;
    }
}

/* A check was answered: its address is sent to from now on, or once it has answered, or not. */
static void note_check(struct ice_agent *ice, int64_t now_us, const struct rtc_addr *from, const struct stun_message *m)
{
    struct ice_addr *a = place(ice, from);
    if (!rtc_addr_is(&a->addr, from))
        *a = (struct ice_addr){ .addr = *from };
    a->heard_us = now_us;
    a->priority = m->priority;
    a->is_controlled = ice->calls || m->is_controlled;
    if (ice->calls) { /* It may be an address that the answer did not name. */
        if (!ice->peer.len && !a->is_asked)
            begin_to_ask(ice, a);
        return;
    }
    if (m->use_candidate || m->is_controlled) { /* two controlled agents: nobody would choose */
        a->nominates = true;
        a->nominated_us = now_us;
    }
    if (!ice->is.remote_pwd || (rtc_addr_is(from, &ice->peer) && !ice->is_nominated))
        move_to(ice, a);
    else if (!rtc_addr_is(from, &ice->peer) && !a->is_asked && may_move(ice, a))
        begin_to_ask(ice, a);
}

void ice_note_moved(struct ice_agent *ice, int64_t now_us, const struct rtc_addr *from)
{
    if (ice->calls || !ice->is.remote_pwd || !ice->is_nominated || rtc_addr_is(from, &ice->peer))
        return;
    const struct ice_addr *in_use = find(ice, &ice->peer);
    bool                   is_controlled = in_use && in_use->is_controlled;
    struct ice_addr       *a = place(ice, from);
    if (!rtc_addr_is(&a->addr, from))
        *a = (struct ice_addr){ .addr = *from, .is_controlled = is_controlled };
    a->heard_us = a->nominated_us = now_us;
    a->priority = ice->priority;
    a->nominates = true;
    if (!a->is_asked && may_move(ice, a))
        begin_to_ask(ice, a);
}

bool ice_ask(const struct ice_agent *ice, const struct rtc_addr *to, struct wr *ask)
{
    const struct ice_addr *a = find(ice, to);
    if (!a || !a->is_asked)
        return false;
    stun_write_begin(ask, STUN_REQUEST, a->id);
    stun_write_username(ask, ice->is.remote_ufrag, ice->is.local_ufrag);
    stun_write_priority(ask, ice_priority(126, 0xFFFF, 1));
    stun_write_role(ask, a->is_controlled, ice->tie_breaker);
    if (ice->calls && rtc_addr_is(to, &ice->peer))
        stun_write_use_candidate(ask);
    return stun_write_end(ask, ice->is.remote_pwd);
}

/* The answer to a check of ours, from the address that it was sent to. */
static enum ice_took take_answer(struct ice_agent *ice, int64_t now_us, const struct rtc_addr *from,
                                 const struct stun_message *m)
{
    const struct ice_addr *known = find(ice, from);
    if (!known || !known->is_asked || memcmp(m->id, known->id, STUN_ID_LEN) != 0 ||
        !stun_is_from(m, ice->is.remote_pwd))
        return ICE_IGNORED;
    struct ice_addr *a = &ice->addrs[known - ice->addrs];
    a->heard_us = now_us;
    if (ice->calls)
        choose(ice, a);
    else
        move_to(ice, a);
    return ICE_PROVEN;
}

/* ---- messages ---- */

static void write_failure(struct wr *answer, const struct stun_message *m, unsigned code, const char *reason)
{
    stun_write_begin(answer, STUN_FAILURE, m->id);
    stun_write_error(answer, code, reason);
    if (code == STUN_ERROR_UNKNOWN_ATTRIBUTE)
        stun_write_unknown(answer, m->unknown, m->n_unknown);
}

enum ice_took ice_take(struct ice_agent *ice, int64_t now_us, const struct rtc_addr *from, const uint8_t *bytes,
                       size_t len, struct wr *answer)
{
    struct stun_message m;
    if (!stun_parse(&m, bytes, len) || m.method != STUN_BINDING)
        return ICE_IGNORED;
    if (m.class == STUN_SUCCESS)
        return take_answer(ice, now_us, from, &m);
    if (m.class != STUN_REQUEST || !is_ours(ice, &m) || !stun_is_from(&m, ice->is.local_pwd) ||
        is_replay(ice, m.id, from))
        return ICE_IGNORED;
    if (m.n_unknown) {
        write_failure(answer, &m, STUN_ERROR_UNKNOWN_ATTRIBUTE, "Unknown Attribute");
        return stun_write_end(answer, ice->is.local_pwd) ? ICE_REFUSED : ICE_IGNORED;
    }
    /* RFC 8445 7.3.1.1: a lite agent is the controlled one, so the peer has to change its role. */
    if (m.is_controlled && ice->strict_roles) {
        write_failure(answer, &m, STUN_ERROR_ROLE_CONFLICT, "Role Conflict");
        return stun_write_end(answer, ice->is.local_pwd) ? ICE_REFUSED : ICE_IGNORED;
    }
    stun_write_begin(answer, STUN_SUCCESS, m.id);
    stun_write_mapped(answer, from);
    if (!stun_write_end(answer, ice->is.local_pwd))
        return ICE_IGNORED;
    note_check(ice, now_us, from, &m);
    return ICE_CHECKED;
}
