#include "app/server/finished_file.h"

void finished_file_tell(const struct finished_file *f)
{
    for (const struct finished_listener *const *l = finished_listeners; *l; l++)
        (*l)->finished(f);
}

void finished_file_over(enum finished_kind kind, const struct conf_vhost *vhost, const char *app, const char *stream)
{
    for (const struct finished_listener *const *l = finished_listeners; *l; l++)
        (*l)->over(kind, vhost, app, stream);
}
