#include "protocol/rtmp/command.h"

/* The values of Flash Media Server, which players look for. */
#define FMS_VERSION "3,5,3,888"
enum { FMS_CAPABILITIES = 127, FMS_MODE = 1 };

/* The client id in onStatus. Any text is allowed; this one is usual. */
#define CLIENT_ID "ASAICiss"

/* ---- reading ---- */

static const struct {
    const char         *name;
    enum rtmp_call_kind kind;
} calls[] = {
    { "connect", RTMP_CALL_CONNECT },
    { "createStream", RTMP_CALL_CREATE_STREAM },
    { "releaseStream", RTMP_CALL_RELEASE_STREAM },
    { "FCPublish", RTMP_CALL_FC_PUBLISH },
    { "FCUnpublish", RTMP_CALL_FC_UNPUBLISH },
    { "publish", RTMP_CALL_PUBLISH },
    { "play", RTMP_CALL_PLAY },
    { "pause", RTMP_CALL_PAUSE },
    { "seek", RTMP_CALL_SEEK },
    { "closeStream", RTMP_CALL_CLOSE_STREAM },
    { "deleteStream", RTMP_CALL_DELETE_STREAM },
    { "receiveAudio", RTMP_CALL_RECEIVE_AUDIO },
    { "receiveVideo", RTMP_CALL_RECEIVE_VIDEO },
    { "getStreamLength", RTMP_CALL_GET_STREAM_LENGTH },
    { "FCSubscribe", RTMP_CALL_FC_SUBSCRIBE },
    { "_result", RTMP_CALL_RESULT },
    { "_error", RTMP_CALL_ERROR },
    { "onStatus", RTMP_CALL_STATUS },
};

static enum rtmp_call_kind kind_of(struct amf0_text name)
{
    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        if (amf0_text_is(name, calls[i].name))
            return calls[i].kind;
    return RTMP_CALL_OTHER;
}

/* Read the first text, number and flag among the arguments, and the 2nd and 3rd argument as the numbers of play. */
static void read_args(struct rtmp_call *call)
{
    struct rd r = call->args;
    bool      has_number = false, has_flag = false;
    for (int i = 0; rd_left(&r) && !r.bad; i++) {
        enum amf0_type type = amf0_peek(&r);
        struct rd      value = r;
        amf0_skip(&r);
        if (r.bad)
            break; /* A malformed last argument does not spoil the arguments before it. */
        if (i == 0 && (type == AMF0_STRING || type == AMF0_LONG_STRING)) {
            call->text = amf0_read_string(&value);
        } else if (type == AMF0_NUMBER) {
            double number = amf0_read_number(&value);
            if (!has_number)
                call->number = number;
            has_number = true;
            if (call->kind == RTMP_CALL_PLAY && i == 1)
                call->play_start = number;
            if (call->kind == RTMP_CALL_PLAY && i == 2)
                call->play_duration_ms = number;
        } else if (type == AMF0_BOOLEAN && !has_flag) {
            call->flag = amf0_read_bool(&value);
            has_flag = true;
        }
    }
}

struct err *rtmp_call_decode(struct rtmp_call *call, uint8_t type_id, const uint8_t *body, size_t len)
{
    struct rd r = rd_over(body, len);
    *call = (struct rtmp_call){ .play_start = RTMP_PLAY_START, .play_duration_ms = RTMP_PLAY_DURATION };
    if (len > RTMP_CALL_MAX)
        return err_new(E_LIMIT, "a command of %zu bytes, at most %d are read", len, RTMP_CALL_MAX);
    if (type_id == RTMP_TYPE_COMMAND_AMF3)
        rd_u8(&r);
    call->name = amf0_read_string(&r);
    if (r.bad)
        return err_new(E_RTMP_AMF0_DECODE, "a command of %zu bytes without a name", len);
    call->kind = kind_of(call->name);
    if (rd_left(&r))
        call->tid = amf0_read_number(&r);
    call->object = r;
    if (rd_left(&r))
        amf0_skip(&r);
    if (r.bad)
        return err_new(E_RTMP_AMF0_DECODE, "the command %.*s has a malformed transaction id or object",
                       call->name.len < 64 ? (int)call->name.len : 64, call->name.p);
    call->args = r;
    read_args(call);
    return NULL;
}

