/**
 * Open a file below a folder and nowhere else: no "..", no symbolic link leads out of it.
 *
 * Yields     no: it blocks, and runs on a worker thread; but for open_beneath_now()
 */
#ifndef APP_HTTP_OPEN_BENEATH_H
#define APP_HTTP_OPEN_BENEATH_H

#include <stdbool.h>
#include <sys/stat.h>

/**
 * Open for reading. A file that is none (a pipe, a device) is opened too, without waiting for it.
 *
 * Shape      path: relative to `root`; leading slashes do not count; "" is the root
 * Returns    the descriptor, or -1 with errno: EXDEV when it leads out
 */
int open_beneath(const char *root, const char *path, struct stat *st);

/**
 * The same without waiting, where all of the path is in the kernel's memory, on a local file system: for the loop.
 *
 * Returns    -1 with EAGAIN: ask a thread; any other errno too
 */
int open_beneath_now(const char *root, const char *path, struct stat *st);

/** The same as kernels before 5.6 do it, which have no openat2(): for the test. */
int open_beneath_by_name(const char *root, const char *path, struct stat *st);

#endif
