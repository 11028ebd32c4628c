/**
 * The client library: publish to an RTMP server, play from one, read and write FLV files.
 *
 *     struct srs_rtmp *c = srs_rtmp_create("rtmp://127.0.0.1/live/livestream");
 *     if (!c || srs_rtmp_connect(c) || srs_rtmp_play(c))
 *         fail(srs_rtmp_error(c));
 *     struct srs_rtmp_packet p;
 *     while (srs_rtmp_read(c, &p) == SRS_RTMP_OK)
 *         ...                                       p.data lives until the next call for c
 *     srs_rtmp_destroy(c);
 *
 * A publisher calls srs_rtmp_publish() in place of srs_rtmp_play(), and then srs_rtmp_write() for each packet. A packet is the body
 * of an FLV tag, which is the payload of an RTMP message as well, so packets go unchanged from files to connections and back.
 * srs_rtmp_write_frame() takes frames as encoders make them (H.264 with start codes, AAC in ADTS ...).
 *
 * Calls block. Each ends after the timeout of its connection at the latest; only the resolver of the system, which is asked for a
 * name, may take longer.
 *
 * Threads    A handle belongs to one thread at a time; different handles may be used in different threads. The library begins no
 *            thread, keeps no state beside its handles but a count of bytes, sets no signal handler, prints nothing; its sockets raise no
 *            SIGPIPE
 * Ownership  texts and bytes that a call returns belong to the handle, and live until the next call for the same handle
 * Units      milliseconds, as in FLV and RTMP; times of packets wrap at 32 bits
 * Source     RTMP 1.0; Adobe FLV 10.1, Annex E; Enhanced RTMP v2
 */
#ifndef SRS_RTMP_H
#define SRS_RTMP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How a call ended. A connection goes on after OK, ENDED, BAD_USE, and where a call says so; after other results it is over. */
enum srs_rtmp_result {
    SRS_RTMP_OK = 0,
    SRS_RTMP_ENDED, /* The file is at its end; or the stream has ended, and the connection waits for it to begin again. */
    SRS_RTMP_TIMED_OUT, /* Nothing came in time. */
    SRS_RTMP_CLOSED,    /* The server has closed the connection. */
    SRS_RTMP_REFUSED,   /* The server refuses; srs_rtmp_error() has its words. */
    SRS_RTMP_MOVED,     /* The server sends the client to another URL: srs_rtmp_moved_to(). */
    SRS_RTMP_FAILED,    /* The network, TLS or the file system; of files, errno tells more. */
    SRS_RTMP_BAD_DATA,  /* The bytes that came or were given are malformed. */
    SRS_RTMP_BAD_USE,   /* The URL or an argument is not allowed, or the call does not fit the state of the handle. */
    SRS_RTMP_NO_MEMORY,
};

/** A few words for a result. */
const char *srs_rtmp_result_text(enum srs_rtmp_result result);

/* ---- packets ---- */

/** Adobe FLV 10.1, E.4.1, TagType; RTMP 1.0, 7.1: the same numbers. */
enum srs_rtmp_type { SRS_RTMP_AUDIO = 8, SRS_RTMP_VIDEO = 9, SRS_RTMP_SCRIPT = 18 };

/** The longest packet, whose length has 24 bits; and the longest script that is published, with room for @setDataFrame. */
#define SRS_RTMP_PACKET_MAX 0xFFFFFF
#define SRS_RTMP_SCRIPT_MAX (SRS_RTMP_PACKET_MAX - 16)

/** The body of an FLV tag with its type and time. */
struct srs_rtmp_packet {
    uint8_t        type; /* enum srs_rtmp_type */
    uint32_t       time_ms;
    const uint8_t *data;
    size_t         len;
};

/** What is in a packet of audio or video. */
struct srs_rtmp_media {
    const char *codec;     /* "H264", "HEVC", "AAC" ...; a constant; "Other" if it is unknown */
    int         is_config; /* The packet configures the decoder (a sequence header). */
    int         is_key;    /* video: A player may start with this picture. */
    int32_t     cts_ms;    /* video: presentation time minus time_ms */
    const uint8_t
          *bytes; /* the codec's own bytes within the packet, in the form of FLV: NAL units with lengths, raw AAC */
    size_t len;
};

