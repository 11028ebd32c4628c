/**
 * A watch of the certificate files: every TLS_STORE_LOOK_US it looks at them and reads those that have changed. A port that
 * waited for its pair then begins to listen.
 */
#ifndef APP_WATCH_CERTIFICATES_H
#define APP_WATCH_CERTIFICATES_H

/** A coroutine of the server's services, which runs until it is cancelled; `arg` is the server. Yields. */
void watch_certificates(void *arg);

#endif
