/**
 * A view shows the segments of a stream in some form: HLS, DASH, HDS. Segments know nothing of views.
 *
 * One table (app/segment_views.c) names the views. A row says which vhosts want it, how it wants the stream to be cut and into
 * which lanes, and what it does when something has happened to the lanes. A new form is a folder and a row.
 *
 * Life       begin() when the stream is published and the vhost wants the view; tell() at each event; end() when the show is
 *            disposed of, or the vhost does not want the view any more
 * Yields     only recover(); no other function may
 */
#ifndef APP_SEGMENT_VIEW_H
#define APP_SEGMENT_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "app/segment/cutter.h"
#include "app/segment/event.h"
#include "core/attr.h"
#include "core/err.h"

struct cue;
struct http_exchange;
struct lane;
struct lane_kind;
struct plan;
struct segment;
struct show;
struct template_names;
struct viewing;

enum { VIEW_LANES_MAX = 10 };

/** How a view wants a stream to be cut. */
struct view_wish {
    struct cut_policy       policy;
    const struct lane_kind *lanes[VIEW_LANES_MAX]; /* lanes of the first tracks; ends with NULL */
    bool                    is_prompt;             /* Parts are wanted as soon as they can be made. */
};

/** Why a view of a show ends. */
enum view_end {
    VIEW_DISPOSED,   /* its time is over */
    VIEW_NOT_WANTED, /* the configuration does not ask for it any more, or it could not begin */
    VIEW_SERVER_ENDS,
    VIEW_GIVES_WAY, /* memory is short; files stay, as with the end of the server */
};

struct segment_view {
    const char *name;
    bool (*wanted)(const struct conf_vhost *vhost);
    void (*wish)(const struct conf_vhost *vhost, struct view_wish *wish);

    /** The template of the playlist (segment/template.h): a request for it makes an edge, a relay or an ingest fetch the stream. */
    const char *(*playlist)(const struct conf_vhost *vhost);

    /** True if the playlist of the stream, which has begun, lists a segment. */
    bool (*is_there)(const struct viewing *v);
    struct err *(*begin)(struct viewing *v);

    /** Continue what a former run of the server has left; called after begin() for a new show. It yields. NULL: nothing is left. */
    struct err *(*recover)(struct viewing *v);
    void (*tell)(struct viewing *v, enum segment_event event, struct lane *lane, struct segment *segment);

    /** A cue has got into the open segments. NULL: the view has no use for it. */
    void (*take_cue)(struct viewing *v, const struct cue *cue);

    /** The stream has one more track of sound: show->sounds has its bit. NULL: the view has no use for it. */
    void (*hear)(struct viewing *v, unsigned track);

    /**
     * False if the view must end and begin anew after a reload, because of what it cannot change while it runs: containers, names.
     * NULL: it can change everything.
     */
    bool (*fits)(const struct viewing *v);

    /** True if the lane's oldest segment is still shown. */
    bool (*keeps)(const struct viewing *v, const struct lane *lane, const struct segment *oldest);

    /** How long after the end of the publish the view ends; 0: never. */
    int64_t (*dispose_us)(const struct conf_vhost *vhost);
    void (*end)(struct viewing *v, enum view_end why);

    /**
     * Why the client may not have this file, which the HTTP server is about to send from a folder; NULL: it may, or the file is none of
     * the view's. The path is that of file_path_final().
     */
    struct err *(*refuse_file)(const struct conf_vhost *vhost, const char *path, const struct http_exchange *x);

    /** True if a file with such a path may be one of the stream's, whose names are in normal form. */
    bool (*has_file)(const struct conf_vhost *vhost, const char *path, const struct template_names *names);

    /** Segments that the disk refused, or that could not wait for it. NULL: the view does not count them. */
    uint64_t (*lost_files)(const struct viewing *v);
};

/** The table of views (app/segment_views.c), ended by NULL. */
extern const struct segment_view *const segment_views[];

/** How long segments of the vhost are to be. */
static inline int64_t view_fragment_us(const struct segment_view *view, const struct conf_vhost *vhost)
{
    struct view_wish w = { 0 };
    view->wish(vhost, &w);
    return w.policy.fragment_us;
}

/** One view of one show. */
struct viewing {
    const struct segment_view *by; /* NULL: not wanted */
    struct show               *show;
    struct plan               *plan;
    struct view_wish           wish;
    void                      *state;      /* of the view */
    bool                       has_failed; /* set by the view: it ends, until the next publish */
};

#endif