bool rtmp_call_is_stop(const struct rtmp_call *call)
{
    bool publish = call->kind == RTMP_CALL_PUBLISH;
    switch (amf0_peek(&call->args)) {
    case AMF0_BOOLEAN: return (publish || call->kind == RTMP_CALL_PLAY) && !call->flag;
    case AMF0_NULL:
    case AMF0_UNDEFINED: return publish;
    default: return false;
    }
}

/* ---- answers of a server ---- */

static void begin_command(struct wr *w, const char *name, double tid)
{
    amf0_write_string(w, name);
    amf0_write_number(w, tid);
}

static void begin_on(struct wr *w, const char *name)
{
    begin_command(w, name, 0);
    amf0_write_null(w);
    amf0_write_object(w);
}

/* Write a property, unless its text is NULL. */
static void put_text(struct wr *w, const char *name, const char *text)
{
    if (text)
        amf0_put_string(w, name, text);
}

void rtmp_write_connect_result(struct wr *w, const struct rtmp_connect_result *c)
{
    const struct rtmp_signature *s = c->signature;
    begin_command(w, "_result", c->tid);
    amf0_write_object(w);
    amf0_put_string(w, "fmsVer", "FMS/" FMS_VERSION);
    amf0_put_number(w, "capabilities", FMS_CAPABILITIES);
    amf0_put_number(w, "mode", FMS_MODE);
    amf0_write_end(w);
    amf0_write_object(w);
    amf0_put_string(w, "level", "status");
    amf0_put_string(w, "code", "NetConnection.Connect.Success");
    amf0_put_string(w, "description", "Connection succeeded");
    amf0_put_number(w, "objectEncoding", c->object_encoding);
    amf0_write_key(w, "data");
    amf0_write_ecma_array(w, 10);
    amf0_put_string(w, "version", FMS_VERSION);
    amf0_put_string(w, "srs_sig", s->sig);
    amf0_put_string(w, "srs_server", s->server);
    amf0_put_string(w, "srs_license", s->license);
    amf0_put_string(w, "srs_url", s->url);
    amf0_put_string(w, "srs_version", s->version);
    amf0_put_string(w, "srs_authors", s->authors);
    amf0_put_string(w, "srs_server_ip", c->server_ip);
    amf0_put_number(w, "srs_pid", (double)c->pid);
    amf0_put_string(w, "srs_id", c->id);
    amf0_write_end(w);
    amf0_write_end(w);
}

void rtmp_write_connect_rejected(struct wr *w, double tid, const char *description)
{
    rtmp_write_error(w, tid, "NetConnection.Connect.Rejected", description);
}

void rtmp_write_bw_done(struct wr *w)
{
    begin_command(w, "onBWDone", 0);
    amf0_write_null(w);
}

void rtmp_write_result_undefined(struct wr *w, double tid)
{
    begin_command(w, "_result", tid);
    amf0_write_null(w);
    amf0_write_undefined(w);
}

void rtmp_write_result_null(struct wr *w, double tid)
{
    begin_command(w, "_result", tid);
    amf0_write_null(w);
    amf0_write_null(w);
}

void rtmp_write_result_number(struct wr *w, double tid, double number)
{
    begin_command(w, "_result", tid);
    amf0_write_null(w);
    amf0_write_number(w, number);
}

void rtmp_write_error(struct wr *w, double tid, const char *code, const char *description)
{
    begin_command(w, "_error", tid);
    amf0_write_null(w);
    amf0_write_object(w);
    amf0_put_string(w, "level", "error");
    amf0_put_string(w, "code", code);
    amf0_put_string(w, "description", description);
    amf0_write_end(w);
}

void rtmp_write_on_fc_publish(struct wr *w)
{
    begin_on(w, "onFCPublish");
    amf0_put_string(w, "code", "NetStream.Publish.Start");
    amf0_put_string(w, "description", "Started publishing stream.");
    amf0_write_end(w);
}

void rtmp_write_on_fc_unpublish(struct wr *w)
{
    begin_on(w, "onFCUnpublish");
    amf0_put_string(w, "code", "NetStream.Unpublish.Success");
    amf0_put_string(w, "description", "Stop publishing stream.");
    amf0_write_end(w);
}

