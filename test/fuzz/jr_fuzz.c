#include "core/jr.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The deepest nesting of brackets, those in strings included. */
static int depth_of(const uint8_t *data, size_t len)
{
    int depth = 0, deepest = 0;
    for (size_t i = 0; i < len; i++) {
        depth += (data[i] == '{' || data[i] == '[') - (data[i] == '}' || data[i] == ']');
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

/* Another parser has bounds of its own: of numbers, and of the character NUL in a string. */
static bool is_its_bound(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_numeric_overflow:
    case json_error_null_character:
    case json_error_null_byte_in_key:
    case json_error_stack_overflow: return true;
    default: return false;
    }
}

/* Both parsers agree about what is JSON, and about the member `code`. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct jr_value v, code;
    json_error_t    error;
    char           *text = malloc(len + 1);
    memcpy(text, data, len);
    json_t *other = json_loadb(text, len, JSON_DECODE_ANY, &error);
    bool    is_json = jr_parse(text, len, &v);
    if (memchr(text, 0, len)) { /* which the other one takes for the end */
        json_decref(other);
        other = NULL;
        if (is_json)
            abort();
    }
    if (is_json && !other && !is_its_bound(&error))
        abort();
    if (!is_json && other && depth_of(data, len) <= JR_DEPTH_MAX)
        abort();
    if (is_json && other) {
        json_t *theirs = json_object_get(other, "code");
        int64_t n;
        if (jr_member(&v, "code", &code) != (theirs != NULL))
            abort();
        if (theirs && jr_int(&code, &n) != json_is_integer(theirs))
            abort();
        char *said = malloc(len + 1);
        bool  is_text = theirs && jr_string(&code, said, len + 1);
        if (is_text != (json_is_string(theirs) && strlen(json_string_value(theirs)) == json_string_length(theirs)))
            abort();
        if (is_text && strcmp(said, json_string_value(theirs)) != 0)
            abort();
        free(said);
        if (json_is_integer(theirs) && n != json_integer_value(theirs))
            abort();
    }
    json_decref(other);
    free(text);
    return 0;
}
