/**
 * Parts of a line of SDP: words, numbers, and the parameters of a format.
 *
 * Source     RFC 8866 9
 * Ownership  views; nothing is copied
 * Yields     no
 */
#ifndef PROTOCOL_RTC_SDP_TEXT_H
#define PROTOCOL_RTC_SDP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A part of a text. `at` is NULL when absent. */
struct sdp_text {
    const char *at;
    size_t      len;
};

static inline struct sdp_text sdp_text_of(const char *at, size_t len)
{
    return (struct sdp_text){ at, len };
}

/** True if the text is this word, without regard to the case of ASCII letters. */
bool sdp_is(struct sdp_text text, const char *word);

/** True if both are there and have the same bytes. */
bool sdp_same(struct sdp_text a, struct sdp_text b);

/** True if the text is a token: not empty, and printable ASCII without space and separators. */
bool sdp_is_token(struct sdp_text text);

/** Take the part up to `mark`, which is taken as well, or up to the end. */
struct sdp_text sdp_cut(struct sdp_text *rest, char mark);

/** Take the next word; spaces around it are taken as well. Its length is 0 at the end. */
struct sdp_text sdp_word(struct sdp_text *rest);

/** The decimal number that the text is. False if it is none, or above `max`. */
bool sdp_number(struct sdp_text text, uint32_t max, uint32_t *out);

/** The value of a parameter of a format ("profile-level-id"), without regard to the case of its name; absent: `at` is NULL. */
struct sdp_text sdp_parameter(struct sdp_text fmtp, const char *name);

/** The same as a number below 2^31; `otherwise` when it is absent or no number. */
uint32_t sdp_parameter_number(struct sdp_text fmtp, const char *name, uint32_t otherwise);

#endif
