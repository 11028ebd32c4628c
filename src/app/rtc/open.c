#include "app/rtc/open.h"

#include <string.h>

#include "app/rtc/breaker.h"
#include "app/rtc/candidates.h"
#include "app/rtc/identity.h"
#include "app/rtc/life.h"
#include "app/rtc/peer.h"
#include "app/rtc/peers.h"
#include "app/rtc/wish.h"
#include "app/rtc/word.h"
#include "app/server/server.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/rtc/dtls_identity.h"
#include "protocol/rtc/sdp.h"
#include "protocol/rtc/sdp_agree.h"
#include "protocol/rtc/sdp_answer.h"
#include "protocol/rtc/sdp_codec.h"
#include "protocol/stream_name.h"

/* What rtc_open() has gathered; those on the left are let go of at its end. */
struct opening {
    struct conf              *conf;
    struct sdp               *offer;
    struct sdp_local         *local;
    struct dtls_identity     *identity;
    struct rtc_peer          *peer;
    const struct rtc_request *request;
    struct rtc_opened        *opened;
};

static bool is_play(const struct opening *o)
{
    return !o->request->role->type->publish;
}

/* A session has a place of max_connections, as a connection has. */
static struct err *look_for_room(const struct server *server)
{
    if (server_is_full(server))
        return err_new(E_LIMIT, "max_connections: %d are there", server->conf->max_connections);
    return mem_has_room() ? NULL : err_new(E_LIMIT, "the server holds more than memory_limit");
}

static struct err *look_whether_on(const struct opening *o)
{
    const struct conf_vhost *vhost = conf_find_vhost(o->conf, o->request->host);
    if (!o->conf->rtc_server.enabled)
        return err_new(E_RTC_DISABLED, "rtc_server is off");
    if (vhost && vhost->enabled && !vhost->rtc.enabled) /* Whether there is such a vhost is asked by admission. */
        return err_new(E_RTC_DISABLED, "rtc is off in vhost %s", vhost->name);
    return NULL;
}

/* Names become keys, and paths of files. */
static struct err *check_names(const struct rtc_request *r)
{
    if (stream_name_is_valid(r->app) && stream_name_is_valid(r->stream))
        return NULL;
    return err_new(E_RTMP_REQ_TCURL, "app or stream has no valid name: %.64s/%.64s", r->app, r->stream);
}

static struct err *read_offer(struct opening *o)
{
    if (!(o->offer = mem_alloc(sizeof *o->offer)) || !(o->local = mem_calloc(1, sizeof *o->local)))
        return err_no_memory();
    o->opened->fault = sdp_parse(o->offer, o->request->offer, o->request->offer_len);
    return o->opened->fault ? err_new(E_RTC_SDP_DECODE, "%s", sdp_fault_text(o->opened->fault)) : NULL;
}

/* Our credentials: those that the client chose, or new ones. */
static bool make_credentials(struct rtc_peer *peer, const struct rtc_request *r)
{
    if (!rtc_word_make(peer->token, RTC_TOKEN_LEN) || !rtc_word_make(peer->cname, RTC_CNAME_LEN) ||
        !rtc_word_make(peer->mark, ICE_MARK_LEN) || !rtc_word_make(peer->ufrag, RTC_LOCAL_UFRAG_LEN) ||
        !rtc_word_make(peer->pwd, RTC_LOCAL_PWD_LEN))
        return false;
    if (r->ufrag)
        str_copy(peer->ufrag, sizeof peer->ufrag, r->ufrag);
    if (r->pwd)
        str_copy(peer->pwd, sizeof peer->pwd, r->pwd);
    return true;
}

/* An error if a client has chosen what is another session's. */
static struct err *taken_ufrag(const struct rtc_peer *peer)
{
    if (!rtc_peers_find_ufrag(peer->ufrag, strlen(peer->ufrag)))
        return NULL;
    return err_new(E_RTC_INVALID_ICE, "ice-ufrag %s is another session's", peer->ufrag);
}

