/**
 * Looks at the files of the certificates every TLS_STORE_LOOK_US, and has them read when they have changed. A port that waited
 * for its pair listens then.
 */
#ifndef APP_WATCH_CERTIFICATES_H
#define APP_WATCH_CERTIFICATES_H

/** A coroutine of the server's services: until cancelled; `arg` is the server. Yields. */
void watch_certificates(void *arg);

#endif
