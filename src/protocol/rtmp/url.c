#include "protocol/rtmp/url.h"

#include <stdbool.h>
#include <string.h>

#include "core/mem.h"
#include "core/str.h"
#include "protocol/stream_name.h"

/* A part of a text, not terminated. */
struct span {
    const char *p;
    size_t      len;
};

static bool span_is(struct span s, const char *word)
{
    return s.len == strlen(word) && memcmp(s.p, word, s.len) == 0;
}

static struct span span_from(const char *p, const char *end)
{
    return (struct span){ p, (size_t)(end - p) };
}

static const char *span_find(struct span s, char c)
{
    return s.len ? memchr(s.p, c, s.len) : NULL;
}

static const char *span_find_last(struct span s, char c)
{
    return s.len ? memrchr(s.p, c, s.len) : NULL;
}

static struct span trim_slashes(struct span s)
{
    while (s.len && s.p[0] == '/')
        s = (struct span){ s.p + 1, s.len - 1 };
    while (s.len && s.p[s.len - 1] == '/')
        s.len--;
    return s;
}

/* The parts of a text: a path, and the texts behind `?` and `#`. */
struct parts {
    struct span base, query, fragment;
};

static struct parts split(const char *text)
{
    const char  *end = text + strlen(text), *hash = strchr(text, '#');
    struct parts parts = { .fragment = span_from(hash ? hash + 1 : end, end) };
    if (hash)
        end = hash;
    const char *mark = memchr(text, '?', (size_t)(end - text));
    parts.base = span_from(text, mark ? mark : end);
    parts.query = span_from(mark ? mark + 1 : end, end);
    return parts;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7F)
            return true;
    return false;
}

/* Remove all blanks, because people type names. */
static void remove_blanks(char *text)
{
    char *to = text;
    for (; *text; text++)
        if (!is_blank(*text))
            *to++ = *text;
    *to = '\0';
}

static void trim_blanks(char *text)
{
    size_t len = strlen(text), from = 0;
    while (len && is_blank(text[len - 1]))
        len--;
    while (from < len && is_blank(text[from]))
        from++;
    memmove(text, text + from, len - from);
    text[len - from] = '\0';
}

/* Replace "...vhost..." by "?vhost=": rtmp://h/live...vhost...v is a spelling for players that drop a `?`. */
static void spell_vhost_as_query(char *text)
{
    static const char dots[] = "...vhost...";
    static const char query[] = "?vhost=";
    char             *at = strstr(text, dots);
    if (!at)
        return;
    bool second = memchr(text, '?', (size_t)(at - text)) != NULL;
    memmove(at + sizeof query - 1, at + sizeof dots - 1, strlen(at + sizeof dots - 1) + 1);
    memcpy(at, query, sizeof query - 1);
    if (second)
        *at = '&';
}

/* Remove `/_definst_`, the default instance of an app in Flash Media Server, which has no meaning here. */
static void remove_definst(char *path)
{
    static const char definst[] = "/_definst_";
    const size_t      len = sizeof definst - 1;
    char             *at = path;
    while ((at = strstr(at, definst))) {
        if (at[len] == '/' || at[len] == '\0')
            memmove(at, at + len, strlen(at + len) + 1);
        else
            at += len;
    }
}

/* ---- queries ---- */

struct pair {
    struct span whole, key, value;
};

/* Read the first pair of a query and move the query on; false at its end. */
static bool next_pair(struct span *query, struct pair *pair)
{
    if (!query->len)
        return false;
    const char *end = query->p + query->len, *amp = span_find(*query, '&');
    pair->whole = span_from(query->p, amp ? amp : end);
    const char *equals = span_find(pair->whole, '=');
    const char *whole_end = pair->whole.p + pair->whole.len;
    pair->key = span_from(pair->whole.p, equals ? equals : whole_end);
    pair->value = span_from(equals ? equals + 1 : whole_end, whole_end);
    *query = span_from(amp ? amp + 1 : end, end);
    return true;
}

static bool has_key(struct span query, struct span key)
{
    struct pair pair;
    while (next_pair(&query, &pair))
        if (pair.key.len == key.len && memcmp(pair.key.p, key.p, key.len) == 0)
            return true;
    return false;
}

static struct span value_of(struct span query, const char *key)
{
    struct pair pair;
    while (next_pair(&query, &pair))
        if (span_is(pair.key, key) && pair.value.len)
            return pair.value;
    return (struct span){ "", 0 };
}

/* Join the query of the stream name and the pairs that only the tcUrl has. Bytes are unchanged, and empty pairs are kept. */
static void merge_queries(struct str *out, struct span stream, struct span tc_url)
{
    struct pair pair;
    if (!stream.len) {
        str_append(out, tc_url.p, tc_url.len);
        return;
    }
    str_append(out, stream.p, stream.len);
    while (next_pair(&tc_url, &pair)) {
        if (pair.key.len && has_key(stream, pair.key))
            continue;
        str_append(out, "&", 1);
        str_append(out, pair.whole.p, pair.whole.len);
    }
}

