/**
 * A loaded configuration: an immutable typed snapshot, counted.
 *
 * conf_load() (conf_load.h) builds it as a whole from file and environment. A reload builds another one, and the old one
 * is freed when its last user releases it. Only src/app includes this.
 *
 * Units      at the end of each name; absent directives have the defaults of the directive table
 * Ownership  conf_ref()/conf_unref(); strings and vhosts live as long as the snapshot
 * Yields     no
 */
#ifndef APP_CONF_CONF_H
#define APP_CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/log.h"

/** A list of words, as written. */
struct conf_words {
    char **items;
    size_t count;
};

/** Commands: a program and its arguments each. */
struct conf_commands {
    struct conf_words *items;
    size_t             count;
};

/** Options of a program, `NAME VALUE;` each; an option without a value has an empty one. */
struct conf_option {
    char *name, *value;
};
struct conf_options {
    struct conf_option *items;
    size_t              count;
};

enum time_jitter { TIME_JITTER_FULL, TIME_JITTER_ZERO, TIME_JITTER_OFF };

struct conf_play {
    bool             gop_cache;
    int              gop_cache_max_frames; /* 0: no limit */
    int64_t          queue_length_us;
    enum time_jitter time_jitter;
    bool             atc, atc_auto;
    bool             mix_correct;
    bool             mw_latency_set; /* written by the user and honoured; otherwise the server adapts */
    int64_t          mw_latency_us;
    bool             mw_msgs_set;
    int              mw_msgs;
    int64_t          send_min_interval_us;
    bool             reduce_sequence_header;
    int64_t          wait_us; /* ours: how long an RTMP player waits for a publisher */
    char            *vod;     /* ours: folder of the files that are played over RTMP; NULL: none */
};

struct conf_publish {
    bool    mr;
    int64_t mr_latency_us;
    int64_t firstpkt_timeout_us;
    int64_t normal_timeout_us;
    bool    parse_sps;
    bool    try_annexb_first;
    int64_t kickoff_for_idle_us; /* 0: never */
    bool    republish_takeover;  /* ours: publish { republish takeover; }; default off (busy) */
    int64_t hold_us;             /* ours: how long players wait for a publisher that has left; 0: not at all */
    char   *slate;               /* ours: the file that is shown while the publisher is away; "": none */
    char   *backup;              /* ours: the stream that replaces one whose publisher has left; "": none */
};

struct conf_refer {
    bool              enabled;
    bool              has_all, has_publish, has_play; /* written; without a domain it denies all */
    struct conf_words all, publish, play;
};

struct conf_security_rule {
    bool  allow, publish; /* otherwise deny, and play */
    char *who;            /* "all", an address or an IPv4/IPv6 CIDR */
};

struct conf_security {
    bool                       enabled;
    struct conf_security_rule *rules;
    size_t                     n_rules;
};

/* Who may publish and play without a backend. All of it is ours. */
struct conf_auth {
    bool              enabled;
    struct conf_words publish,
        play;                     /* schemes of which one is enough (conf/auth.h), or "all"; none refuses everybody */
    struct conf_commands users;   /* a name and a password each (protocol/token/password.h), checked */
    struct conf_words    secrets; /* any of them is good, so that they can be changed one after the other */
    char                *secure_link;       /* the expression of nginx; empty: none */
    int64_t              auth_key_valid_us; /* how long a link of Alibaba's form is good after the time in it */
    struct conf_words    jwt_keys;          /* PEM files of public keys */
    char                *jwt_param, *jwt_issuer, *jwt_audience; /* the last two: empty, if any is good */
};

/** Bounds of the clients of a vhost; 0: none. All of it is ours. */
struct conf_limits {
    bool    enabled;
    int     connections_per_ip, new_connections_per_ip; /* at a time; in a second */
    int     players, players_per_stream, players_per_ip;
    int     publishers, publishers_per_ip;
    int     publisher_kbps;
    int64_t publisher_kbps_over_us;
    int     wrong_passwords_per_ip; /* in a minute */
    int64_t wrong_passwords_ban_us;
};

