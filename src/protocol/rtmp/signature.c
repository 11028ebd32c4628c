#include "protocol/rtmp/signature.h"

#include "core/version.h"

const struct rtmp_signature rtmp_own_signature = {
    .sig = SERVER_KEY,
    .server = SERVER_SIGNATURE,
    .license = SERVER_LICENSE,
    .url = SERVER_URL,
    .version = VERSION,
    .authors = SERVER_AUTHORS,
};