void rtmp_write_on_fc_subscribe(struct wr *w)
{
    begin_on(w, "onFCSubscribe");
    amf0_put_string(w, "level", "status");
    amf0_put_string(w, "code", "NetStream.Play.Start");
    amf0_put_string(w, "description", "Started playing stream.");
    amf0_write_end(w);
}

void rtmp_write_sample_access(struct wr *w)
{
    amf0_write_string(w, "|RtmpSampleAccess");
    amf0_write_bool(w, true);
    amf0_write_bool(w, true);
}

void rtmp_write_play_complete(struct wr *w)
{
    amf0_write_string(w, "onPlayStatus");
    amf0_write_object(w);
    amf0_put_string(w, "level", "status");
    amf0_put_string(w, "code", "NetStream.Play.Complete");
    amf0_write_end(w);
}

void rtmp_write_status(struct wr *w, enum rtmp_status status)
{
    static const struct {
        const char *code, *description, *details, *client_id;
    } words[] = {
        [RTMP_STATUS_PUBLISH_START] = { "NetStream.Publish.Start", "Started publishing stream.", NULL, CLIENT_ID },
        [RTMP_STATUS_UNPUBLISH_SUCCESS] = { "NetStream.Unpublish.Success", "Stream is now unpublished", NULL,
                                            CLIENT_ID },
        [RTMP_STATUS_PLAY_RESET] = { "NetStream.Play.Reset", "Playing and resetting stream.", "stream", CLIENT_ID },
        [RTMP_STATUS_PLAY_START] = { "NetStream.Play.Start", "Started playing stream.", "stream", CLIENT_ID },
        [RTMP_STATUS_PLAY_STOP] = { "NetStream.Play.Stop", "Stopped playing stream.", "stream", CLIENT_ID },
        [RTMP_STATUS_PUBLISH_NOTIFY] = { "NetStream.Play.PublishNotify", "Stream is now published.", "stream",
                                         CLIENT_ID },
        [RTMP_STATUS_UNPUBLISH_NOTIFY] = { "NetStream.Play.UnpublishNotify", "Stream is now unpublished.", "stream",
                                           CLIENT_ID },
        [RTMP_STATUS_PAUSE] = { "NetStream.Pause.Notify", "Paused stream.", NULL, NULL },
        [RTMP_STATUS_UNPAUSE] = { "NetStream.Unpause.Notify", "Unpaused stream.", NULL, NULL },
        [RTMP_STATUS_SEEK] = { "NetStream.Seek.Notify", "The live stream goes on where it is now.", NULL, NULL },
    };
    begin_on(w, "onStatus");
    amf0_put_string(w, "level", "status");
    amf0_put_string(w, "code", words[status].code);
    amf0_put_string(w, "description", words[status].description);
    put_text(w, "details", words[status].details);
    put_text(w, "clientid", words[status].client_id);
    amf0_write_end(w);
}

void rtmp_write_status_error(struct wr *w, const char *code, const char *description)
{
    begin_on(w, "onStatus");
    amf0_put_string(w, "level", "error");
    amf0_put_string(w, "code", code);
    amf0_put_string(w, "description", description);
    amf0_put_string(w, "clientid", CLIENT_ID);
    amf0_write_end(w);
}

void rtmp_write_redirect(struct wr *w, const char *redirect, const char *redirect2)
{
    begin_on(w, "onStatus");
    amf0_put_string(w, "level", "error");
    amf0_put_string(w, "code", "NetConnection.Connect.Rejected");
    amf0_put_string(w, "description", "RTMP 302 Redirect");
    amf0_write_key(w, "ex");
    amf0_write_object(w);
    amf0_put_number(w, "code", 302);
    amf0_put_string(w, "redirect", redirect);
    amf0_put_string(w, "redirect2", redirect2);
    amf0_write_end(w);
    amf0_write_end(w);
}

/* ---- calls of a client ---- */