/** A bandwidth test over RTMP, of all clients of the vhost. */
struct conf_bandcheck {
    bool    enabled;
    char   *key; /* empty: none is asked for */
    int64_t interval_us;
    int     limit_kbps;
};

/** Ports for TLS: HTTPS, RTMPS. */
struct conf_https {
    bool              enabled;
    struct conf_words listen;
    char             *key, *cert; /* paths of PEM files */
};

struct conf_http_api {
    bool              enabled;
    struct conf_words listen;
    bool              crossdomain;
    struct conf_https https;
    bool              jsonp_delete;  /* ours: a GET may end a client */
    struct conf_words trusted_hosts; /* ours: names of hosts, in any case; ".name" means all names below it; "any" */
    bool              raw_api, raw_api_reload;       /* /api/v1/raw is served; it may reload */
    bool              raw_api_query, raw_api_update; /* it and /api/v1/config may show, and change, the configuration */
    bool              auth;
    char             *username, *password;
};

struct conf_http_server {
    bool              enabled;
    struct conf_words listen;
    char             *dir;
    bool              crossdomain;
    struct conf_https https;
};

/** Regular reports to an HTTP server. */
struct conf_heartbeat {
    bool    enabled;
    int64_t interval_us;
    char   *url, *device_id; /* device_id empty: none */
    bool    summaries, ports;
};

/** The event bus by Kafka. */
struct conf_kafka {
    bool              enabled;
    struct conf_words brokers;
    char             *topic;
    char             *journal; /* a folder; empty: there is none */
    bool              tls, tls_verify;
    char             *tls_ca;             /* a PEM file; empty: the certificates of the system */
    char             *tls_cert, *tls_key; /* PEM files of this client; empty: none */
    char             *sasl;               /* a mechanism; empty: no login */
    char             *user, *password;
};

/** Metrics for Prometheus. */
struct conf_exporter {
    bool              enabled;
    struct conf_words listen;
    char             *label, *tag; /* empty: none */
    int               streams;     /* ours: streams that have metrics of their own */
};

struct conf_stats {
    bool              enabled;
    int               network; /* index of a local address */
    struct conf_words disk;    /* names of devices */
};

struct conf_http_static {
    bool  enabled;
    char *mount, *dir;
};

struct conf_http_remux {
    bool    enabled;
    char   *mount;
    int64_t fast_cache_us;
    int64_t wait_us; /* ours: how long a player waits for a publisher; 0: not at all */
    bool    drop_if_not_match, has_audio, has_video, guess_has_av;
};

/** Ours: the certificate for clients that ask for the vhost by name (SNI). Both empty: that of the port. */
struct conf_vhost_tls {
    char *key, *cert; /* paths of PEM files */
};

/** How ffmpeg makes one output: `transcode` has any number of engines, `ingest` at most one. */
struct conf_engine {
    char               *name;
    bool                enabled;
    struct conf_options perfile, vfilter, vparams, aparams;
    char               *iformat, *oformat; /* "off" leaves it to ffmpeg */
    char               *vcodec, *acodec;   /* empty, a codec, "copy", "vn" or "an" */
    int                 vbitrate_kbps, abitrate_kbps;
    double              vfps;
    int                 vwidth, vheight, vthreads;
    char               *vprofile, *vpreset;
    int                 asample_rate, achannels;
    char               *output;
};

struct conf_transcode {
    char               *scope; /* empty: all streams of the vhost; "app"; "app/stream" */
    bool                enabled;
    char               *ffmpeg;
    struct conf_engine *engines;
    size_t              n_engines;
};

enum conf_ingest_type { CONF_INGEST_UNKNOWN = -1, CONF_INGEST_FILE, CONF_INGEST_STREAM };

struct conf_ingest {
    char                 *id;
    bool                  enabled;
    enum conf_ingest_type type;
    char                 *url, *ffmpeg;
    bool                  on_demand; /* It runs while its stream has players. */
    int64_t               linger_us; /* after the last of them */
    struct conf_engine   *engines;
    size_t                n_engines;
};

