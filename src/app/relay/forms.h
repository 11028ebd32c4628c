/**
 * How a stream is read from a URL, one function for each form of URL (conf/relay.h). Each returns when the stream has ended, and always
 * with an error.
 *
 * Errors     E_END_OF_STREAM: it has ended in good order; E_SYSTEM_FORWARD_LOOP: it is the very stream that is to be made; those of
 *            the clients (protocol/rtmp/client.h, protocol/http/client.h) and of entry.h
 * Yields     yes
 */
#ifndef APP_RELAY_FORMS_H
#define APP_RELAY_FORMS_H

#include "app/relay/attempt.h"
#include "core/attr.h"
#include "core/err.h"

/** The form of a URL; NULL: it is of none. Does not yield. */
attempt_form *forms_find(const char *url);

struct err *rtmp_form_run(struct attempt *a) ATTR_MUST_USE;
struct err *http_form_run(struct attempt *a) ATTR_MUST_USE;
struct err *hls_form_run(struct attempt *a) ATTR_MUST_USE;
struct err *whep_form_run(struct attempt *a) ATTR_MUST_USE;

#endif
