#include "protocol/http/status.h"

const char *http_status_reason(int status)
{
    return http_status_str((enum http_status)status);
}

bool http_status_is_informational(int status)
{
    return status / 100 == 1;
}

bool http_status_is_redirect(int status)
{
    switch (status) {
    case HTTP_STATUS_MOVED_PERMANENTLY:
    case HTTP_STATUS_FOUND:
    case HTTP_STATUS_SEE_OTHER:
    case HTTP_STATUS_TEMPORARY_REDIRECT:
    case HTTP_STATUS_PERMANENT_REDIRECT: return true;
    default: return false;
    }
}

bool http_status_is_bodiless(int status)
{
    return http_status_is_informational(status) || status == HTTP_STATUS_NO_CONTENT ||
           status == HTTP_STATUS_NOT_MODIFIED;
}
