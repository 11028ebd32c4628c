/** This server, as it names itself in RTMP. */
#ifndef PROTOCOL_RTMP_SIGNATURE_H
#define PROTOCOL_RTMP_SIGNATURE_H

#include "protocol/rtmp/command.h"

extern const struct rtmp_signature rtmp_own_signature;

#endif
