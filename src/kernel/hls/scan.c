#include "kernel/hls/scan.h"

#include <string.h>

char *hls_scan_line(char **next, char *end)
{
    char *line = *next;
    char *line_end = memchr(line, '\n', (size_t)(end - line));
    if (!line_end)
        return NULL;
    *next = line_end + 1;
    *line_end = '\0';
    if (line_end > line && line_end[-1] == '\r')
        line_end[-1] = '\0';
    return line;
}

bool hls_scan_attribute(char **text, struct hls_scanned *a)
{
    char *at = *text + strspn(*text, " ");
    if (*at == '\0')
        return false;
    *text = NULL;
    a->name = at;
    at += strcspn(at, "=\",");
    if (*at != '=')
        return false;
    *at++ = '\0';
    bool quoted = *at == '"';
    a->value = at + quoted;
    at = a->value + strcspn(a->value, quoted ? "\"" : ",");
    if (quoted) {
        if (*at != '"')
            return false;
        *at++ = '\0';
    }
    if (*at != ',' && *at != '\0')
        return false;
    *text = at;
    if (*at == ',') {
        *at = '\0';
        *text = at + 1;
    }
    return true;
}
