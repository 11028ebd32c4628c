/**
 * The pid file, which prevents a second server with the same file, and the id and secret files beside it.
 *
 * Yields     no: it is called at start, before clients are served
 */
#ifndef MAIN_PID_FILE_H
#define MAIN_PID_FILE_H

#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

struct pid_file {
    int         fd;
    const char *path; /* borrowed */
};

#define PID_FILE_NONE ((struct pid_file){ .fd = -1 })

/**
 * Lock the file and write this process's id into it, decimal, no newline.
 * Errors     E_SYSTEM_PID_ACQUIRE, E_SYSTEM_PID_ALREADY_RUNNING (a live process holds it) …
 */
struct err *pid_file_acquire(struct pid_file *f, const char *path) ATTR_MUST_USE;

/**
 * Check the path as pid_file_acquire() would: a directory, pipe or device is an error. Nothing is created, and a missing right
 * or directory is not an error: another user may start the server.
 */
struct err *pid_file_check(const char *path) ATTR_MUST_USE;

/** Remove and unlock the file. Takes PID_FILE_NONE. */
void pid_file_release(struct pid_file *f);

/**
 * The server's identity: `configured` unless it is empty, else the content of the id file (the pid file's name with `.id` in
 * place of `.pid`), else a new random one. The id file is written with the result.
 *
 * Ownership  `*id` is the caller's, for mem_free()
 */
struct err *pid_file_server_id(char **id, const char *pid_path, const char *configured) ATTR_MUST_USE;

enum { PID_FILE_SECRET_LEN = 32 };

/**
 * The server's secret: the content of the secret file (`.secret` in place of `.pid`), else new random bytes, which are written to
 * that file. Only its owner can read the file. Where it cannot be written, the secret is for this run.
 *
 * Shape      the file has the bytes in hexadecimal digits; a file with anything else is replaced
 * Errors     E_SYSTEM_PID_ACQUIRE: the kernel has no random bytes
 */
struct err *pid_file_secret(uint8_t secret[static PID_FILE_SECRET_LEN], const char *pid_path) ATTR_MUST_USE;

#endif
