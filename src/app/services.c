/* What the server listens for: a protocol more is a row more. */
#include "app/http/service.h"
#include "app/listener.h"
#include "app/rtmp/conn.h"

/* clang-format off */
const struct listen_service *const listen_services[] = {
    &rtmp_service,
    &rtmps_service,
    &http_api_service,
    &http_server_service,
    &https_api_service,
    &https_server_service,
    NULL,
};
/* clang-format on */
