#include "app/api/schema.h"

#include <stdio.h>
#include <string.h>

enum { NAME_CAP = 64, PATH_CAP = 96 };

/* Read a name, and step behind it. */
static const char *read_name(const char **at, char name[static NAME_CAP])
{
    size_t len = strspn(*at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-$");
    snprintf(name, NAME_CAP, "%.*s", (int)len, *at);
    *at += len;
    return name;
}

/* The end of a type: the comma or bracket behind it. */
static const char *end_of_type(const char *at)
{
    int depth = 0;
    for (; *at && (depth > 0 || !strchr(",}]", *at)); at++)
        depth += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
    return at;
}

static void put_required(struct jw *j, const char *at)
{
    char name[NAME_CAP];
    jw_array(j, "required");
    while (*at && *at != '}') {
        if (*at == '*') {
            at++;
        } else {
            read_name(&at, name);
            if (*at == ':')
                jw_string(j, NULL, name);
            at = end_of_type(at + strspn(at, "?:"));
        }
        at += *at == ',';
    }
    jw_array_end(j);
}

static void put_type(struct jw *j, const char *key, const char **at);

static void put_object(struct jw *j, const char **at)
{
    char        name[NAME_CAP];
    bool        is_open = false;
    const char *members = *at;
    jw_string(j, "type", "object");
    jw_object(j, "properties");
    while (**at && **at != '}') {
        if (**at == '*') {
            is_open = true;
            ++*at;
        } else {
            read_name(at, name);
            *at += strspn(*at, "?:");
            put_type(j, name, at);
        }
        *at += **at == ',';
    }
    jw_object_end(j);
    *at += **at == '}';
    put_required(j, members);
    if (!is_open)
        jw_bool(j, "additionalProperties", false);
}

static void put_reference(struct jw *j, const char **at)
{
    char name[NAME_CAP], path[PATH_CAP];
    snprintf(path, sizeof path, "#/components/schemas/%s", read_name(at, name));
    jw_string(j, "$ref", path);
}

static void put_plain(struct jw *j, char letter)
{
    switch (letter) {
    case 'i': jw_string(j, "type", "integer"); break;
    case 'f': jw_string(j, "type", "number"); break;
    case 's': jw_string(j, "type", "string"); break;
    case 'b': jw_string(j, "type", "boolean"); break;
    default: break; /* anything */
    }
}

/* What stands in the braces of a type. Recursion follows the notation. */
static void put_inside(struct jw *j, const char **at)
{
    char first = **at;
    *at += first != '\0';
    switch (first) {
    case '{': put_object(j, at); break;
    case '@': put_reference(j, at); break;
    case '[':
        jw_string(j, "type", "array");
        put_type(j, "items", at);
        *at += **at == ']';
        break;
    default: put_plain(j, first); break;
    }
}

static bool may_be_null(const char *at)
{
    const char *end = end_of_type(at);
    return end - at > 2 && end[-2] == '|' && end[-1] == 'n';
}

static void put_type(struct jw *j, const char *key, const char **at)
{
    if (!may_be_null(*at)) {
        jw_object(j, key);
        put_inside(j, at);
        jw_object_end(j);
        return;
    }
    jw_object(j, key);
    jw_array(j, "anyOf");
    jw_object(j, NULL);
    put_inside(j, at);
    jw_object_end(j);
    jw_object(j, NULL);
    jw_string(j, "type", "null");
    jw_object_end(j);
    jw_array_end(j);
    jw_object_end(j);
    *at += strlen("|n");
}

void schema_put(struct jw *j, const char *key, const char *notation)
{
    put_type(j, key, &notation);
}
