#include "app/hls/viewer_id.h"

#include <openssl/crypto.h>
#include <string.h>

#include "core/ident.h"
#include "protocol/stream_name.h"
#include "protocol/token/digest.h"

enum { RANDOM_LEN = 12, MARK_LEN = 8, BYTES = RANDOM_LEN + MARK_LEN };

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

_Static_assert(BYTES * 8 == HLS_VIEWER_ID_LEN * 5, "an id has no padding");

/* Five bits a character, the highest first. */
static void spell(char id[static HLS_VIEWER_ID_CAP], const uint8_t bytes[static BYTES])
{
    unsigned held = 0, n_bits = 0;
    size_t   len = 0;
    for (size_t i = 0; i < BYTES; i++) {
        held = (held << 8 | bytes[i]) & 0xfff;
        for (n_bits += 8; n_bits >= 5; n_bits -= 5)
            id[len++] = alphabet[held >> (n_bits - 5) & 31];
    }
    id[len] = '\0';
}

/* The other way; false for a text that is no id. */
static bool unspell(uint8_t bytes[static BYTES], const char *id)
{
    unsigned held = 0, n_bits = 0;
    size_t   len = 0;
    if (strnlen(id, HLS_VIEWER_ID_CAP) != HLS_VIEWER_ID_LEN)
        return false;
    for (; *id; id++) {
        const char *at = strchr(alphabet, *id);
        if (!at)
            return false;
        held = (held << 5 | (unsigned)(at - alphabet)) & 0xfff;
        n_bits += 5;
        if (n_bits >= 8) {
            n_bits -= 8;
            bytes[len++] = (uint8_t)(held >> n_bits);
        }
    }
    return true;
}

/* The mark is a keyed hash of the random bytes and the stream. */
static bool mark(uint8_t out[static MARK_LEN], const uint8_t random[static RANDOM_LEN], const uint8_t *secret,
                 const struct hls_viewer_stream *of)
{
    uint8_t input[RANDOM_LEN + STREAM_IDENTITY_CAP], digest[DIGEST_SHA256_LEN];
    char   *key = (char *)input + RANDOM_LEN;
    memcpy(input, random, RANDOM_LEN);
    stream_name_key(key, of->vhost, of->app, of->stream);
    if (!digest_hmac_sha256(digest, secret, SERVER_SECRET_LEN, input, RANDOM_LEN + strlen(key)))
        return false;
    memcpy(out, digest, MARK_LEN);
    return true;
}

bool hls_viewer_id_make(char id[static HLS_VIEWER_ID_CAP], const uint8_t secret[static SERVER_SECRET_LEN],
                        const struct hls_viewer_stream *of)
{
    uint8_t bytes[BYTES];
    if (!random_secret(bytes, RANDOM_LEN) || !mark(bytes + RANDOM_LEN, bytes, secret, of))
        return false;
    spell(id, bytes);
    return true;
}

bool hls_viewer_id_is_ours(const char *id, const uint8_t secret[static SERVER_SECRET_LEN],
                           const struct hls_viewer_stream *of)
{
    uint8_t bytes[BYTES], right[MARK_LEN];
    return unspell(bytes, id) && mark(right, bytes, secret, of) &&
           CRYPTO_memcmp(right, bytes + RANDOM_LEN, MARK_LEN) == 0;
}