/* ---- schema://host:port ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 3986, 3.1: the characters of a schema. */
static bool is_schema(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_letter(s.p[i]) && (i == 0 || !(strchr("+-.", s.p[i]) || (s.p[i] >= '0' && s.p[i] <= '9'))))
            return false;
    return s.len > 0;
}

static bool read_port(struct span s, uint16_t *port)
{
    uint32_t value = 0;
    if (s.len > 5)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        value = value * 10 + (uint32_t)(s.p[i] - '0');
    }
    if (s.len)
        *port = (uint16_t)value;
    return !s.len || (value > 0 && value <= UINT16_MAX);
}

/* Read [user@]host[:port], with an IPv6 address in brackets (RFC 3986, 3.2). */
static bool read_authority(struct span s, struct span *host, uint16_t *port)
{
    const char *at = span_find_last(s, '@'), *end = s.p + s.len;
    if (at)
        s = span_from(at + 1, end);
    struct span rest;
    if (s.len && s.p[0] == '[') {
        const char *close = span_find(s, ']');
        if (!close)
            return false;
        *host = span_from(s.p + 1, close);
        rest = span_from(close + 1, end);
    } else {
        const char *colon = span_find(s, ':');
        *host = span_from(s.p, colon ? colon : end);
        rest = span_from(colon ? colon : end, end);
    }
    if ((rest.len && rest.p[0] != ':') || span_find(*host, '[') || span_find(*host, ']'))
        return false;
    *port = 0;
    return host->len && read_port(span_from(rest.p + (rest.len ? 1 : 0), end), port);
}

/* ---- all of it ---- */

/* The parts of an address. They point into the two texts, or into the joined path and query. */
struct found {
    struct span schema, host, vhost, app, stream, query, fragment;
    uint16_t    port; /* 0: the tcUrl has none */
};

/* Storage of the joined texts. A part is at most as long as the texts that it is made of. */
struct scratch {
    char tc_url[RTMP_URL_MAX + 1], stream[RTMP_URL_MAX + 1];
    char path[2 * RTMP_URL_MAX + 2], query[2 * RTMP_URL_MAX + 2];
};

/* True if a part of the path is `..` or `.`: the file system must never see such a name. */
static bool leads_upwards(struct span path)
{
    while (path.len) {
        const char *slash = span_find(path, '/'), *end = path.p + path.len;
        struct span part = span_from(path.p, slash ? slash : end);
        if (span_is(part, ".") || span_is(part, ".."))
            return true;
        path = span_from(slash ? slash + 1 : end, end);
    }
    return false;
}

static void split_path(struct found *f, struct span path)
{
    path = trim_slashes(path);
    const char *slash = span_find_last(path, '/'), *end = path.p + path.len;
    f->app = trim_slashes(span_from(path.p, slash ? slash : path.p));
    f->stream = span_from(slash ? slash + 1 : path.p, end);
}

/* Guess a stream that was not named: it may be the last part of the app, or of the query. */
static void guess_stream(struct found *f)
{
    if (span_find(f->app, '/')) {
        split_path(f, f->app);
        return;
    }
    const char *slash = span_find_last(f->query, '/');
    if (!slash)
        return;
    struct span tail = span_from(slash + 1, f->query.p + f->query.len);
    bool        is_name = !span_find(tail, '=') && !span_find(tail, '&') && !span_find(tail, '?');
    if (!is_name || span_is(tail, "_definst_"))
        return;
    f->stream = tail;
    f->query = span_from(f->query.p, slash);
}

static void find_vhost(struct found *f)
{
    struct span vhost = value_of(f->query, "vhost");
    if (!vhost.len)
        vhost = value_of(f->query, "domain");
    const char *slash = span_find(vhost, '/');
    if (slash)
        vhost = span_from(vhost.p, slash);
    f->vhost = vhost.len && !span_is(vhost, STREAM_DEFAULT_VHOST) ? vhost : f->host;
    if (span_is(f->query, "vhost=" STREAM_DEFAULT_VHOST) || span_is(f->query, "domain=" STREAM_DEFAULT_VHOST))
        f->query.len = 0;
}

static struct err *find_parts(struct found *f, struct scratch *s, bool has_stream)
{
    struct parts tc = split(s->tc_url), name = split(s->stream);
    const char  *schema_end = strstr(s->tc_url, "://");
    const char  *base_end = tc.base.p + tc.base.len;
    if (!schema_end || schema_end >= base_end || !is_schema(span_from(s->tc_url, schema_end)))
        return err_new(E_RTMP_REQ_TCURL, "the tcUrl is not a URL: %s", s->tc_url);
    f->schema = span_from(s->tc_url, schema_end);
    struct span rest = span_from(schema_end + 3, base_end);
    const char *slash = span_find(rest, '/');
    struct span path = trim_slashes(span_from(slash ? slash : base_end, base_end));
    if (!read_authority(span_from(rest.p, slash ? slash : base_end), &f->host, &f->port))
        return err_new(E_RTMP_REQ_TCURL, "the tcUrl has no host and port that could be: %s", s->tc_url);

