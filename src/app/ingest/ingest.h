/**
 * `ingest`: ffmpeg programs that bring files, streams and devices in, as publishers of this server.
 *
 * All but those on demand (on_demand.h) belong to one service. It starts them when the server listens, starts them again when they end
 * (program/program.h), follows each reload, and ends them when the server stops listening.
 */
#ifndef APP_INGEST_INGEST_H
#define APP_INGEST_INGEST_H

struct server;

/** Run the ingests until ingest_stop() or a cancel; `arg` is the struct server. Yields. */
void ingest_run(void *arg);

/** Follow the configuration in force. Does not yield. */
void ingest_follow_conf(void);

/** End all ingests; no new one is started. Does not yield. */
void ingest_stop(void);

#endif
