/**
 * HDS as a view of the segments of a stream. Its row is in app/segment_views.c.
 */
#ifndef APP_HDS_VIEW_H
#define APP_HDS_VIEW_H

#include "app/segment/view.h"

extern const struct segment_view hds_view;

#endif
