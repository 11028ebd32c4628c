/* The features that work on a stream beside its players, in the order in which they start. A new feature is a new row. */
#include "app/cluster/directory.h"
#include "app/cluster/find.h"
#include "app/cluster/waiting.h"
#include "app/dvr/dvr.h"
#include "app/edge/edge.h"
#include "app/edge/push_attend.h"
#include "app/exec/exec.h"
#include "app/forward/forward.h"
#include "app/hold/hold.h"
#include "app/ingest/on_demand.h"
#include "app/relay/relay.h"
#include "app/segment/segmenter.h"
#include "app/snapshot/snapshot.h"
#include "app/sound/bridge.h"
#include "app/source/attend.h"
#include "app/transcode/transcode.h"

/* clang-format off */
const struct attendant attendants[] = {
    { .name = "ingest", .begins_with = MOMENT_FIRST_READER, .wanted = on_demand_is_wanted, .brings = on_demand_brings, .run = on_demand_run },
    { .name = "hold", .begins_with = MOMENT_PUBLISHED, .wanted = hold_is_wanted, .run = hold_run },
    { .name = "relay", .begins_with = MOMENT_FIRST_READER, .wanted = relay_is_wanted, .brings = relay_brings, .run = relay_attend },
    { .name = "edge", .begins_with = MOMENT_FIRST_READER, .wanted = edge_is_wanted, .brings = edge_brings, .run = edge_attend },
    { .name = "edge push", .begins_with = MOMENT_PUBLISHED, .ends_with_publisher = true, .wanted = edge_is_wanted, .run = edge_push_attend },
    { .name = "cluster", .begins_with = MOMENT_FIRST_READER, .wanted = cluster_is_wanted, .run = cluster_attend },
    { .name = "directory", .begins_with = MOMENT_PUBLISHED, .ends_with_publisher = true, .wanted = cluster_directory_is_wanted, .run = cluster_directory_attend },
    { .name = "exec", .begins_with = MOMENT_PUBLISHED, .wanted = exec_is_wanted, .run = exec_run },
    { .name = "forward", .begins_with = MOMENT_PUBLISHED, .wanted = forward_is_wanted, .run = forward_run },
    { .name = "segmenter", .begins_with = MOMENT_PUBLISHED, .ends_with_publisher = true, .reads_log = true, .wanted = segmenter_is_wanted, .run = segmenter_run },
    { .name = "dvr", .begins_with = MOMENT_PUBLISHED, .ends_with_publisher = true, .reads_log = true, .wanted = dvr_is_wanted, .run = dvr_run },
    { .name = "transcode", .begins_with = MOMENT_PUBLISHED, .wanted = transcode_is_wanted, .run = transcode_run },
    { .name = "snapshot", .begins_with = MOMENT_PUBLISHED, .wanted = snapshot_is_wanted, .run = snapshot_run },
    { .name = "sound", .begins_with = MOMENT_FIRST_READER, .wanted = sound_bridge_is_wanted, .run = sound_bridge_run },
    { .name = NULL },
};
/* clang-format on */
