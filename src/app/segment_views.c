/* The forms in which the segments of a stream are shown. A new form is a new row. */
#include "app/dash/view.h"
#include "app/hds/view.h"
#include "app/hls/view.h"
#include "app/segment/view.h"

const struct segment_view *const segment_views[] = {
    &hls_view,
    &dash_view,
    &hds_view,
    NULL,
};
