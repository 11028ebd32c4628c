#include "app/ffmpeg/libav.h"

#if defined(WITH_SNAPSHOTS) || defined(WITH_SOUND)

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>

#include "core/str.h"

enum { UTIL, CODEC, SCALE, RESAMPLE, LIBRARIES };

/* The versions for which the headers were made: a struct of another major version has other places. */
static const char *const names[LIBRARIES] = {
    [UTIL] = "libavutil.so." AV_STRINGIFY(LIBAVUTIL_VERSION_MAJOR),
    [CODEC] = "libavcodec.so." AV_STRINGIFY(LIBAVCODEC_VERSION_MAJOR),
#ifdef WITH_SNAPSHOTS
    [SCALE] = "libswscale.so." AV_STRINGIFY(LIBSWSCALE_VERSION_MAJOR),
#endif
#ifdef WITH_SOUND
    [RESAMPLE] = "libswresample.so." AV_STRINGIFY(LIBSWRESAMPLE_VERSION_MAJOR),
#endif
};

static struct {
    pthread_mutex_t lock;
    bool            is_open[LIBAV_USES];
    void           *libraries[LIBRARIES];
    struct libav    functions;
} all = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool open_library(int library, char *why, size_t cap)
{
    if (!names[library]) {
        str_copy(why, cap, "the server was built without FFmpeg's libraries");
        return false;
    }
    if (!all.libraries[library] && !(all.libraries[library] = dlopen(names[library], RTLD_NOW | RTLD_LOCAL))) {
        str_copy(why, cap, dlerror());
        return false;
    }
    return true;
}

/* The functions that are not found yet, of the libraries that are open. Those that are found may be in use by another thread. */
static bool find_functions(char *why, size_t cap)
{
#define FIND(library, name) \
    if (all.libraries[library] && !all.functions.name && \
        !(*(void **)&all.functions.name = dlsym(all.libraries[library], #name))) { \
        str_copy(why, cap, names[library]); \
        return false; \
    }
    LIBAV_COMMON_FUNCTIONS(FIND)
    LIBAV_PICTURE_FUNCTIONS(FIND)
    LIBAV_SOUND_FUNCTIONS(FIND)
#undef FIND
    return true;
}

const struct libav *libav_open(enum libav_use use, char *why, size_t cap)
{
    int own = use == LIBAV_SOUND ? RESAMPLE : SCALE;
    pthread_mutex_lock(&all.lock);
    if (!all.is_open[use] && open_library(UTIL, why, cap) && open_library(CODEC, why, cap) &&
        open_library(own, why, cap) && find_functions(why, cap)) {
        all.functions.av_log_set_level(AV_LOG_QUIET); /* What publishers send is not to fill the log. */
        all.is_open[use] = true;
    }
    bool is_open = all.is_open[use];
    pthread_mutex_unlock(&all.lock);
    return is_open ? &all.functions : NULL;
}

#endif
