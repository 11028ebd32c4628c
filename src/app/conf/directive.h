/**
 * The table of directives: one row each, read by everything that handles configuration.
 *
 * A row says how a directive is spelled, what values it takes, what counts when it is absent, what a reload
 * does with it, whether its feature is built, and where the typed value goes. A block that may stand several times
 * (a vhost, an ingest) fills an array of structs, and its rows count from the struct. Parsing into the snapshot, the
 * check of names, warnings about values, environment variables, the difference at reload, conf/full.conf and
 * doc/configuration.md all come from here. Rows of one family stand in one file, directives_*.c.
 */
#ifndef APP_CONF_DIRECTIVE_H
#define APP_CONF_DIRECTIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/conf/conf.h"

enum conf_type {
    CONF_BOOL, /* on or off; the default decides how other words are read */
    CONF_INT,  /* read as by C atoi */
    CONF_INT64,
    CONF_FLOAT,   /* read as by C atof */
    CONF_SECONDS, /* whole seconds; typed as microseconds, like the next four */
    CONF_SECONDS_FLOAT,
    CONF_MS,
    CONF_MS_FLOAT,
    CONF_DURATION, /* seconds, or a number with a unit such as 90m (duration.h) */
    CONF_STRING,
    CONF_ENUM,     /* one of `words`; typed as its index */
    CONF_LIST,     /* all words of the directive */
    CONF_BLOCK,    /* a block of the directives in `children` */
    CONF_OPTIONS,  /* a block of names that the user chooses: options of ffmpeg */
    CONF_ANYTHING, /* accepted with any words */
};

/* When a change counts that a reload brings. */
enum conf_reload {
    RELOAD_LIVE,    /* for the next client or event */
    RELOAD_APPLIED, /* at once, for running clients and streams too */
    RELOAD_RESTART, /* after a restart */
    RELOAD_NONE,    /* never: the directive has no effect */
};

enum conf_state {
    CONF_LATER, /* known and accepted; its feature is not built yet */
    CONF_BUILT,
    CONF_IGNORED, /* accepted for the sake of old files, without any effect */
};

enum {
    CONF_LEGACY = 1 << 0,             /* an old spelling; conf_legacy_apply() turns it into the new one */
    CONF_REPEAT = 1 << 1,             /* may stand several times; otherwise the first counts */
    CONF_NO_ENV = 1 << 2,             /* has no environment variable, and neither have the children of a block */
    CONF_EMPTY_COUNTS = 1 << 3,       /* without a word it means the empty string, not the default */
    CONF_ON_UNLESS_OFF = 1 << 4,      /* a switch: every word but `off` means on */
    CONF_OFF_UNLESS_ON = 1 << 5,      /* a switch: every word but `on` means off */
    CONF_ENV_NEEDS_ON = 1 << 6,       /* a switch: in the environment only `on` means on */
    CONF_OUTSIDE_IS_DEFAULT = 1 << 7, /* a value out of bounds means the default; otherwise the nearest bound */
    CONF_ENV_LIST = 1 << 8,           /* the variable holds several words, split at spaces */
    CONF_SECRET = 1 << 9,             /* never shown in messages */
    CONF_GUARD = 1 << 10,     /* a switch of access control: a word that is neither on nor off refuses the file */
    CONF_BY_NAME = 1 << 11,   /* blocks with a name; the first of two blocks of one name counts */
    CONF_CHECK_ALL = 1 << 12, /* in blocks below, names are checked even where a second one never counts */
};

/* The type at `at`. The macros below take it from the field, so that row and field cannot differ. */
enum conf_store {
    STORE_NOTHING,
    STORE_BOOL,
    STORE_INT,
    STORE_INT64,
    STORE_DOUBLE,
    STORE_STRING,
    STORE_WORDS,
    STORE_COMMANDS, /* for each directive of the name its words */
    STORE_OPTIONS,
    STORE_BLOCKS, /* an array of structs, one for each block of the name; without CONF_REPEAT for the first alone */
};

struct conf_block;
struct conf_node;
struct conf_fill;

struct directive {
    const char        *name;
    enum conf_type     type;
    const char        *def;      /* as a file writes it; NULL: none, or empty */
    const char *const *words;    /* of CONF_ENUM; ends with NULL */
    int                other;    /* of CONF_ENUM: the index that an unknown word means */
    double             min, max; /* bounds of numbers, in the unit of the file; both 0: none */
    unsigned           flags;
    enum conf_state    state;
    enum conf_reload   reload;
    enum conf_store    store;
    size_t             at;                  /* place of the value in the struct of the list around, or in struct conf */
    size_t             set_at;              /* place of a bool that tells "written by the user"; 0: none */
    size_t             count_at, item_size; /* of STORE_BLOCKS: place of the number of items, and the size of one */
    const char        *env; /* environment variables, most important first; NULL: the path gives the name */
    const struct conf_block *children;
    const char              *since;   /* first release of SRS that has it, or "ours" */
    const char              *example; /* a value for full.conf where there is no default */
    const char              *unit;    /* for the reader, where the type does not tell the unit */
    const char              *help;
};

