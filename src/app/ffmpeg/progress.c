#include "app/ffmpeg/progress.h"

#include <stdlib.h>
#include <string.h>

/* Larger numbers are no speed. */
static const double number_max = 1e6;

/* The number after a word that ends with '='. "N/A" is none. */
static double number_after(const char *line, const char *word)
{
    const char *at = strstr(line, word);
    if (!at)
        return -1;
    at += strlen(word);
    at += strspn(at, " ");
    double n = *at >= '0' && *at <= '9' ? strtod(at, NULL) : -1;
    return n >= 0 && n <= number_max ? n : -1;
}

double progress_speed(const char *line)
{
    return number_after(line, "speed=");
}

double progress_fps(const char *line)
{
    return number_after(line, "fps=");
}
