#include "kernel/hls/codecs.h"

#include "core/attr.h"
#include "kernel/mp4/sample_entry.h"

enum { NAME_LEN_MAX = 128 }; /* The longest are those of HEVC, with six bytes of constraints. */

/* The codecs whose name is the same for all streams. */
static const char *const fixed_names[] = {
    [CODEC_MP3] = "mp4a.40.34",
    [CODEC_FLAC] = "fLaC",
    [CODEC_AC3] = "ac-3",
    [CODEC_EAC3] = "ec-3",
};

/* Write the name; empty if it is not known. */
static void name_codec(struct str *name, const struct frame *config, const struct frame *key)
{
    struct mp4_sample_entry entry;
    if (config->codec < ARRAY_LEN(fixed_names) && fixed_names[config->codec])
        str_printf(name, "%s", fixed_names[config->codec]);
    else if (mp4_sample_entry_read(&entry, config, key) == MP4_OK)
        mp4_sample_entry_codecs(&entry, name);
}

bool hls_codecs_append(struct str *s, const struct frame *config, const struct frame *key)
{
    char       text[NAME_LEN_MAX];
    struct str name = str_over(text, sizeof text);
    name_codec(&name, config, key);
    if (name.len == 0 || name.cut || s->len + 1 + name.len >= s->cap)
        return false;
    if (s->len > 0)
        str_append(s, ",", 1);
    str_append(s, text, name.len);
    return true;
}
