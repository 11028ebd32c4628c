/**
 * Messages to the service manager: the protocol of sd_notify(3), without libsystemd.
 *
 * NOTIFY_SOCKET in the environment names a datagram socket of the manager. Each call sends one datagram of VARIABLE=VALUE lines
 * to it. Without NOTIFY_SOCKET nothing happens. A message that cannot be sent is a warning in the log.
 *
 * Source     sd_notify(3), systemd.service(5): Type=notify
 * Ownership  borrows the texts
 * Yields     no, and never blocks: a manager that does not read loses the message
 */
#ifndef PROTOCOL_SERVICE_NOTIFY_H
#define PROTOCOL_SERVICE_NOTIFY_H

/** Tell that the service is up, or that a reload has ended, with or without success. `status` is one line for people. */
void service_notify_ready(const char *status);

/** Tell that a reload begins; service_notify_ready() must follow. */
void service_notify_reloading(void);

/**
 * Tell that the service ends now. The manager kills it if that takes longer than its timeout, so a graceful stop first tells
 * only a status.
 */
void service_notify_stopping(void);

/** Tell the state of the service in one line for people. */
void service_notify_status(const char *status);

#endif
