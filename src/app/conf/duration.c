#include "app/conf/duration.h"

#include <stdlib.h>
#include <string.h>

#include "core/attr.h"

enum { SECONDS_MAX = 1000000000 };

bool conf_duration_parse(const char *word, double *seconds)
{
    static const struct {
        const char *name;
        double      seconds;
    } units[] = { { "", 1 }, { "ms", 0.001 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 } };
    size_t digits = strspn(word, "0123456789.");
    char  *end;
    double number = strtod(word, &end);
    if (end == word || end != word + digits)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (strcmp(end, units[i].name) == 0 && number * units[i].seconds <= SECONDS_MAX) {
            *seconds = number * units[i].seconds;
            return true;
        }
    return false;
}
