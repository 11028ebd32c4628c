#include "app/snapshot/libav.h"

#ifdef WITH_SNAPSHOTS

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>

#include "core/str.h"

enum { UTIL, CODEC, SCALE, LIBRARIES };

/* The versions for which the headers were made: a struct of another major version has other places. */
static const char *const names[LIBRARIES] = {
    [UTIL] = "libavutil.so." AV_STRINGIFY(LIBAVUTIL_VERSION_MAJOR),
    [CODEC] = "libavcodec.so." AV_STRINGIFY(LIBAVCODEC_VERSION_MAJOR),
    [SCALE] = "libswscale.so." AV_STRINGIFY(LIBSWSCALE_VERSION_MAJOR),
};

static struct {
    pthread_mutex_t lock;
    bool            is_open;
    void           *libraries[LIBRARIES];
    struct libav    functions;
} all = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool open_libraries(char *why, size_t cap)
{
    for (int i = 0; i < LIBRARIES; i++) {
        if (!all.libraries[i] && !(all.libraries[i] = dlopen(names[i], RTLD_NOW | RTLD_LOCAL))) {
            str_copy(why, cap, dlerror());
            return false;
        }
    }
    return true;
}

static bool find_functions(char *why, size_t cap)
{
#define FIND(library, name) \
    if (!(*(void **)&all.functions.name = dlsym(all.libraries[library], #name))) { \
        str_copy(why, cap, names[library]); \
        return false; \
    }
    LIBAV_FUNCTIONS(FIND)
#undef FIND
    return true;
}

const struct libav *libav_open(char *why, size_t cap)
{
    pthread_mutex_lock(&all.lock);
    if (!all.is_open && open_libraries(why, cap) && find_functions(why, cap)) {
        all.functions.av_log_set_level(AV_LOG_QUIET); /* What publishers send is not to fill the log. */
        all.is_open = true;
    }
    bool is_open = all.is_open;
    pthread_mutex_unlock(&all.lock);
    return is_open ? &all.functions : NULL;
}

#endif
