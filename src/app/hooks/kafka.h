/**
 * The event bus by Kafka: each event is a message, whose key is its stream, so that the events of a stream are in one partition and in
 * order. Events are notices of the outbox (HOOK_KAFKA) with the URL kafka://BROKER,BROKER…/TOPIC; a journal keeps them while no
 * broker takes them.
 *
 * The library works on threads of its own; its reports are fetched by the coroutines that wait for them. A server that was built
 * without it (configure --kafka=off) sends nothing, and says so when it starts.
 *
 * Ownership  the process has one producer, of the brokers and the login that were named last; hook_kafka_finish() ends it
 */
#ifndef APP_HOOKS_KAFKA_H
#define APP_HOOKS_KAFKA_H

#include <stdbool.h>

#include "app/hooks/notice.h"
#include "core/attr.h"
#include "core/buf.h"
#include "core/err.h"

/** Connect as this configuration says, which a reload replaces, until hook_kafka_finish(). */
void hook_kafka_start(struct conf *const *conf);

/** What of `features`, a list with commas, the configuration needs and does not find, for people; NULL: nothing. */
const char *hook_kafka_misses(const struct conf_kafka *k, const char *features);

/**
 * Check that the library can connect as the configuration says: it may be built without TLS, or without a mechanism of SASL. No file is
 * read.
 *
 * Errors     E_SYSTEM_CONFIG_INVALID
 * Yields     no
 */
struct err *hook_kafka_check(const struct conf *conf) ATTR_MUST_USE;

/** True if events of this configuration go to Kafka. Does not yield. */
bool hook_kafka_is_wanted(const struct conf *conf);

/* A notice has the URL kafka://BROKER,BROKER/TOPIC, and is in a queue of this prefix and the key of its message. */
#define HOOK_KAFKA_SCHEME "kafka://"
#define HOOK_KAFKA_QUEUE "kafka "

/* The names of brokers and the topic. */
enum { HOOK_KAFKA_URL_MAX = 4096 };

void hook_kafka_put_url(const struct conf_kafka *k, struct buf *url);

/**
 * Send the first `n` notices of the list, in their order, and wait until the brokers have all of them.
 *
 * Errors     E_BACKEND: some may not be there; E_THREAD_INTERRUPTED, out of memory
 * Yields     yes; notices may be added to the list meanwhile, at its end
 */
struct err *hook_kafka_send(const struct list *notices, size_t n) ATTR_MUST_USE;

/** Drop what is on its way, and end the producer. Yields. */
void hook_kafka_finish(void);

#endif
