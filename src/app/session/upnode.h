/**
 * The server from which a stream is pulled, in the log of each player: so that one player can be followed from server to server. That
 * server has a connection with the id that is written here.
 *
 * Yields     no
 */
#ifndef APP_SESSION_UPNODE_H
#define APP_SESSION_UPNODE_H

struct client;
struct registry;
struct source;

/*
 * Players that a new pull finds waiting, and that are told; the API tells the others. They are looked for among the newest clients, since
 * an origin that comes back makes many streams begin at once.
 */
enum { UPNODE_TOLD_MAX = 20, UPNODE_LOOKED_MAX = 1000 };

/** Log it for a client that enters. Does nothing if the stream is not pulled. */
void upnode_log(const struct client *c);

/** Log it for the players that are there when a pull begins. */
void upnode_tell(const struct registry *r, const struct source *s);

#endif
