#include "srs_rtmp/result.h"

#include <stddef.h>

#include "core/attr.h"

enum srs_rtmp_result result_of(enum err_code code)
{
    switch (code) {
    case E_SUCCESS: return SRS_RTMP_OK;
    case E_NO_MEMORY: return SRS_RTMP_NO_MEMORY;
    case E_END_OF_STREAM: return SRS_RTMP_CLOSED;
    case E_SOCKET_TIMEOUT: return SRS_RTMP_TIMED_OUT;
    case E_CONTROL_REDIRECT: return SRS_RTMP_MOVED;
    case E_AUTH_REQUIRED:
    case E_SYSTEM_STREAM_BUSY:
    case E_RTMP_STREAM_NOT_FOUND:
    case E_REFUSED: return SRS_RTMP_REFUSED;
    case E_SOCKET_CREATE:
    case E_SOCKET_CONNECT:
    case E_SOCKET_READ:
    case E_SOCKET_WRITE:
    case E_SOCKET_WAIT:
    case E_ST_OPEN_SOCKET:
    case E_SYSTEM_DNS_RESOLVE:
    case E_HTTPS_HANDSHAKE:
    case E_HTTPS_READ:
    case E_HTTPS_WRITE:
    case E_HTTPS_KEY_CRT: return SRS_RTMP_FAILED;
    case E_RTMP_REQ_TCURL:
    case E_RTMP_STREAM_NAME_EMPTY: return SRS_RTMP_BAD_USE;
    default: return SRS_RTMP_BAD_DATA;
    }
}

const char *srs_rtmp_result_text(enum srs_rtmp_result result)
{
    static const char *const texts[] = {
        [SRS_RTMP_OK] = "it succeeded",
        [SRS_RTMP_ENDED] = "the end of the stream or file",
        [SRS_RTMP_TIMED_OUT] = "it timed out",
        [SRS_RTMP_CLOSED] = "the server has closed the connection",
        [SRS_RTMP_REFUSED] = "the server refuses",
        [SRS_RTMP_MOVED] = "the server names another URL",
        [SRS_RTMP_FAILED] = "the system or the network failed",
        [SRS_RTMP_BAD_DATA] = "malformed bytes",
        [SRS_RTMP_BAD_USE] = "a call or an argument that is not allowed",
        [SRS_RTMP_NO_MEMORY] = "out of memory",
    };
    return (size_t)result < ARRAY_LEN(texts) ? texts[result] : "unknown";
}
