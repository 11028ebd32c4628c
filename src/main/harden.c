#include "main/harden.h"

#include <stdio.h>
#include <string.h>

#include "app/conf/exposure.h"
#include "core/str.h"

struct counts {
    int n_open, n_notes;
};

/* Names in the text are from the file, which may have come from elsewhere. */
static void print(void *arg, const struct conf_exposure *e)
{
    struct counts *c = arg;
    char           what[CONF_EXPOSURE_TEXT_MAX];
    *(e->is_note ? &c->n_notes : &c->n_open) += 1;
    printf("%s%s%s: %s\n", e->where, *e->where ? ": " : "", e->is_note ? "note" : "open",
           str_printable(e->what, strlen(e->what), what, sizeof what));
    if (e->vhost)
        printf("    in the vhost: %s\n", e->close);
    else
        printf("    %s\n", e->close);
}

int harden_print(const struct conf *conf)
{
    struct counts c = { 0 };
    conf_exposure_walk(conf, print, &c);
    printf("%d open, %d to note\n", c.n_open, c.n_notes);
    return c.n_open ? HARDEN_OPEN : HARDEN_CLOSED;
}
