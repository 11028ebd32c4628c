#!/bin/sh
# Makes doc/sample.flv, the clip of make demo and of the tests: 30 s of ffmpeg's own test pictures and tones,
# H.264 High with B-frames and a key frame every 2 s, AAC stereo.
set -eu

cd "$(dirname "$0")/.."
out=${1:-doc/sample.flv}
seconds=30

# One processor thread and bit-exact headers: the same ffmpeg makes the same bytes.
ffmpeg -hide_banner -loglevel error -nostdin -y \
    -f lavfi -i "testsrc2=size=640x360:rate=25:duration=$seconds" \
    -f lavfi -i "sine=frequency=440:beep_factor=4:sample_rate=44100:duration=$seconds" \
    -f lavfi -i "sine=frequency=554:sample_rate=44100:duration=$seconds" \
    -filter_complex "[1:a][2:a]amerge=inputs=2,volume=0.3[a]" -map 0:v -map "[a]" \
    -c:v libx264 -profile:v high -pix_fmt yuv420p -preset slow -threads 1 \
    -g 50 -keyint_min 50 -sc_threshold 0 -bf 2 -b:v 560k -maxrate 620k -bufsize 600k \
    -c:a aac -b:a 96k -ac 2 -ar 44100 \
    -fflags +bitexact -flags:v +bitexact -flags:a +bitexact -map_metadata -1 \
    -f flv "$out"
ls -l "$out"