/** Ours: a stream that is pulled from another server. */
struct conf_relay {
    char             *name; /* "app/stream"; empty: the names in the first URL (relay.h) */
    bool              enabled;
    struct conf_words urls; /* the first one is tried first */
    bool              on_demand;
    int64_t           linger_us, timeout_us;
    bool              tls_verify;
    char             *tls_ca; /* a PEM file; empty: the certificates of the system */
};

/* The URLs of each event, and how they are called. */
struct conf_hooks {
    bool              enabled;
    struct conf_words on_connect, on_close, on_publish, on_unpublish, on_play, on_stop, on_dvr, on_hls, on_hls_notify,
        on_update, on_batch;              /* ours */
    int64_t           update_interval_us; /* ours */
    int64_t           timeout_us;         /* ours: of one call */
    bool              tls_verify;         /* ours */
    char             *tls_ca;             /* ours: a PEM file; empty: the certificates of the system */
    char             *secret;             /* ours: signs the calls; empty: they are not signed */
    int               batch_events;       /* ours */
    int64_t           batch_us;           /* ours */
    struct conf_words timeouts;           /* ours: EVENT=SECONDS, where an event has another one */
    bool              answers_act;        /* ours: answers may redirect, rename and limit */
    struct conf_words fail_open;          /* ours: events that let a client in when no backend can be asked */
    char             *journal;            /* ours: folder of the journal of notices; empty: there is none */
    int               journal_mb;         /* ours: MiB of its files */
    int64_t           journal_age_us;     /* ours */
};

/* Servers from which an edge takes its streams. */
struct conf_cluster {
    int               mode;                           /* enum conf_cluster_mode */
    int               protocol;                       /* enum conf_cluster_protocol */
    struct conf_words origins;                        /* host[:port]; the first one is tried first */
    char             *vhost;                          /* for the origin; [vhost] is the one here */
    int64_t           linger_us, timeout_us, hold_us; /* ours */
    int               origin_choice;                  /* ours: enum conf_origin_choice */
    bool              backup_pull;                    /* ours: a second origin stands by */
    bool              tls_verify;                     /* ours */
    char             *tls_ca;                         /* ours: a PEM file; empty: the certificates of the system */
    bool              follow_client;                  /* by the player's protocol (edge/origin_place.h) */
    int               other_port;                     /* ours: 0: the default one (edge/origin_place.h) */
    bool              common_segments;                /* ours (source/wall.h) */
    bool              origin_cluster;
    struct conf_words coworkers;         /* host[:port] of the API of other origins (cluster/coworkers.h) */
    int               publish_elsewhere; /* ours: enum conf_cluster_elsewhere */
    char             *directory;         /* ours: the URL of Redis (protocol/redis/place.h); empty: there is none */
    char             *directory_host;    /* ours: this server's name in it; empty: its address */
    bool              debug_srs_upnode;  /* tell origins who this server is */
    bool              token_traverse;    /* an origin decides about players; never on unless mode is remote */
};

enum conf_origin_choice { CONF_ORIGINS_ORDERED, CONF_ORIGINS_HASHED };

/* What happens to a publisher of a stream that a coworker has. */
enum conf_cluster_elsewhere { CONF_ELSEWHERE_ALLOW, CONF_ELSEWHERE_REFUSE, CONF_ELSEWHERE_TAKEOVER };

enum conf_cluster_mode { CONF_CLUSTER_LOCAL, CONF_CLUSTER_REMOTE };
enum conf_cluster_protocol { CONF_CLUSTER_RTMP, CONF_CLUSTER_FLV, CONF_CLUSTER_FLVS, CONF_CLUSTER_RTMPS };

/* Servers to which streams are pushed. */
struct conf_forward {
    bool              enabled;
    struct conf_words destinations; /* app/forward/destination.h */
    char             *backend;      /* a URL; empty: none. Otherwise `destinations` do not count */
    bool              tls_verify;   /* ours: of rtmps destinations */
    char             *tls_ca;       /* ours: a PEM file; empty: the certificates of the system */
};

