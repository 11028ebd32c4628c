#include "app/conf/directive.h"

#include <string.h>

#include "core/str.h"

const struct directive *conf_row(const struct conf_block *block, const char *name)
{
    for (size_t i = 0; i < block->n_rows; i++)
        if (strcmp(block->rows[i].name, name) == 0)
            return &block->rows[i];
    return NULL;
}

const struct directive *conf_row_at(const char *path)
{
    const struct conf_block *block = &conf_root_block;
    const struct directive  *row = NULL;
    while (block) {
        char   name[CONF_PATH_MAX];
        size_t len = strcspn(path, ".");
        if (len >= sizeof name)
            return NULL;
        memcpy(name, path, len);
        name[len] = '\0';
        row = conf_row(block, name);
        if (!row || !path[len])
            return row;
        path += len + 1;
        block = row->children;
    }
    return NULL;
}

const char *conf_path_join(const char *path, const char *name, char *buf, size_t cap)
{
    struct str out = str_over(buf, cap);
    if (path[0])
        str_printf(&out, "%s.", path);
    str_printf(&out, "%s", name);
    return buf;
}
