/**
 * DASH as a view of the segments of a stream. Its row is in app/segment_views.c.
 */
#ifndef APP_DASH_VIEW_H
#define APP_DASH_VIEW_H

#include "app/segment/view.h"

extern const struct segment_view dash_view;

#endif
