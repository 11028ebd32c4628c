#include "app/conf/hls.h"

#include <string.h>

#include "core/str.h"

enum { WORD_RAM = CONF_HLS_DISK + 1 }; /* the word of SRS 2 for memory */

static void warn(struct conf_fill *f, const struct conf_node *block, const char *name, const char *text)
{
    const struct conf_node *n = conf_node_child(block, name);
    char                    where[CONF_WHERE_MAX];
    conf_report_add(f->report, LOG_WARN, "%s: %s", conf_node_where(n ? n : block, where, sizeof where), text);
}

/* A segment that ends without a key frame before it may end at one would never end at one. */
static void derive_ratios(struct conf_fill *f, struct conf_hls *hls, const struct conf_node *block)
{
    if (hls->aof_ratio >= hls->td_ratio)
        return;
    hls->aof_ratio = hls->td_ratio;
    if (hls->enabled)
        warn(f, block, "hls_aof_ratio", "hls_aof_ratio is below hls_td_ratio, taken as equal to it");
}

/* SRS joins without a slash, so its users write one. A URL whose query is completed by the name gets none. */
static void derive_key_url(struct conf_fill *f, struct conf_hls *hls, const struct conf_node *block)
{
    if (!hls->key_url[0] || str_ends_with(hls->key_url, "/") || strchr(hls->key_url, '?'))
        return;
    size_t len = strlen(hls->key_url);
    char  *joined = conf_fill_array(f, len + 2, 1);
    if (!joined)
        return;
    memcpy(joined, hls->key_url, len);
    joined[len] = '/';
    hls->key_url = joined;
    if (hls->enabled && hls->keys)
        warn(f, block, "hls_key_url", "hls_key_url has no slash at its end; one is put before the name of the key");
}

/* AES-128 encrypts a segment as a whole, so that no part of it can be read alone. */
static void derive_parts(struct conf_fill *f, struct conf_hls *hls, const struct conf_node *block)
{
    if (!hls->ll || !hls->keys || hls->encryption != CONF_HLS_AES_128)
        return;
    hls->ll = false;
    if (hls->enabled)
        warn(f, block, "hls_ll",
             "hls_ll is off, because aes-128 encrypts whole segments; hls_encryption cbcs with hls_use_fmp4 on has "
             "both");
}

static void warn_of_shared_file(struct conf_fill *f, const struct conf_node *block, const char *name, const char *path)
{
    char text[256];
    if (strstr(path, "[stream]"))
        return;
    struct str out = str_over(text, sizeof text);
    str_printf(&out, "%s has no [stream], so two streams write the same file", name);
    warn(f, block, name, text);
}

static void warn_of_files(struct conf_fill *f, const struct conf_hls *hls, const struct conf_node *block)
{
    warn_of_shared_file(f, block, "hls_m3u8_file", hls->m3u8_file);
    if (hls->use_fmp4) {
        warn_of_shared_file(f, block, "hls_fmp4_file", hls->fmp4_file);
        warn_of_shared_file(f, block, "hls_init_file", hls->init_file);
    } else {
        warn_of_shared_file(f, block, "hls_ts_file", hls->ts_file);
    }
    if (!hls->keys)
        return;
    warn_of_shared_file(f, block, "hls_key_file", hls->key_file);
    if (!strstr(hls->key_file, "[seq]"))
        warn(f, block, "hls_key_file", "hls_key_file has no [seq], so a new key overwrites that of older segments");
    if (hls->storage != CONF_HLS_MEMORY && strcmp(hls->key_file_path, hls->path) == 0)
        warn(f, block, "hls_key_file_path",
             "keys are written to hls_path, from where web servers give files to everybody; hls_key_file_path may be "
             "another directory");
}

void conf_hls_derive(struct conf_fill *f, struct conf_hls *hls, const struct conf_node *block)
{
    if (f->failed)
        return;
    if ((int)hls->storage == WORD_RAM)
        hls->storage = CONF_HLS_MEMORY;
    if (!hls->key_file_path[0])
        conf_fill_text(f, &hls->key_file_path, hls->path);
    derive_ratios(f, hls, block);
    derive_key_url(f, hls, block);
    derive_parts(f, hls, block);
    if (!hls->enabled)
        return;
    warn_of_files(f, hls, block);
    if (hls->storage == CONF_HLS_MEMORY && !f->conf->http_server.enabled)
        warn(f, block, "hls_storage", "hls_storage memory without http_server: no player can reach the segments");
}
