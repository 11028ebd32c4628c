#include "app/dvr/open_files.h"

#include <string.h>

#include "app/dvr/complete.h"
#include "app/dvr/names.h"
#include "core/map.h"
#include "core/mem.h"

static struct list all = { &all, &all }; /* each struct dvr_file that is not complete */
static struct map  by_temporary;         /* temporary name → struct dvr_file that is not complete */

bool open_files_are_full(void)
{
    return by_temporary.count >= OPEN_FILES_MAX;
}

void open_files_add(struct dvr_file *f)
{
    list_push(&all, &f->link);
}

static char *temporary_of(const char *path)
{
    char *temporary = mem_alloc(strlen(path) + sizeof DVR_TEMPORARY);
    if (temporary)
        stpcpy(stpcpy(temporary, path), DVR_TEMPORARY);
    return temporary;
}

struct err *open_files_take_name(struct dvr_file *f, const char *path)
{
    for (int n = 0; n < OPEN_FILES_NAMES_MAX; n++) {
        mem_free(f->path);
        mem_free(f->temporary);
        f->temporary = NULL;
        struct err *e = dvr_name_numbered(&f->path, path, -1, n);
        if (!e && !(f->temporary = temporary_of(f->path)))
            e = err_no_memory();
        if (!e && map_find(&by_temporary, f->temporary))
            continue;
        if (!e && !map_put(&by_temporary, f->temporary, f))
            e = err_no_memory();
        return e;
    }
    return err_new(E_SYSTEM_FILE_OPEN, "%d files that are being recorded have the name %s", OPEN_FILES_NAMES_MAX, path);
}

void open_files_forget(struct dvr_file *f)
{
    list_remove(&f->link);
    if (f->temporary && map_find(&by_temporary, f->temporary) == f)
        map_remove(&by_temporary, f->temporary);
    if (by_temporary.count == 0)
        map_finish(&by_temporary);
}

struct list *open_files_all(void)
{
    return &all;
}

void open_files_finish(void)
{
    map_finish(&by_temporary);
}