struct conf_block {
    const struct directive *rows;
    size_t                  n_rows;
    bool                    unchecked; /* names that are not in `rows` are accepted */
    const char             *called;    /* name in error texts, where it is not the path: "http_stream" */

    /* For blocks of a list (STORE_BLOCKS): place of the word behind the name, and a function for values that depend on more
     * than one row. */
    bool   has_name;
    size_t name_at;
    void (*derive)(struct conf_fill *f, void *item, const struct conf_node *n);
};

#define CONF_STORE_OF(field) \
    _Generic((field), bool: STORE_BOOL, int: STORE_INT, enum time_jitter: STORE_INT, \
             enum conf_hls_on_error: STORE_INT, enum conf_hls_acodec: STORE_INT, enum conf_hls_vcodec: STORE_INT, \
             enum conf_hls_storage: STORE_INT, enum conf_hls_encryption: STORE_INT, int64_t: STORE_INT64, \
             double: STORE_DOUBLE, char *: STORE_STRING, struct conf_words: STORE_WORDS, \
             struct conf_commands: STORE_COMMANDS, struct conf_options: STORE_OPTIONS)

/* The field of a directive, in the struct of the list around it. */
#define CONF_FIELD(type, field) .store = CONF_STORE_OF(((type *)0)->field), .at = offsetof(type, field)

/* The fields of a list of blocks: an array of structs, and their number. */
#define CONF_BLOCKS(type, items, count) \
    .store = STORE_BLOCKS, .at = offsetof(type, items), .count_at = offsetof(type, count), \
    .item_size = sizeof *((type *)0)->items

/* The field for the word behind the block's name. */
#define CONF_NAMED(type, field) .has_name = true, .name_at = offsetof(type, field)

#define IN_CONF(field) .state = CONF_BUILT, CONF_FIELD(struct conf, field)
#define IN_VHOST(field) .state = CONF_BUILT, CONF_FIELD(struct conf_vhost, field)
#define SET_IN_VHOST(field) .set_at = offsetof(struct conf_vhost, field)

#define CONF_ROWS(array) .rows = (array), .n_rows = ARRAY_LEN(array)

extern const struct conf_block conf_root_block;

/* The families of rows, in directives_*.c. */
extern const struct conf_block conf_heartbeat_block, conf_stats_block, conf_circuit_breaker_block, conf_threads_block,
    conf_pithy_print_block, conf_exporter_block, conf_kafka_block, conf_cls_block, conf_apm_block;
extern const struct conf_block conf_http_api_block, conf_http_server_block;
extern const struct conf_block conf_rtmp_block, conf_rtmps_block, conf_rtsp_server_block, conf_rtc_server_block,
    conf_srt_server_block, conf_stream_caster_block;
extern const struct conf_block conf_vhost_block;
extern const struct conf_block conf_play_block, conf_publish_block, conf_refer_block, conf_security_block,
    conf_auth_block, conf_limits_block, conf_bandcheck_block, conf_vhost_tls_block;
extern const struct conf_block conf_cluster_block, conf_forward_block, conf_http_hooks_block;
extern const struct conf_block conf_http_static_block, conf_http_remux_block, conf_hls_block, conf_dash_block,
    conf_hds_block, conf_dvr_block;
extern const struct conf_block conf_vhost_rtc_block, conf_vhost_srt_block, conf_vhost_rtsp_block;
extern const struct conf_block conf_transcode_block, conf_ingest_block, conf_exec_block, conf_pictures_block,
    conf_relay_block;

/** The row of that name in a block, or NULL. */
const struct directive *conf_row(const struct conf_block *block, const char *name);

/** The row of a path such as "vhost.play.gop_cache", or NULL. */
const struct directive *conf_row_at(const char *path);

/** True when each block of the row's name counts, as an item of an array. */
static inline bool conf_row_is_list(const struct directive *row)
{
    return row->store == STORE_BLOCKS && (row->flags & CONF_REPEAT);
}

/** `path` and `name` joined: "vhost.play" and "gop_cache"; an empty path gives the name. Cut at `cap`. */
const char *conf_path_join(const char *path, const char *name, char *buf, size_t cap);

enum { CONF_PATH_MAX = 128 };

#endif
