#include "kernel/hls/key.h"

#include <string.h>

#include "core/attr.h"
#include "core/str.h"
#include "kernel/hls/attribute.h"

static const char *const method_names[] = { "NONE", "AES-128", "SAMPLE-AES", "SAMPLE-AES-CTR" };

bool hls_key_method_read(const char *text, enum hls_key_method *method)
{
    for (size_t i = 0; i < ARRAY_LEN(method_names); i++)
        if (str_equal(text, method_names[i])) {
            *method = (enum hls_key_method)i;
            return true;
        }
    return false;
}

void hls_key_write(struct hls_text *t, const char *tag, const struct hls_key *key)
{
    enum hls_key_method   method = key ? key->method : HLS_KEY_NONE;
    struct hls_attributes a = hls_attributes_begin(t, tag);
    hls_attribute_word(&a, "METHOD", method_names[method]);
    if (method != HLS_KEY_NONE) {
        hls_attribute_uri(&a, "URI", key->uri, key->uri_kind);
        if (key->has_iv)
            hls_attribute_hex(&a, "IV", key->iv, HLS_IV_LEN);
        if (key->keyformat)
            hls_attribute_text(&a, "KEYFORMAT", key->keyformat);
    }
    hls_attributes_end(&a);
}

bool hls_key_is_same(const struct hls_key *a, const struct hls_key *b)
{
    if (a == b || !a || !b)
        return a == b;
    return a->method == b->method && str_equal(a->uri, b->uri) && str_equal(a->keyformat, b->keyformat) &&
           a->has_iv == b->has_iv && (!a->has_iv || memcmp(a->iv, b->iv, HLS_IV_LEN) == 0);
}

int hls_key_version(const struct hls_key *key)
{
    enum { ANY = 1, IV = 2, SAMPLE_AES_OR_KEYFORMAT = 5 }; /* rfc8216bis 8 */
    if (!key || key->method == HLS_KEY_NONE)
        return ANY;
    if (key->method != HLS_KEY_AES_128 || key->keyformat)
        return SAMPLE_AES_OR_KEYFORMAT;
    return key->has_iv ? IV : ANY;
}
