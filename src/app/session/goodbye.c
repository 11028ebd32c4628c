#include "app/session/goodbye.h"

#include "core/attr.h"

struct row {
    enum err_code code;
    enum goodbye  ending;
};

/* clang-format off */
static const struct row rows[] = {
    { E_SUCCESS,                   GOODBYE_FINISHED },
    { E_HTTP_STREAM_EOF,           GOODBYE_FINISHED },
    { E_CONTROL_REDIRECT,          GOODBYE_FINISHED }, /* it was sent to another server */

    { E_END_OF_STREAM,             GOODBYE_GONE },
    { E_SOCKET_READ,               GOODBYE_GONE },
    { E_SOCKET_READ_FULLY,         GOODBYE_GONE },
    { E_SOCKET_WRITE,              GOODBYE_GONE },
    { E_HTTPS_READ,                GOODBYE_GONE },
    { E_HTTPS_WRITE,               GOODBYE_GONE },
    { E_HTTPS_HANDSHAKE,           GOODBYE_NO_TLS },
    { E_SOCKET_TIMEOUT,            GOODBYE_SILENT },
    { E_RTC_STUN,                  GOODBYE_SILENT }, /* its media never came */

    { E_THREAD_INTERRUPTED,        GOODBYE_CLOSED },
    { E_TAKEOVER,                  GOODBYE_CLOSED },
    { E_KICKOFF_FOR_IDLE,          GOODBYE_CLOSED },
    { E_RTMP_DURATION_EXCEED,      GOODBYE_CLOSED },
    { E_AUTH_EXPIRED,              GOODBYE_CLOSED },

    { E_RTMP_VHOST_NOT_FOUND,      GOODBYE_REFUSED },
    { E_RTMP_ACCESS_DENIED,        GOODBYE_REFUSED },
    { E_SYSTEM_SECURITY,           GOODBYE_REFUSED },
    { E_SYSTEM_SECURITY_DENY,      GOODBYE_REFUSED },
    { E_SYSTEM_SECURITY_ALLOW,     GOODBYE_REFUSED },
    { E_SYSTEM_STREAM_BUSY,        GOODBYE_REFUSED },
    { E_AUTH_REQUIRED,             GOODBYE_CLOSED }, /* it is asked for a password, and comes again */
    { E_BANNED,                    GOODBYE_REFUSED },
    { E_OCLUSTER_DISCOVER,         GOODBYE_REFUSED },
    { E_OCLUSTER_REDIRECT,         GOODBYE_REFUSED },
    { E_REFUSED,                   GOODBYE_REFUSED },
    { E_SYSTEM_BANDWIDTH_KEY,      GOODBYE_REFUSED },
    { E_SYSTEM_BANDWIDTH_DENIED,   GOODBYE_REFUSED },
    { E_AUTH_DENIED,               GOODBYE_REFUSED },
    { E_HTTP_STATUS_INVALID,       GOODBYE_REFUSED },
    { E_HTTP_DATA_INVALID,         GOODBYE_REFUSED },
    { E_RESPONSE_CODE,             GOODBYE_REFUSED },
    { E_LIMIT,                     GOODBYE_REFUSED },

    { E_PROXY_HEADER,              GOODBYE_MALFORMED },
    { E_RTMP_PLAIN_REQUIRED,       GOODBYE_MALFORMED },
    { E_RTMP_PROXY_EXCEED,         GOODBYE_MALFORMED },
    { E_RTMP_CHUNK_START,          GOODBYE_MALFORMED },
    { E_RTMP_CHUNK_SIZE,           GOODBYE_MALFORMED },
    { E_RTMP_PACKET_SIZE,          GOODBYE_MALFORMED },
    { E_RTMP_AGGREGATE,            GOODBYE_MALFORMED },
    { E_RTMP_MESSAGE_DECODE,       GOODBYE_MALFORMED },
    { E_RTMP_AMF0_DECODE,          GOODBYE_MALFORMED },
    { E_RTMP_REQ_CONNECT,          GOODBYE_MALFORMED },
    { E_RTMP_REQ_TCURL,            GOODBYE_MALFORMED },
    { E_RTMP_BWTC_DATA,            GOODBYE_MALFORMED },
    { E_RTMP_STREAM_NAME_EMPTY,    GOODBYE_MALFORMED },
    { E_RTMP_CREATE_STREAM_DEPTH,  GOODBYE_MALFORMED },
    { E_HTTP_PARSE_HEADER,         GOODBYE_MALFORMED },
    { E_HTTP_INVALID_CHUNK_HEADER, GOODBYE_MALFORMED },
    { E_HTTP_CONTENT_LENGTH,       GOODBYE_MALFORMED },
};
/* clang-format on */

enum goodbye goodbye_of(enum err_code code)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].code == code)
            return rows[i].ending;
    return GOODBYE_FAULT;
}

enum log_level goodbye_level(enum goodbye ending)
{
    switch (ending) {
    case GOODBYE_FINISHED:
    case GOODBYE_GONE: return LOG_INFO;
    case GOODBYE_NO_TLS:
    case GOODBYE_SILENT:
    case GOODBYE_CLOSED:
    case GOODBYE_REFUSED:
    case GOODBYE_MALFORMED: return LOG_WARN;
    case GOODBYE_FAULT: break;
    }
    return LOG_ERROR;
}

/* The second line of the two ends with the code: scripts match it to its end. */
void goodbye_say(struct err *e)
{
    enum err_code code = err_code(e);
    enum goodbye  ending = goodbye_of(code);
    char          text[ERR_TEXT_MAX];
    switch (ending) {
    case GOODBYE_FINISHED: log_info("client finished."); break;
    case GOODBYE_GONE:
    case GOODBYE_NO_TLS:
        log_info("client has gone, %s", err_text(e, text, sizeof text));
        log_warn("client disconnect peer. ret=%d", code == E_END_OF_STREAM ? E_SOCKET_READ : (int)code);
        break;
    case GOODBYE_CLOSED:
        log_warn("closing, code=%d(%s), %s", (int)code, err_code_name(code), err_text(e, text, sizeof text));
        log_warn("server disconnect. ret=%d", (int)code);
        break;
    case GOODBYE_SILENT:
    case GOODBYE_REFUSED:
    case GOODBYE_MALFORMED:
    case GOODBYE_FAULT: log_err(goodbye_level(ending), e, "serve error"); return;
    }
    err_free(e);
}
