/* The body of a change of the configuration: any JSON gives changes that an empty file can be tried with, or a reason why not. */
#include <string.h>

#include "app/api/config_body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct conf_source   from = { .path = "t.conf" };
    struct jr_value      body;
    struct conf_rewrite *w = conf_rewrite_create(&from);
    if (w && jr_parse((const char *)data, size, &body)) {
        struct err *e = config_body_read(w, &body);
        for (int i = 0; !e && i < w->n_edits; i++) {
            struct buf out = buf_up_to(CONF_EDIT_BYTES_MAX);
            err_free(conf_edit_apply(&w->edits[i], 0, "vhost v {\n}\n", strlen("vhost v {\n}\n"), &out));
            buf_finish(&out);
        }
        err_free(e);
    }
    conf_rewrite_destroy(w);
    return 0;
}