/** Describe a packet of audio or video. An empty one has the codec "None". BAD_DATA: its head is malformed, or its codec unknown. */
enum srs_rtmp_result srs_rtmp_describe(const struct srs_rtmp_packet *packet, struct srs_rtmp_media *media);

/** A property of metadata: a number, or, if `text` is not NULL, a text. */
struct srs_rtmp_property {
    const char *name, *text;
    double      number;
};

/**
 * Write onMetaData (Adobe FLV 10.1, E.5) as the body of a packet of type SRS_RTMP_SCRIPT.
 *
 * Returns    its length; 0 if it is longer than `cap`
 */
size_t srs_rtmp_metadata_write(uint8_t *body, size_t cap, const struct srs_rtmp_property *properties, size_t count);

/** Look a number up in a packet with onMetaData. BAD_DATA: it is another packet, or has no number of this name. */
enum srs_rtmp_result srs_rtmp_metadata_number(const struct srs_rtmp_packet *packet, const char *name, double *number);

/** The same for a text, which is terminated, and cut at `cap`. */
enum srs_rtmp_result srs_rtmp_metadata_text(const struct srs_rtmp_packet *packet, const char *name, char *text,
                                            size_t cap);

/* ---- connections ---- */

struct srs_rtmp;

/**
 * Make a handle for one connection. No packet is sent.
 *
 * Shape      rtmp://[user:password@]host[:port]/app/stream[?parameters], or rtmps://
 * Returns    NULL without memory. A URL that is not allowed is an error of srs_rtmp_connect().
 */
struct srs_rtmp *srs_rtmp_create(const char *url);

/** Close the connection at once and free the handle, which may be NULL. srs_rtmp_close() before it ends a stream in good order. */
void srs_rtmp_destroy(struct srs_rtmp *c);

/** The longest time that a call may take; 1 ms at least. SRS_RTMP_TIMEOUT_MS unless it is set. */
#define SRS_RTMP_TIMEOUT_MS 30000
void srs_rtmp_set_timeout(struct srs_rtmp *c, int timeout_ms);

/** The pageUrl and swfUrl of connect, by which some servers admit clients; "" unless they are set. BAD_USE after connect. */
enum srs_rtmp_result srs_rtmp_set_page(struct srs_rtmp *c, const char *page_url, const char *swf_url);

/** rtmps: trust the certificates in this PEM file in place of those of the system. BAD_USE after connect. */
enum srs_rtmp_result srs_rtmp_set_ca_file(struct srs_rtmp *c, const char *path);

/** rtmps: trust every server. Whoever is between both can read and change the stream. */
void srs_rtmp_trust_any(struct srs_rtmp *c);

/** Resolve the name, connect the socket, begin TLS, make the handshake and call connect of RTMP. */
enum srs_rtmp_result srs_rtmp_connect(struct srs_rtmp *c);

/** Play the stream of the URL; live streams only. Returns when the server has accepted or sends media. */
enum srs_rtmp_result srs_rtmp_play(struct srs_rtmp *c);

/** Publish the stream of the URL. Returns when the server has accepted. */
enum srs_rtmp_result srs_rtmp_publish(struct srs_rtmp *c);

/**
 * Wait for the next packet of the played stream.
 *
 * Returns    SRS_RTMP_ENDED      the stream has ended; a further call waits until it begins again
 *            SRS_RTMP_TIMED_OUT  no whole packet came in time; the call may be repeated, and nothing is lost
 *            SRS_RTMP_CLOSED, REFUSED, MOVED, FAILED, BAD_DATA, NO_MEMORY; BAD_USE: it does not play
 */
enum srs_rtmp_result srs_rtmp_read(struct srs_rtmp *c, struct srs_rtmp_packet *packet);

/**
 * Send a packet of the published stream, and handle what the server has said meanwhile. The caller keeps the pace: packets are sent
 * as fast as the server takes them. Metadata is sent as encoders do, with @setDataFrame before it.
 *
 * Returns    SRS_RTMP_TIMED_OUT  the server has not taken all of it in time; the connection is over
 *            SRS_RTMP_CLOSED, REFUSED, MOVED, FAILED, BAD_DATA, NO_MEMORY; BAD_USE: it does not publish, or the type is unknown
 */
