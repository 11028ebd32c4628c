#include "app/bans/ban.h"

#include <string.h>

#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"

static const char *const kind_names[BAN_KINDS] = { "address", "user", "stream" };

const char *ban_kind_name(enum ban_kind kind)
{
    return kind_names[kind];
}

bool ban_kind_find(const char *name, enum ban_kind *out)
{
    for (int i = 0; i < BAN_KINDS; i++) {
        *out = (enum ban_kind)i;
        if (str_equal(name, kind_names[i]))
            return true;
    }
    return false;
}

/* ---- subjects ---------------------------------------------------------------------------------------------------- */

static bool address_subject(const char *text, char subject[static BAN_SUBJECT_CAP])
{
    struct cidr range;
    char        ip[INET6_ADDRSTRLEN];
    struct str  out = str_over(subject, BAN_SUBJECT_CAP);
    if (!cidr_parse(text, strlen(text), &range))
        return false;
    cidr_mask(&range, range.prefix);
    cidr_format_ip(&range, ip);
    str_text(&out, ip);
    if (range.prefix < range.bits)
        str_printf(&out, "/%d", range.prefix);
    return true;
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

/* What stands before the stream's name and its app; "" is the default vhost. */
static bool take_vhost(const char **text, char vhost[static STREAM_VHOST_MAX + 1])
{
    const char *slash = strchr(*text, '/');
    bool        is_named = slash && slash > *text && strchr(slash + 1, '/');
    size_t      len = is_named ? (size_t)(slash - *text) : 0;
    if (len > STREAM_VHOST_MAX)
        return false;
    memcpy(vhost, *text, len);
    vhost[len] = '\0';
    *text += len;
    return true;
}

static bool stream_subject(const char *text, char subject[static BAN_SUBJECT_CAP])
{
    char vhost[STREAM_VHOST_MAX + 1], name[2 * STREAM_NAME_MAX + 2];
    if (!take_vhost(&text, vhost) || strlen(text) >= sizeof name)
        return false;
    size_t len = stream_name_normalise(name, text, strlen(text));
    char  *slash = strrchr(name, '/');
    if (len == 0 || !slash || !stream_name_is_safe(name))
        return false;
    *slash = '\0';
    stream_name_key(subject, *vhost ? vhost : STREAM_DEFAULT_VHOST, name, slash + 1);
    return true;
}

bool ban_subject(enum ban_kind kind, const char *text, char subject[static BAN_SUBJECT_CAP])
{
    subject[0] = '\0';
    if (!*text || has_control(text))
        return false;
    switch (kind) {
    case BAN_ADDRESS: return address_subject(text, subject);
    case BAN_USER: return str_copy(subject, BAN_USER_MAX + 1, text);
    case BAN_STREAM: return stream_subject(text, subject);
    }
    return false;
}

/* ---- a ban ------------------------------------------------------------------------------------------------------- */

struct ban *ban_new(const struct ban_wish *wish)
{
    size_t      subject_len = strlen(wish->subject), reason_len = strlen(wish->reason);
    struct ban *b = mem_calloc(1, sizeof *b + subject_len + 1 + reason_len + 1);
    if (!b)
        return NULL;
    char *at = b->texts;
    b->kind = wish->kind;
    b->automatic = wish->automatic;
    b->since_wall_us = wish->since_wall_us;
    b->until_us = wish->until_us;
    b->subject = str_pack(&at, wish->subject, subject_len);
    b->reason = str_pack(&at, wish->reason, reason_len);
    if (wish->id)
        str_copy(b->id, sizeof b->id, wish->id);
    else
        ident_random(b->id, IDENT_LEN);
    if (b->kind == BAN_ADDRESS)
        cidr_parse(b->subject, subject_len, &b->range);
    return b;
}
