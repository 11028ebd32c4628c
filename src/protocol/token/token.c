#include "protocol/token/token.h"

const char *token_verdict_text(enum token_verdict verdict)
{
    switch (verdict) {
    case TOKEN_ABSENT: return "is missing";
    case TOKEN_MALFORMED: return "cannot be read";
    case TOKEN_FORGED: return "is not made with a key of this server, or for something else";
    case TOKEN_EXPIRED: return "has expired";
    case TOKEN_EARLY: return "is not valid yet";
    case TOKEN_GOOD: break;
    }
    return "is good";
}
