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
static void name_codec(struct str *name, enum codec codec, const struct frame *config)
{
    struct mp4_sample_entry entry;
    if (codec < ARRAY_LEN(fixed_names) && fixed_names[codec]) {
        str_printf(name, "%s", fixed_names[codec]);
        return;
    }
    if (!config || config->codec != codec || !config->config)
        return;
    enum mp4_result result = mp4_sample_entry_read(&entry, config, NULL);
    if (result == MP4_NEED_CONFIG) /* Only the size is missing (VP9), and the name does not need it. */
        entry = (struct mp4_sample_entry){ .config = config };
    if (result == MP4_OK || result == MP4_NEED_CONFIG)
        mp4_sample_entry_codecs(&entry, name);
}

bool hls_codecs_append(struct str *s, enum codec codec, const struct frame *config)
{
    char       text[NAME_LEN_MAX];
    struct str name = str_over(text, sizeof text);
    name_codec(&name, codec, config);
    if (name.len == 0 || name.cut || s->len + 1 + name.len >= s->cap)
        return false;
    if (s->len > 0)
        str_append(s, ",", 1);
    str_append(s, text, name.len);
    return true;
}
