/**
 * Open a file below a folder and nowhere else: neither ".." nor a symbolic link leads out of the folder.
 *
 * Yields     no. It blocks, so it is called on a worker thread; only open_beneath_now() is for the loop
 */
#ifndef PROTOCOL_OPEN_BENEATH_H
#define PROTOCOL_OPEN_BENEATH_H

#include <stdbool.h>
#include <sys/stat.h>

/**
 * Open for reading. A pipe or a device is opened, too, without waiting.
 *
 * Shape      path: relative to `root`; leading slashes are ignored; "" is the root
 * Returns    the descriptor, or -1 with errno: EXDEV if the path leads out
 */
int open_beneath(const char *root, const char *path, struct stat *st);

/**
 * Open on the loop, without waiting. It succeeds only if the whole path is in the kernel's memory, on a local file system.
 *
 * Returns    the descriptor, or -1 with errno; after EAGAIN, the caller asks a thread
 */
int open_beneath_now(const char *root, const char *path, struct stat *st);

/** Open without openat2(), which kernels before 5.6 do not have. Public for the test. */
int open_beneath_by_name(const char *root, const char *path, struct stat *st);

#endif
