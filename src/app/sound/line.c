#include "app/sound/line.h"

/* Weight of one frame in the mean: of some fifty frames, about a second. */
#define MEAN_WEIGHT (1.0 / 48)

/* Part of the mean that is corrected until the resampler is adjusted again. More would swing: the mean is a second old. */
#define CORRECTED 0.4

/* 48 samples are 1,000 microseconds. */
int64_t sound_line_from_us(int64_t us)
{
    int64_t ms = us / 1000, rest = us % 1000;
    if (rest < 0) {
        rest += 1000;
        ms--;
    }
    return ms * (SOUND_RATE / 1000) + rest * (SOUND_RATE / 1000) / 1000;
}

int64_t sound_line_to_us(int64_t samples)
{
    int64_t ms = samples / (SOUND_RATE / 1000), rest = samples % (SOUND_RATE / 1000);
    if (rest < 0) {
        rest += SOUND_RATE / 1000;
        ms--;
    }
    return ms * 1000 + rest * 1000 / (SOUND_RATE / 1000);
}

static struct sound_step begin(struct sound_line *line, int64_t at)
{
    *line = (struct sound_line){ .has_begun = true, .next = at };
    return (struct sound_step){ .is_jump = true };
}

static bool is_hole(int64_t late, int n)
{
    return late >= SOUND_HOLE_MIN && late >= (int64_t)n * 9 / 10;
}

static int stretch_of(double late)
{
    double most = SOUND_STRETCH_MAX, wanted = late * CORRECTED;
    return (int)(wanted > most ? most : wanted < -most ? -most : wanted);
}

struct sound_step sound_line_take(struct sound_line *line, int64_t at, int n)
{
    struct sound_step step = { 0 };
    int64_t           late = at - line->next;
    if (!line->has_begun || late > SOUND_HOLE_MAX || late < -SOUND_HOLE_MAX)
        return begin(line, at);
    if (is_hole(late, n)) {
        step.silence = (int)late;
        late = 0;
    } else if (late < -SOUND_AHEAD_MAX) {
        step.skip = -late < n ? (int)-late : n;
        late = 0;
    }
    line->late += ((double)late - line->late) * MEAN_WEIGHT;
    if (line->unjudged >= SOUND_JUDGE) {
        line->unjudged = 0;
        step.stretch = stretch_of(line->late);
    }
    return step;
}

void sound_line_pass(struct sound_line *line, int n)
{
    line->next += n;
    line->unjudged += n;
}
