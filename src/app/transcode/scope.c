#include "app/transcode/scope.h"

#include <string.h>

#include "core/str.h"
#include "protocol/stream_name.h"

/* Longest normal form of `app/stream`. A longer scope has no stream. */
enum { NAMES_CAP = 2 * (STREAM_NAME_MAX + 1) };

bool scope_has(const char *scope, const char *app, const char *stream)
{
    char       wanted[NAMES_CAP], names[NAMES_CAP];
    struct str out = str_over(names, sizeof names);
    if (strlen(scope) >= sizeof wanted)
        return false;
    stream_name_normalise(wanted, scope, strlen(scope));
    if (!wanted[0])
        return true;
    str_printf(&out, "%s", app);
    stream_name_normalise(names, names, out.len);
    if (!out.cut && str_equal(wanted, names))
        return true;
    out = str_over(names, sizeof names);
    str_printf(&out, "%s/%s", app, stream);
    stream_name_normalise(names, names, out.len);
    return !out.cut && str_equal(wanted, names);
}