static struct err *make_peer(struct opening *o, struct server *server)
{
    const struct rtc_request *r = o->request;
    struct rtc_peer          *peer = o->peer = mem_calloc(1, sizeof *peer);
    if (!peer)
        return err_no_memory();
    list_init(&peer->link);
    list_init(&peer->waiting.link);
    peer->server = server;
    peer->role = r->role;
    peer->opened_us = now_us();
    peer->agreed = mem_calloc(1, sizeof *peer->agreed);
    peer->host = mem_strdup(r->host);
    peer->app = mem_strdup(r->app);
    peer->stream = mem_strdup(r->stream);
    peer->param = mem_strdup(r->param);
    peer->tc_url = mem_strdup(r->tc_url);
    peer->page_url = mem_strdup(r->page_url ? r->page_url : "");
    if (!peer->agreed || !peer->host || !peer->app || !peer->stream || !peer->param || !peer->tc_url || !peer->page_url)
        return err_no_memory();
    if (!make_credentials(peer, r))
        return err_new(E_RTC_INVALID_PARAMS, "the kernel has no random numbers for a password");
    ident_random(peer->trace, IDENT_LEN);
    str_copy(peer->ip, sizeof peer->ip, r->ip);
    return taken_ufrag(peer);
}

/* ---- admission ---- */

static struct err *admit(struct opening *o)
{
    struct rtc_peer *peer = o->peer;
    struct session  *s = &peer->session;
    s->client = (struct client){ .type = peer->role->type,
                                 .id = peer->trace,
                                 .ip = peer->ip,
                                 .tc_url = peer->tc_url,
                                 .page_url = peer->page_url,
                                 .swf_url = "",
                                 .bytes_in = &peer->counts.bytes_in,
                                 .bytes_out = &peer->counts.bytes_out };
    s->host = peer->host;
    s->app = peer->app;
    s->stream = peer->stream;
    s->param = peer->param;
    s->io = o->request->io;
    s->authorization = o->request->authorization;
    s->opening = &o->request->opening;
    struct err *e = session_admit(s, &peer->server->door);
    s->opening = NULL;
    s->io = NULL;
    s->authorization = NULL;
    return e;
}

/* What the client hears of a refusal outlives the session. */
static void keep_verdict(struct opening *o, const struct session *s)
{
    o->opened->verdict = s->door ? s->verdict : SESSION_ADMITTED;
    o->opened->challenge = s->challenge;
    if (s->place && o->opened->verdict == SESSION_REDIRECTED)
        o->opened->place = mem_strdup(s->place);
}

/* ---- agreement ---- */

/* The codec of a name, as RTP has it; "hevc" is what players say. */
static enum codec named_codec(const char *name)
{
    const char *encoding = str_equal(name, "hevc") ? "H265" : name;
    return sdp_codec_find((struct sdp_text){ encoding, strlen(encoding) });
}

/* Make the codec that the client asks for the first of those that the session may have. */
static void prefer(enum codec *codecs, size_t n, const char *name)
{
    enum codec wanted = name && *name ? named_codec(name) : CODEC_NONE;
    for (size_t i = 0; i < n && wanted != CODEC_NONE; i++) {
        if (codecs[i] != wanted)
            continue;
        memmove(codecs + 1, codecs, i * sizeof *codecs);
        codecs[0] = wanted;
        return;
    }
}

static struct err *agree(struct opening *o)
{
    struct rtc_peer          *peer = o->peer;
    const struct rtc_request *r = o->request;
    const struct conf_rtc    *rtc = &rtc_peer_vhost(peer)->rtc;
    struct sdp_wish           wish = { .is_play = is_play(o),
                                       .nack = rtc->nack,
                                       .twcc = rtc->twcc,
                                       .red = rtc->red,
                                       .dtls_active = rtc->dtls_role == CONF_DTLS_ACTIVE,
                                       .without_dtls = is_play(o) && r->no_dtls };
    rtc_wish_name_sources(&wish);
    peer->role->wish(peer, &wish);
    prefer(wish.video, wish.n_video, r->codec);
    o->opened->fault = sdp_agree(o->offer, &wish, peer->agreed);
    return o->opened->fault ? err_new(E_RTC_SDP_EXCHANGE, "%s", sdp_fault_text(o->opened->fault)) : NULL;
}

