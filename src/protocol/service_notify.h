/**
 * What the service manager is told about the process: the protocol of sd_notify(3), without libsystemd.
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

/** The service is up, or a reload has ended, well or not. `status` is one line for people. */
void service_notify_ready(const char *status);

/** A reload begins; service_notify_ready() must follow. */
void service_notify_reloading(void);

/** The service ends now. The manager kills it if that takes longer than its timeout, so a graceful stop tells only a status first. */
void service_notify_stopping(void);

/** One line for people. */
void service_notify_status(const char *status);

#endif
