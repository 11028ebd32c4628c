#include "app/hls/below.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/segment/template.h"
#include "core/buf.h"
#include "core/str.h"

static bool is_below(const char *path)
{
    return *path && *path != '/' && !str_starts_with(path, "../") && !strstr(path, "/../");
}

void hls_below_remove(const char *folder, const char *path, const char *ending)
{
    struct buf full = buf_up_to(TEMPLATE_FULL_MAX);
    if (!is_below(path))
        return;
    buf_printf(&full, "%s/%s%s", folder, path, ending);
    if (!full.fault)
        (void)unlink(full.bytes);
    buf_finish(&full);
}

bool hls_below_is_folder(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}