struct conf_exec {
    bool                 enabled;
    struct conf_commands publish;
};

enum conf_caster_kind {
    CONF_CASTER_UNKNOWN = -1,
    CONF_CASTER_MPEGTS_OVER_UDP,
    CONF_CASTER_FLV,
    CONF_CASTER_GB28181,
};

/** Another way in for streams, which are then published to `output`. */
struct conf_stream_caster {
    bool                  enabled;
    enum conf_caster_kind kind;
    char                 *output;
    struct conf_words     listen;            /* endpoints; of MPEG-TS over UDP the address may be a multicast group */
    struct conf_words     multicast_sources; /* ours: the only senders that are heard; empty: all */
    char *multicast_interface; /* ours: the name of the interface on which a group is joined; "": the route */
    struct {
        bool    enabled;
        int     listen; /* a port */
        int64_t timeout_us, reinvite_us;
        char   *candidate;
    } sip;
};

/* What an error of HLS, such as a full disk, does to the stream. */
enum conf_hls_on_error {
    CONF_HLS_CONTINUE,   /* the stream and HLS from memory go on; files are tried again with the next segment */
    CONF_HLS_IGNORE,     /* the stream goes on without HLS until the next publish */
    CONF_HLS_DISCONNECT, /* the publisher is disconnected */
};

/* The codec that is announced until the stream tells its own. CONF_HLS_NO_AUDIO and CONF_HLS_NO_VIDEO leave that kind out. */
enum conf_hls_acodec { CONF_HLS_AAC, CONF_HLS_MP3, CONF_HLS_NO_AUDIO };
enum conf_hls_vcodec { CONF_HLS_H264, CONF_HLS_H265, CONF_HLS_NO_VIDEO };

enum conf_hls_storage { CONF_HLS_BOTH, CONF_HLS_MEMORY, CONF_HLS_DISK };

enum conf_hls_encryption { CONF_HLS_AES_128, CONF_HLS_CBCS };

/* Paths of files are templates, see segment/template.h. */
struct conf_hls {
    bool                     enabled;
    int64_t                  fragment_us;
    double                   td_ratio, aof_ratio; /* aof_ratio is never the smaller one */
    int64_t                  window_us;
    enum conf_hls_on_error   on_error;
    char                    *path; /* directory of all files; no variables */
    char                    *m3u8_file, *ts_file;
    bool                     ts_floor;
    char                    *entry_prefix; /* empty: none */
    enum conf_hls_acodec     acodec;
    enum conf_hls_vcodec     vcodec;
    bool                     cleanup;
    int64_t                  dispose_us; /* 0: never */
    int                      nb_notify;  /* bytes */
    bool                     wait_keyframe, dts_directly;
    bool                     ctx, ts_ctx;
    bool                     keys;
    int                      fragments_per_key;
    char                    *key_file;
    char                    *key_file_path; /* `path` if the file does not say */
    char                    *key_url;       /* a prefix, with the slash that the user may have left out; empty: none */
    bool                     use_fmp4;
    char                    *fmp4_file, *init_file;
    bool                     recover;
    bool                     master_m3u8_path_relative;
    enum conf_hls_storage    storage;      /* ours */
    bool                     ll;           /* ours */
    int64_t                  part_us;      /* ours: with ll, never above fragment_us */
    struct conf_words        variants;     /* ours: suffixes of stream names, checked */
    int64_t                  timeshift_us; /* ours; 0: off */
    enum conf_hls_encryption encryption;   /* ours: of `keys` */
};

struct conf_dash {
    bool    enabled;
    int64_t fragment_us;
    int64_t update_period_us;
    int64_t timeshift_us;
    int     window_size; /* segments */
    char   *path;        /* directory of all files; no variables */
    char   *mpd_file;
    bool    cleanup;
    int64_t dispose_us; /* 0: never */
    bool    ll;         /* ours */
};

struct conf_hds {
    bool    enabled;
    int64_t fragment_us;
    int64_t window_us;
    char   *path; /* directory of all files; no variables */
};

