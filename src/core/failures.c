#include "core/failures.h"

#include <string.h>

#include "core/clock.h"
#include "core/mask.h"
#include "core/str.h"

void failures_note(struct failures *f, const struct err *e)
{
    struct str shown = str_over(f->text, sizeof f->text);
    char       text[ERR_TEXT_MAX];
    f->n++;
    f->code = (int)err_code(e);
    f->wall_us = wall_now_us();
    err_text(e, text, sizeof text);
    mask_append(&shown, text, strlen(text));
    str_tame(f->text, shown.len);
}
