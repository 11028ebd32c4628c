/**
 * HLS as a view of a stream's segments (segment/view.h). Its row is in app/segment_views.c.
 */
#ifndef APP_HLS_VIEW_H
#define APP_HLS_VIEW_H

#include "app/segment/view.h"

extern const struct segment_view hls_view;

#endif
