#include "core/jw.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Any bytes as keys and texts give one JSON document that another parser accepts. It holds nothing that could end a script
 * element, and gives back the same texts if they were UTF-8. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *text = malloc(len + 1);
    memcpy(text, data, len);
    text[len] = '\0';

    struct jw j = JW_INIT;
    jw_object(&j, NULL);
    jw_array(&j, "list");
    jw_string(&j, NULL, text);
    jw_int(&j, NULL, (int64_t)len);
    jw_array_end(&j);
    jw_string(&j, *text ? text : "key", text);
    jw_object_end(&j);

    json_t *read = json_loadb(j.text.bytes, j.text.len, JSON_REJECT_DUPLICATES, NULL);
    if (j.text.fault || (!read && strcmp(text, "list") != 0) || memchr(j.text.bytes, '<', j.text.len) ||
        memchr(j.text.bytes, '>', j.text.len))
        abort();
    json_t *valid = json_string(text); /* NULL when the text is not UTF-8 */
    if (read && valid && !json_equal(json_array_get(json_object_get(read, "list"), 0), valid))
        abort();
    json_decref(valid);
    json_decref(read);
    jw_finish(&j);
    free(text);
    return 0;
}