enum srs_rtmp_result srs_rtmp_write(struct srs_rtmp *c, const struct srs_rtmp_packet *packet);

/**
 * End the stream in good order, wait until the server has received everything and closes, at most for the timeout, and close. The
 * handle can only be destroyed then.
 *
 * Returns    OK, also if the server did not close in time; the result that ended the connection, if it was over before
 */
enum srs_rtmp_result srs_rtmp_close(struct srs_rtmp *c);

/** What the last call that failed was doing, and why: "" if none has. Of NULL "out of memory". */
const char *srs_rtmp_error(const struct srs_rtmp *c);

/** The URL after SRS_RTMP_MOVED, otherwise NULL. A new handle connects to it. */
const char *srs_rtmp_moved_to(const struct srs_rtmp *c);

/** What the server says of itself in its answer to connect; "" and -1 if it does not. */
struct srs_rtmp_server {
    const char *name, *ip, *id; /* software, address, id of this connection in its log */
    int64_t     pid;
};
void srs_rtmp_get_server(const struct srs_rtmp *c, struct srs_rtmp_server *server);

/** Bytes of RTMP that were received and sent so far. */
void srs_rtmp_get_traffic(const struct srs_rtmp *c, int64_t *received, int64_t *sent);

/* ---- frames of encoders ---- */

enum srs_rtmp_codec { SRS_RTMP_H264, SRS_RTMP_HEVC, SRS_RTMP_AAC, SRS_RTMP_MP3 };

/**
 * Send what an encoder has made. Configurations are found in the bytes and sent as packets of their own, at first and when they
 * change.
 *
 * Shape      H264, HEVC: one access unit with start codes (Annex B), with all its slices, and with parameter sets before key frames.
 *            What comes before the slices may come in calls of its own, and is sent with them. AAC: one or more frames with ADTS
 *            headers. MP3: one or more frames
 * Units      dts_ms: decoding time; pts_ms: presentation time, for audio the same. They do not wrap; sent times do
 * Returns    as srs_rtmp_write(); BAD_DATA: the bytes have another shape, and the connection goes on
 */
enum srs_rtmp_result srs_rtmp_write_frame(struct srs_rtmp *c, enum srs_rtmp_codec codec, int64_t dts_ms, int64_t pts_ms,
                                          const uint8_t *bytes, size_t len);

/* ---- FLV files ---- */

struct srs_rtmp_flv;

/** Open a file to read it. BAD_DATA: it is no FLV. *file is NULL after an error. */
enum srs_rtmp_result srs_rtmp_flv_open(struct srs_rtmp_flv **file, const char *path);

/** Make a file to write to, or empty one that exists. *file is NULL after an error. */
enum srs_rtmp_result srs_rtmp_flv_create(struct srs_rtmp_flv **file, const char *path);

/**
 * Read the next packet.
 *
 * Returns    SRS_RTMP_ENDED     there is none, or the last one is cut
 *            SRS_RTMP_BAD_DATA  the file cannot be read any further
 *            FAILED, NO_MEMORY; BAD_USE: the file is being written
 */
enum srs_rtmp_result srs_rtmp_flv_read(struct srs_rtmp_flv *file, struct srs_rtmp_packet *packet);

/** Write a packet behind the others. FAILED: the disk is full, for example; BAD_USE: the file is being read, or a wrong type. */
enum srs_rtmp_result srs_rtmp_flv_write(struct srs_rtmp_flv *file, const struct srs_rtmp_packet *packet);

/** Read again from the first packet. FAILED: it is a pipe. */
enum srs_rtmp_result srs_rtmp_flv_rewind(struct srs_rtmp_flv *file);

/**
 * Close the file and free the handle, which may be NULL. A file that was written gets a header that announces the kinds that are in
 * it. FAILED: not all of it was written.
 */
enum srs_rtmp_result srs_rtmp_flv_close(struct srs_rtmp_flv *file);

#ifdef __cplusplus
}
#endif

#endif
