#include "app/hls/keys.h"

#include <string.h>

#include "app/hls/hls.h"
#include "app/hls/names.h"
#include "app/hls/serve.h"
#include "app/segment/template.h"
#include "core/ident.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/wr.h"

enum { URI_BYTES_MAX = 16 << 10 };

/* ---- serving ---- */

static struct err *reply_key(struct http_exchange *x, struct shelf_item *item, const struct hls_ask *ask)
{
    uint8_t     key[AES_CBC_BLOCK];
    struct err *e = http_add_field(x, "Cache-Control", "no-store");
    (void)ask;
    memcpy(key, CONTAINER_OF(item, struct hls_secret, item)->key, sizeof key); /* The reply may yield. */
    return e ? e : http_reply(x, 200, "application/octet-stream", key, sizeof key);
}

static struct err *serve_key(struct http_exchange *x, struct shelf_item *item)
{
    return hls_serve(x, item, CONTAINER_OF(item, struct hls_secret, item)->hls->show, HLS_ASK_KEY, reply_key);
}

/* ---- keys ---- */

void hls_keys_drop(struct hls_secret *s)
{
    shelf_take(&s->item);
    list_remove(&s->link);
    mem_free(s->path);
    mem_free(s->uri);
    mem_free(s);
}

/* The URI of a key: of this server, relative to the playlist, or behind hls_key_url. */
static struct err *name(const struct hls *h, struct hls_secret *s)
{
    struct buf uri = buf_up_to(URI_BYTES_MAX);
    template_put_key(&uri, h->show->vhost->hls.key_url, s->path, h->m3u8_path);
    struct err *e = buf_error(&uri);
    if (!e)
        s->uri = buf_take(&uri);
    buf_finish(&uri);
    return e;
}

static struct err *add(struct hls_keys *k, uint64_t number, char *path, struct hls_secret **out)
{
    struct hls_secret *s = mem_calloc(1, sizeof *s);
    if (!s) {
        mem_free(path);
        return err_no_memory();
    }
    *s = (struct hls_secret){ .item.serve = serve_key, .hls = k->hls, .number = number, .path = path };
    list_push(&k->secrets, &s->link);
    struct err *e = hls_put(k->hls, &s->item, path);
    if (!e)
        e = name(k->hls, s);
    if (e)
        hls_keys_drop(s);
    else
        *out = s;
    return e;
}

struct err *hls_keys_adopt(struct hls_keys *k, uint64_t number, char *path, const uint8_t key[static AES_CBC_BLOCK])
{
    struct hls_secret *s;
    struct err        *e = add(k, number, path, &s);
    if (!e) {
        memcpy(s->key, key, AES_CBC_BLOCK);
        s->is_on_disk = true;
    }
    return e;
}

static struct err *make(struct hls_keys *k, uint64_t number, struct hls_secret **out)
{
    char       *path = NULL;
    struct err *e = hls_name_key(&path, k->hls->show, k->hls->track, number);
    if (!e)
        e = add(k, number, path, out);
    if (e)
        return e;
    if (random_secret((*out)->key, AES_CBC_BLOCK))
        return NULL;
    hls_keys_drop(*out);
    return err_new(E_HTTPS_KEY_CRT, "there are no random bytes for a key");
}

struct hls_secret *hls_keys_newest(const struct hls_keys *k)
{
    return list_is_empty(&k->secrets) ? NULL : LIST_ENTRY(k->secrets.prev, struct hls_secret, link);
}

/* The initialization vector of a segment: its number, as if it were not named (RFC 8216 5.2). */
static void number_iv(uint8_t iv[static AES_CBC_BLOCK], uint64_t number)
{
    struct wr w = wr_over(iv, AES_CBC_BLOCK);
    wr_u64(&w, 0);
    wr_u64(&w, number);
}

static struct err *key_for(struct hls_keys *k, uint64_t number, struct hls_secret **out)
{
    int per_key = k->hls->show->vhost->hls.fragments_per_key;
    *out = hls_keys_newest(k);
    if (*out && (*out)->number <= number && number - (*out)->number < (uint64_t)(per_key > 0 ? per_key : 1))
        return NULL;
    return make(k, number, out);
}

bool hls_keys_begin(struct hls_keys *k, uint64_t number, struct hls_key *key)
{
    struct hls_secret *s;
    struct err        *e = key_for(k, number, &s);
    if (e) {
        log_err(LOG_WARN, e, "a segment of %s is not shown, because it has no key", k->hls->show->label);
        return false;
    }
    number_iv(k->iv, number);
    *key = (struct hls_key){
        .method = k->method,
        .uri = s->uri,
        .uri_kind = *k->hls->show->vhost->hls.key_url ? HLS_URI_PLAIN : HLS_URI_KEY,
        .has_iv = true,
    };
    memcpy(key->iv, k->method == HLS_KEY_AES_128 ? k->iv : k->cbcs.iv, sizeof key->iv);
    return true;
}

struct hls_secret *hls_keys_find(const struct hls_keys *k, const char *path)
{
    for (const struct list *it = k->secrets.prev; it != &k->secrets; it = it->prev) {
        struct hls_secret *s = LIST_ENTRY(it, struct hls_secret, link);
        if (strcmp(s->path, path) == 0)
            return s;
    }
    return NULL;
}

