/**
 * The handle of a connection, for the files of this folder alone.
 */
#ifndef SRS_RTMP_HANDLE_H
#define SRS_RTMP_HANDLE_H

#include <stdbool.h>

#include "core/attr.h"
#include "kernel/frame_make.h"
#include "protocol/rtmp/client.h"
#include "protocol/rtmp/receive_buffer.h"
#include "srs_rtmp/srs_rtmp.h"

enum { HANDLE_ERROR_MAX = 1024 };

enum handle_stage { HANDLE_NEW, HANDLE_CONNECTED, HANDLE_PLAYS, HANDLE_PUBLISHES, HANDLE_OVER };

struct srs_rtmp {
    struct rtmp_client         client;
    struct rtmp_receive_buffer buffer; /* where client.link reads into */
    enum handle_stage          stage;
    enum srs_rtmp_result       ended_by; /* the result of all further calls, after HANDLE_OVER */
    int                        timeout_ms;
    int64_t                    deadline_us;                        /* of the call that runs */
    char                      *url, *page_url, *swf_url, *ca_file; /* NULL: none */
    bool                       trusts_any;
    struct frame              *read;  /* the packet that the caller of srs_rtmp_read() borrows; NULL: none */
    struct frame_maker         maker; /* for srs_rtmp_write_frame() */
    uint8_t                   *kept;  /* NAL units before a picture that has not come; NULL: none so far */
    size_t                     kept_len;
    char                       error[HANDLE_ERROR_MAX];
};

/** The handle of an io: each io of the library is in one. */
static inline struct srs_rtmp *handle_of(struct io *io)
{
    return CONTAINER_OF(io, struct srs_rtmp, client.io);
}

/** Set, and return, the deadline of a call that begins now. */
int64_t handle_deadline(struct srs_rtmp *c);

/** Keep the words of an error, end the connection, and return the result that the error means. Takes `e`; NULL is SRS_RTMP_OK. */
enum srs_rtmp_result handle_end(struct srs_rtmp *c, struct err *e);

/** The same, but the connection goes on. */
enum srs_rtmp_result handle_fail(struct srs_rtmp *c, struct err *e);

/** Check that the handle is at that stage; otherwise the result is that of the call. */
enum srs_rtmp_result handle_expect(struct srs_rtmp *c, enum handle_stage stage, const char *call) ATTR_MUST_USE;

#endif