enum conf_dvr_plan { CONF_DVR_UNKNOWN = -1, CONF_DVR_SESSION, CONF_DVR_SEGMENT, CONF_DVR_APPEND };

struct conf_dvr {
    bool               enabled;
    struct conf_words  apply; /* "all", or streams as app/stream */
    char              *path;  /* a template, see dvr/names.h */
    enum conf_dvr_plan plan;
    int64_t            duration_us;
    bool               wait_keyframe;
    enum time_jitter   time_jitter;
    bool               align;       /* this one and those below are ours */
    int64_t            keep_age_us; /* 0: of any age; likewise the next two */
    int64_t            keep_size_mb, keep_free_mb;
    int64_t            preroll_us;
};

/* Ours: pictures that are written to files. */
struct conf_pictures {
    bool    enabled;
    int64_t interval_us;
    char   *path;          /* a template, see segment/template.h */
    int     width, height; /* 0: the other side, or the video, decides */
    char   *sheet;         /* a template: a sheet of small pictures; "": none */
};

enum conf_ip_family { CONF_IPV4, CONF_IPV6, CONF_IP_ALL };
enum conf_dtls_role { CONF_DTLS_PASSIVE, CONF_DTLS_ACTIVE };
enum conf_dtls_version { CONF_DTLS_AUTO, CONF_DTLS_1_0, CONF_DTLS_1_2 };

/* The circuit breaker (app/rtc/breaker.h): percent of the loop's time, and seconds. */
struct conf_breaker {
    bool enabled;
    int  high_threshold, high_pulse;
    int  critical_threshold, critical_pulse;
    int  dying_threshold, dying_pulse;
};

enum conf_rtc_protocol { CONF_RTC_UDP, CONF_RTC_TCP, CONF_RTC_ALL };

/* ICE over TCP. */
struct conf_rtc_tcp {
    bool              enabled;
    struct conf_words listen;
};

/* The ports of WebRTC, and how clients are told of them. */
struct conf_rtc_server {
    bool                 enabled;
    struct conf_words    listen; /* UDP endpoints */
    struct conf_rtc_tcp  tcp;
    int                  protocol;  /* enum conf_rtc_protocol: transports of the candidates */
    char                *candidate; /* as written: "*", an address, a name, with a port or not, "$VARIABLE" */
    bool                 detects;
    int                  ip_family;                                    /* enum conf_ip_family */
    bool                 host_is_candidate, resolves_host, keeps_host; /* of the API's request */
    bool                 ecdsa, encrypt;
    bool                 merge_nalus;
    struct conf_commands ice_servers; /* ours: URL, or URL, user and password each, checked */
    bool                 black_hole;
    char                *black_hole_addr; /* ip:port, as written */
};

/* WebRTC in a vhost. */
struct conf_rtc {
    bool    enabled;
    bool    nack, twcc;
    bool    red; /* ours */
    int64_t stun_timeout_us;
    bool    stun_strict_check;
    int     dtls_role;    /* enum conf_dtls_role */
    int     dtls_version; /* enum conf_dtls_version */
    int     drop_for_pt;  /* 0: none */
    bool    rtmp_to_rtc, rtc_to_rtmp;
    bool    keep_bframe, keep_avc_nalu_sei;
    int     opus_bitrate, aac_bitrate; /* bit/s */
    int64_t pli_for_rtmp_us;
};

