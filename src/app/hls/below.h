/**
 * Files below a folder by paths that were read from the disk, where another program may have written them.
 *
 * Yields     no: everything here waits for the disk, and is called on a thread
 */
#ifndef APP_HLS_BELOW_H
#define APP_HLS_BELOW_H

#include <stdbool.h>

/** Remove the file, or the file with this ending behind its name. Does nothing if the path leads out of the folder. */
void hls_below_remove(const char *folder, const char *path, const char *ending);

/** True if there is a folder of this path. A link to one is none. */
bool hls_below_is_folder(const char *path);

#endif
