#include "app/dvr/format.h"

#include "core/attr.h"
#include "core/str.h"

/* A new format is a new row. */
static const struct dvr_format *const formats[] = { &dvr_flv, &dvr_mp4, &dvr_ts };

const struct dvr_format *dvr_format_of(const char *path)
{
    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        if (str_ends_with(path, formats[i]->ending))
            return formats[i];
    return NULL;
}
