/* Lines of progress of ffmpeg. */
#include "app/ffmpeg/progress.h"

#include <cmocka.h>
#include <stdlib.h>

#include "core/attr.h"

static void speed_and_frames_are_found(void **state)
{
    static const struct {
        const char *line;
        double      speed, fps;
    } rows[] = {
        { "frame=  250 fps= 25 q=28.0 size=     512kB time=00:00:10.00 bitrate= 419.4kbits/s speed=1.01x    ", 1.01,
          25 },
        { "[info] frame=1 fps=0.0 q=0.0 size=N/A time=N/A bitrate=N/A speed=   0x", 0, 0 },
        { "size=       1kB time=00:00:01.00 bitrate=   8.0kbits/s speed=N/A", -1, -1 },
        { "speed=-3x fps=nan", -1, -1 },
        { "speed=", -1, -1 },
        { "", -1, -1 },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_float_equal(progress_speed(rows[i].line), rows[i].speed, 0.0001);
        assert_float_equal(progress_fps(rows[i].line), rows[i].fps, 0.0001);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(speed_and_frames_are_found) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