void rtmp_write_connect(struct wr *w, const struct rtmp_connect *c)
{
    begin_command(w, "connect", 1);
    amf0_write_object(w);
    put_text(w, "app", c->app);
    put_text(w, "flashVer", c->flash_ver);
    put_text(w, "swfUrl", c->swf_url);
    amf0_put_string(w, "tcUrl", c->tc_url);
    amf0_put_bool(w, "fpad", false);
    amf0_put_number(w, "capabilities", c->capabilities);
    amf0_put_number(w, "audioCodecs", c->audio_codecs);
    amf0_put_number(w, "videoCodecs", c->video_codecs);
    amf0_put_number(w, "videoFunction", c->video_function);
    put_text(w, "pageUrl", c->page_url);
    amf0_put_number(w, "objectEncoding", c->object_encoding);
    amf0_write_end(w);
    if (c->args)
        wr_bytes(w, c->args, c->args_len);
}

int rtmp_connect_hops(struct rd args)
{
    double hops = amf0_get_number(args, "srs_hops", 0);
    return hops > 0 && hops < RTMP_HOPS_MAX ? (int)hops : hops >= RTMP_HOPS_MAX ? RTMP_HOPS_MAX : 0;
}

static void put_self(struct wr *w, const struct rtmp_connect_result *self)
{
    amf0_put_string(w, "srs_sig", self->signature->sig);
    amf0_put_string(w, "srs_server", self->signature->server);
    amf0_put_string(w, "srs_license", self->signature->license);
    amf0_put_string(w, "srs_url", self->signature->url);
    amf0_put_string(w, "srs_version", self->signature->version);
    amf0_put_number(w, "srs_pid", (double)self->pid);
    amf0_put_string(w, "srs_id", self->id);
    amf0_put_string(w, "srs_server_ip", self->server_ip);
}

void rtmp_write_connect_args(struct wr *w, const struct rtmp_connect_relay *relay)
{
    static const char *const own[] = { "srs_sig",       "srs_server", "srs_license", "srs_url",
                                       "srs_version",   "srs_pid",    "srs_id",      "srs_server_ip",
                                       "srs_client_ip", "srs_hops",   "srs_path" };
    bool                     is_bad = rd_left(&relay->args) == 0;
    if (!is_bad)
        amf0_copy_properties(relay->args, own, ARRAY_LEN(own), NULL, &is_bad);
    amf0_write_object(w);
    if (!is_bad)
        amf0_copy_properties(relay->args, own, ARRAY_LEN(own), w, &is_bad);
    if (relay->self)
        put_self(w, relay->self);
    if (relay->client_ip) {
        amf0_put_string(w, "srs_client_ip", relay->client_ip);
        amf0_put_number(w, "srs_hops", rtmp_connect_hops(relay->args) + 1);
    }
    if (relay->path)
        amf0_put_string(w, "srs_path", relay->path);
    amf0_write_end(w);
}

static void write_call(struct wr *w, const char *name, double tid)
{
    begin_command(w, name, tid);
    amf0_write_null(w);
}

static void write_call_on(struct wr *w, const char *name, double tid, const char *stream)
{
    write_call(w, name, tid);
    amf0_write_string(w, stream);
}

void rtmp_write_create_stream(struct wr *w, double tid)
{
    write_call(w, "createStream", tid);
}

void rtmp_write_release_stream(struct wr *w, double tid, const char *stream)
{
    write_call_on(w, "releaseStream", tid, stream);
}

void rtmp_write_fc_publish(struct wr *w, double tid, const char *stream)
{
    write_call_on(w, "FCPublish", tid, stream);
}

void rtmp_write_fc_unpublish(struct wr *w, double tid, const char *stream)
{
    write_call_on(w, "FCUnpublish", tid, stream);
}

void rtmp_write_publish(struct wr *w, double tid, const char *stream)
{
    write_call_on(w, "publish", tid, stream);
    amf0_write_string(w, "live");
}

void rtmp_write_play(struct wr *w, double tid, const char *stream, double start_ms, double duration_ms)
{
    write_call_on(w, "play", tid, stream);
    if (start_ms == RTMP_PLAY_START && duration_ms == RTMP_PLAY_DURATION)
        return;
    amf0_write_number(w, start_ms);
    if (duration_ms != RTMP_PLAY_DURATION)
        amf0_write_number(w, duration_ms);
}

void rtmp_write_delete_stream(struct wr *w, double tid, double msid)
{
    write_call(w, "deleteStream", tid);
    amf0_write_number(w, msid);
}