static struct err *make_transport(struct opening *o)
{
    struct rtc_peer           *peer = o->peer;
    const struct conf_rtc     *rtc = &rtc_peer_vhost(peer)->rtc;
    struct rtc_transport_setup setup = { .local_ufrag = peer->ufrag,
                                         .local_pwd = peer->pwd,
                                         .remote_ufrag = peer->agreed->remote_ufrag,
                                         .remote_pwd = peer->agreed->remote_pwd,
                                         .mark = peer->mark,
                                         .identity = o->identity,
                                         .version = (enum rtc_dtls_version)rtc->dtls_version,
                                         .is_active = peer->agreed->dtls_active,
                                         .strict_roles = rtc->stun_strict_check,
                                         .no_dtls = is_play(o) && o->request->no_dtls,
                                         .no_srtp =
                                             !o->conf->rtc_server.encrypt || (is_play(o) && o->request->no_encrypt),
                                         .consent_us = rtc->stun_timeout_us,
                                         .events = rtc_peer_events(peer) };
    const char                *print = peer->agreed->remote_fingerprint;
    if (*print && !dtls_fingerprint_parse(&setup.fingerprint, print, strlen(print)))
        return err_new(E_RTC_SDP_EXCHANGE, "the fingerprint has another hash or length than it says");
    return rtc_transport_new(&peer->transport, &setup, now_us());
}

static void write_answer(const struct opening *o)
{
    struct rtc_peer *peer = o->peer;
    char             print[DTLS_FINGERPRINT_CAP];
    random_bytes(&o->local->session, sizeof o->local->session);
    o->local->session >>= 1;
    o->local->app = peer->app;
    o->local->stream = peer->stream;
    o->local->ufrag = peer->ufrag;
    o->local->pwd = peer->pwd;
    o->local->cname = peer->cname;
    o->local->fingerprint = dtls_fingerprint_text(dtls_identity_fingerprint(o->identity), print);
    sdp_answer_write(&o->opened->sdp, o->offer, peer->agreed, o->local);
    o->local->fingerprint = NULL;
}

/* ---- in order ---- */

/* Nothing yields but the role's begin(): the session is whole, or it is undone. */
static struct err *begin(struct opening *o)
{
    struct rtc_peer *peer = o->peer;
    struct err      *e = look_for_room(peer->server); /* Others may have come while this one was asked about. */
    if (!e)
        e = agree(o);
    if (!e)
        e = make_transport(o);
    if (e)
        return e;
    write_answer(o);
    if (o->opened->sdp.fault)
        return err_no_memory();
    if ((e = rtc_life_start(peer)))
        return e;
    peer->session.client.co = peer->co;
    if ((e = session_enter(&peer->session)))
        return e;
    if ((e = peer->role->begin(peer)))
        return e;
    if (rtc_peers_add(peer))
        return NULL;
    e = taken_ufrag(peer);
    e = e ? e : err_no_memory();
    peer->role->end(peer, e);
    return e;
}

static struct err *open_session(struct opening *o, struct server *server)
{
    struct err *e = check_names(o->request);
    if (!e)
        e = look_whether_on(o);
    if (!e)
        e = look_for_room(server);
    if (!e)
        e = rtc_breaker_check();
    if (!e)
        e = read_offer(o);
    if (!e)
        e = make_peer(o, server);
    if (!e)
        e = rtc_identity_get(&o->identity, o->conf->rtc_server.ecdsa);
    if (!e)
        e = rtc_candidates_find(o->local, o->conf, o->request->api_host, o->request->candidate);
    if (!e)
        e = admit(o);
    return e ? e : begin(o);
}