    name.base = trim_slashes(name.base);
    struct str joined = str_over(s->path, sizeof s->path), query = str_over(s->query, sizeof s->query);
    str_append(&joined, "/", 1);
    str_append(&joined, path.p, path.len);
    if (name.base.len) {
        str_append(&joined, "/", 1);
        str_append(&joined, name.base.p, name.base.len);
    }
    remove_definst(s->path);
    merge_queries(&query, name.query, tc.query);
    path = (struct span){ s->path, strlen(s->path) };
    f->query = (struct span){ s->query, query.len };
    f->fragment = name.fragment.len ? name.fragment : tc.fragment;

    f->app = trim_slashes(path);
    f->stream = (struct span){ "", 0 };
    if (name.base.len)
        split_path(f, path);
    else if (has_stream)
        guess_stream(f);
    if (!f->app.len)
        f->app = (struct span){ STREAM_DEFAULT_APP, strlen(STREAM_DEFAULT_APP) };
    find_vhost(f);
    return NULL;
}

/* True if escapes hide a name that is not allowed, or only blanks. */
static bool is_unsafe(struct span name)
{
    char normal[STREAM_NAME_MAX + 1];
    if (name.len == 0 || name.len > STREAM_NAME_MAX)
        return false; /* There is no name, or it is refused for its length. */
    return stream_name_normalise(normal, name.p, name.len) == 0 || !stream_name_is_safe(normal);
}

static struct err *check_parts(const struct found *f)
{
    if (leads_upwards(f->app) || leads_upwards(f->stream) || leads_upwards(f->vhost))
        return err_new(E_RTMP_REQ_TCURL, "the path leads upwards: %.*s/%.*s/%.*s", (int)f->vhost.len, f->vhost.p,
                       (int)f->app.len, f->app.p, (int)f->stream.len, f->stream.p);
    if (is_unsafe(f->app) || is_unsafe(f->stream))
        return err_new(E_RTMP_REQ_TCURL,
                       "escapes hide a part that leads upwards, a control character, or nothing at all: %.*s/%.*s",
                       (int)f->app.len, f->app.p, (int)f->stream.len, f->stream.p);
    if (f->host.len > STREAM_VHOST_MAX || f->vhost.len > STREAM_VHOST_MAX)
        return err_new(E_LIMIT, "a host name of more than %d bytes", STREAM_VHOST_MAX);
    if (f->app.len > STREAM_NAME_MAX || f->stream.len > STREAM_NAME_MAX)
        return err_new(E_LIMIT, "an app or a stream name of more than %d bytes", STREAM_NAME_MAX);
    return NULL;
}

static const char *put(char **at, struct span s)
{
    return str_pack(at, s.p, s.len);
}

/* Copy all texts into one block of exactly the needed length: it lives as long as the connection. */
static struct err *fill(struct rtmp_url *url, const struct found *f)
{
    size_t param_len = (f->query.len ? 1 + f->query.len : 0) + (f->fragment.len ? 1 + f->fragment.len : 0);
    url->block = mem_alloc(f->schema.len + f->host.len + f->vhost.len + f->app.len + f->stream.len + param_len + 6);
    if (!url->block)
        return err_no_memory();
    char *at = url->block;
    url->schema = put(&at, f->schema);
    url->host = put(&at, f->host);
    url->vhost = put(&at, f->vhost);
    url->app = put(&at, f->app);
    url->stream = put(&at, f->stream);
    url->has_port = f->port != 0;
    url->port = url->has_port ? f->port : RTMP_PORT_DEFAULT;
    url->param = at;
    if (f->query.len) {
        *at++ = '?';
        put(&at, f->query);
        at--;
    }
    if (f->fragment.len) {
        *at++ = '#';
        put(&at, f->fragment);
        at--;
    }
    *at = '\0';
    return NULL;
}

struct err *rtmp_url_parse(struct rtmp_url *url, const char *tc_url, const char *stream)
{
    *url = (struct rtmp_url){ .schema = "", .host = "", .vhost = "", .app = "", .stream = "", .param = "" };
    struct scratch *s = mem_alloc(sizeof *s); /* It is too large for the stack. */
    if (!s)
        return err_no_memory();
    struct err  *e = NULL;
    struct found f = { 0 };
    if (!str_copy(s->tc_url, sizeof s->tc_url, tc_url) || !str_copy(s->stream, sizeof s->stream, stream ? stream : ""))
        e = err_new(E_LIMIT, "a tcUrl or a stream name of more than %d bytes", RTMP_URL_MAX);
    if (!e) {
        trim_blanks(s->tc_url);
        remove_blanks(s->stream);
        if (has_control(s->tc_url) || has_control(s->stream))
            e = err_new(E_RTMP_REQ_TCURL, "a blank or a control character in the tcUrl or the stream name");
    }
    if (!e) {
        spell_vhost_as_query(s->tc_url);
        e = find_parts(&f, s, stream != NULL);
    }
    if (!e)
        e = check_parts(&f);
    if (!e)
        e = fill(url, &f);
    mem_free(s);
    return e;
}

void rtmp_url_finish(struct rtmp_url *url)
{
    mem_free(url->block);
    *url = (struct rtmp_url){ .schema = "", .host = "", .vhost = "", .app = "", .stream = "", .param = "" };
}