struct hls_secret *hls_keys_of_uri(const struct hls_keys *k, const char *uri)
{
    for (const struct list *it = k->secrets.prev; it != &k->secrets; it = it->prev) {
        struct hls_secret *s = LIST_ENTRY(it, struct hls_secret, link);
        if (strcmp(s->uri, uri) == 0)
            return s;
    }
    return NULL;
}

struct hls_secret *hls_keys_unneeded(const struct hls_keys *k, uint64_t number)
{
    if (list_is_empty(&k->secrets) || k->secrets.next->next == &k->secrets)
        return NULL;
    struct hls_secret *oldest = LIST_ENTRY(k->secrets.next, struct hls_secret, link);
    return LIST_ENTRY(oldest->link.next, struct hls_secret, link)->number <= number ? oldest : NULL;
}

/* ---- AES-128 of whole segments ---- */

/* Encrypt what fills blocks, and keep the rest. */
static struct blob *seal_part(void *arg, struct blob *plain, bool is_first)
{
    struct hls_keys         *k = arg;
    const struct hls_secret *s = hls_keys_newest(k);
    if (is_first) {
        k->n_rest = 0;
        if (!s || !aes_cbc_begin(k->aes, s->key, k->iv))
            return NULL;
    }
    size_t       all = k->n_rest + plain->len, whole = all / AES_CBC_BLOCK * AES_CBC_BLOCK;
    struct blob *out = blob_new(whole);
    if (!out)
        return NULL;
    size_t n_head = k->n_rest < whole ? k->n_rest : whole, n_body = whole - n_head;
    memcpy(out->bytes, k->rest, n_head);
    memcpy(out->bytes + n_head, plain->bytes, n_body);
    if (whole > 0) {
        k->n_rest = 0;
    }
    memcpy(k->rest + k->n_rest, plain->bytes + n_body, plain->len - n_body);
    k->n_rest += plain->len - n_body;
    if (!aes_cbc_encrypt(k->aes, out->bytes, out->bytes, whole))
        blob_unref(&out);
    return out;
}

/* The last block, with padding (RFC 5652 6.3). */
static struct blob *seal_end(void *arg)
{
    struct hls_keys *k = arg;
    struct blob     *out = blob_new(AES_CBC_BLOCK);
    if (!out)
        return NULL;
    memset(out->bytes, (int)(AES_CBC_BLOCK - k->n_rest), AES_CBC_BLOCK);
    memcpy(out->bytes, k->rest, k->n_rest);
    k->n_rest = 0;
    if (!aes_cbc_encrypt(k->aes, out->bytes, out->bytes, AES_CBC_BLOCK))
        blob_unref(&out);
    return out;
}

/* ---- cbcs ---- */

static void encrypt_sample(void *ctx, const uint8_t iv[CBCS_BLOCK], uint8_t *blocks, size_t len)
{
    struct hls_keys         *k = ctx;
    const struct hls_secret *s = hls_keys_newest(k);
    if (!s || !aes_cbc_begin(k->aes, s->key, iv) || !aes_cbc_encrypt(k->aes, blocks, blocks, len))
        memset(blocks, 0, len); /* Plain media must not go out. */
}

/* ---- the lane ---- */

static struct err *begin(struct hls_keys *k)
{
    const struct conf_hls *c = &k->hls->show->vhost->hls;
    struct err            *e = aes_cbc_create(&k->aes);
    if (e)
        return e;
    k->method = c->use_fmp4 && c->encryption == CONF_HLS_CBCS ? HLS_KEY_SAMPLE_AES : HLS_KEY_AES_128;
    if (k->method == HLS_KEY_AES_128) {
        k->seal = (struct lane_seal){ .part = seal_part, .end = seal_end, .arg = k };
    } else {
        k->cbcs = (struct cbcs){ .encrypt = encrypt_sample, .ctx = k };
        k->seal = (struct lane_seal){ .cbcs = &k->cbcs };
        if (!random_secret(k->cbcs.iv, sizeof k->cbcs.iv) || !random_secret(k->cbcs.key_id, sizeof k->cbcs.key_id))
            return err_new(E_HTTPS_KEY_CRT, "there are no random bytes for a key");
    }
    lane_set_seal(k->hls->lane, &k->seal);
    return NULL;
}

struct err *hls_keys_create(struct hls *h)
{
    struct hls_keys *k = mem_calloc(1, sizeof *k);
    if (!k)
        return err_no_memory();
    k->hls = h;
    h->keys = k;
    list_init(&k->secrets);
    struct err *e = begin(k);
    if (e)
        hls_keys_destroy(h);
    return e;
}

void hls_keys_destroy(struct hls *h)
{
    struct hls_keys *k = h->keys;
    if (!k)
        return;
    if (h->lane && h->lane->seal == &k->seal)
        lane_set_seal(h->lane, NULL);
    while (!list_is_empty(&k->secrets))
        hls_keys_drop(LIST_ENTRY(k->secrets.next, struct hls_secret, link));
    aes_cbc_destroy(&k->aes);
    mem_free(k);
    h->keys = NULL;
}
