/**
 * What a line of progress of ffmpeg says.
 *
 *     frame=  250 fps= 25 q=28.0 size=     512kB time=00:00:10.00 bitrate= 419.4kbits/s speed=1.01x
 *
 * Source     what ffmpeg 4 to 8 print to standard error
 * Yields     no
 */
#ifndef APP_FFMPEG_PROGRESS_H
#define APP_FFMPEG_PROGRESS_H

/** The speed, 1 is real time; the frames per second. -1: the line does not say. */
double progress_speed(const char *line);
double progress_fps(const char *line);

#endif