struct conf_vhost {
    char                   *name;
    bool                    enabled;
    int                     chunk_size;
    bool                    min_latency;
    bool                    tcp_nodelay;
    bool                    tcp_nodelay_set; /* written by the user; otherwise it is on */
    int                     in_ack_size, out_ack_size;
    int64_t                 delay_us;    /* ours; 0: none */
    struct conf_words       delay_apply; /* ours: "all", or streams as app/stream */
    struct conf_play        play;
    struct conf_publish     publish;
    struct conf_refer       refer;
    struct conf_security    security;
    struct conf_auth        auth;
    struct conf_limits      limits;
    struct conf_bandcheck   bandcheck;
    struct conf_http_static http_static;
    struct conf_http_remux  http_remux;
    struct conf_vhost_tls   tls;
    struct conf_transcode  *transcodes;
    size_t                  n_transcodes;
    struct conf_ingest     *ingests;
    size_t                  n_ingests;
    struct conf_relay      *relays;
    size_t                  n_relays;
    struct conf_hooks       hooks;
    struct conf_cluster     cluster;
    struct conf_forward     forward;
    struct conf_exec        exec;
    struct conf_hls         hls;
    struct conf_dash        dash;
    struct conf_hds         hds;
    struct conf_dvr         dvr;
    struct conf_pictures    snapshot;
    struct conf_rtc         rtc;

    int64_t history_us; /* derived: how far before the live end a player of this vhost may begin, whatever its GOPs */
};

struct conf_tree;

struct conf {
    int                 refs;
    uint64_t            serial; /* unique among the snapshots of this process */
    char               *path;   /* path of the file; empty in environment-only mode */
    bool                env_only;
    struct conf_words   listen;     /* RTMP endpoints, validated, as written */
    bool                reuse_port; /* ours, default off: share listen ports with another process */
    bool                io_uring;   /* ours, default on: write to many players by one system call */
    int                 max_connections;
    int                 newcomers_per_ip; /* 0: any number */
    char               *memory_limit;     /* ours: validated, as written (conf/size.h) */
    char               *pid;
    int                 chunk_size;
    bool                daemon_overruled; /* written `on`, but this is a container */
    bool                daemon;           /* off already where a container overrules it */
    bool                asprocess;
    char               *work_dir;
    bool                utc_time;
    char               *server_id; /* empty: taken from the .id file, or random */
    struct log_settings log;
    int64_t             pithy_print_us;
    char               *ff_log_dir, *ff_log_level; /* of programs of ffmpeg */
    int64_t             grace_start_wait_us, grace_final_wait_us;
    bool                force_grace_quit;
    bool                empty_ip_ok;
    struct conf_words   trusted_proxies; /* ours: addresses and ranges, validated; "none": there is none */
    bool proxy_protocol;      /* ours, default off: connections of trusted proxies may begin with a PROXY header */
    bool inotify_auto_reload; /* with auto_reload_for_docker applied */
    bool in_docker;
    struct conf_http_api    http_api;
    struct conf_http_server http_server;
    struct conf_https       rtmps;
    struct conf_rtc_server  rtc_server;
    struct conf_breaker     breaker;
    struct conf_exporter    exporter;
    struct conf_kafka       kafka;
    struct conf_heartbeat   heartbeat;
    struct conf_stats       stats;
    struct conf_vhost      *vhosts;
    size_t                  n_vhosts;

    struct conf_stream_caster *stream_casters;
    size_t                     n_stream_casters;
    struct conf_words          casters_udp, casters_http; /* derived: endpoints of those that are on */

    struct conf_tree
        *tree; /* the directives as written, and the memory of all the above; for app/conf, and /api/v1/config */
};

struct conf *conf_ref(struct conf *c);
void         conf_unref(struct conf **c);

/**
 * The vhost that serves requests for `name`: an exact match, else a match without regard to case, else
 * `__defaultVhost__`, else NULL. A disabled vhost is returned as well, without a fallback: the caller refuses.
 */
const struct conf_vhost *conf_find_vhost(const struct conf *c, const char *name);

/** The vhost of this very name, whoever it serves. NULL: the configuration has none. */
const struct conf_vhost *conf_vhost_named(const struct conf *c, const char *name);

/** True if this word is in the list. */
bool conf_words_has(const struct conf_words *words, const char *word);

/** True when the API is served on the ports of the HTTP server: the words of `listen` are the same in both. */
bool conf_http_is_shared(const struct conf *conf);

/** The endpoints of HTTP or HTTPS that ICE over TCP shares, because its own are the same; NULL: it has ports of its own, or is off. */
const struct conf_words *conf_rtc_tcp_host(const struct conf *conf);

#endif