/* Leave nothing behind of a session that does not begin. Its coroutine, if it has one, does so when it runs. */
static void undo(struct opening *o)
{
    struct rtc_peer *peer = o->peer;
    o->peer = NULL;
    if (!peer)
        return;
    keep_verdict(o, &peer->session);
    peer->session.client.has_failed = true;
    if (peer->co) {
        peer->refused = true;
        return;
    }
    session_leave(&peer->session);
    rtc_peer_free(peer);
}

/* For the doctor: a refusal before the door, or of what was offered. The door notes its own. */
static void note_refusal(const struct opening *o, struct server *server, const struct err *e)
{
    const struct rtc_request *r = o->request;
    const struct refused      what = { .host = r->host,
                                       .app = r->app,
                                       .stream = r->stream,
                                       .ip = r->ip,
                                       .publish = r->role->type->publish,
                                       .at_door = true };
    if (!o->peer || !o->peer->session.door || o->opened->fault)
        refusals_note(&server->registry.refusals, &what, e, now_us());
}

struct err *rtc_open(struct server *server, const struct rtc_request *request, struct rtc_opened *opened)
{
    struct opening o = { .conf = conf_ref(server->conf), .request = request, .opened = opened };
    *opened = (struct rtc_opened){ .sdp = buf_up_to(SDP_ANSWER_BYTES_MAX), .verdict = SESSION_ADMITTED };
    struct err *e = open_session(&o, server);
    if (e) {
        note_refusal(&o, server, e);
        undo(&o);
    }
    opened->peer = o.peer;
    dtls_identity_unref(&o.identity);
    mem_free(o.local);
    mem_free(o.offer);
    conf_unref(&o.conf);
    return e;
}

/* Take both credentials over, or neither. */
static struct err *use_credentials(struct rtc_peer *peer, const char *ufrag, const char *pwd,
                                   const struct rtc_restart *wanted)
{
    char was[RTC_CREDENTIAL_CAP];
    str_copy(was, sizeof was, peer->ufrag);
    if (!rtc_peers_rename(peer, ufrag))
        return err_no_memory();
    struct err *e = rtc_transport_restart_ice(peer->transport, ufrag, pwd, wanted->remote_ufrag, wanted->remote_pwd);
    if (e) {
        if (!rtc_peers_rename(peer, was))
            rtc_peer_end(peer); /* No check would find it any more. */
        return e;
    }
    str_copy(peer->pwd, sizeof peer->pwd, pwd);
    str_copy(peer->agreed->remote_ufrag, sizeof peer->agreed->remote_ufrag, wanted->remote_ufrag);
    str_copy(peer->agreed->remote_pwd, sizeof peer->agreed->remote_pwd, wanted->remote_pwd);
    return NULL;
}

static struct err *restart(struct rtc_peer *peer, const struct rtc_restart *wanted, struct sdp_local *local,
                           struct buf *fragment)
{
    char ufrag[RTC_CREDENTIAL_CAP], pwd[RTC_CREDENTIAL_CAP];
    if (!rtc_word_make(ufrag, RTC_LOCAL_UFRAG_LEN) || !rtc_word_make(pwd, RTC_LOCAL_PWD_LEN))
        return err_new(E_RTC_INVALID_PARAMS, "the kernel has no random numbers for a password");
    local->ufrag = ufrag;
    local->pwd = pwd;
    sdp_fragment_write(fragment, peer->agreed, local);
    local->ufrag = local->pwd = NULL;
    return fragment->fault ? err_no_memory() : use_credentials(peer, ufrag, pwd, wanted);
}

struct err *rtc_restart_ice(struct server *server, const struct rtc_restart *wanted, struct buf *fragment)
{
    struct conf      *conf = conf_ref(server->conf);
    struct sdp_local *local = mem_calloc(1, sizeof *local);
    struct err *e = local ? rtc_candidates_find(local, conf, wanted->api_host, wanted->candidate) : err_no_memory();
    struct rtc_peer *peer = rtc_peers_find_token(wanted->token, wanted->token_len);
    if (!e)
        e = peer ? restart(peer, wanted, local, fragment)
                 : err_new(E_RTC_NO_SESSION, "there is no session of that token any more");
    mem_free(local);
    conf_unref(&conf);
    return e;
}
