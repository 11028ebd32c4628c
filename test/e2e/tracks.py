"""Publishers of several tracks of sound (enhanced RTMP, multitrack).

    with_sounds(clip, {1: other, 2: another})     the tags of a clip, and the sound of other clips as further tracks, in order
    second_sound(tag, track)                      the AAC of a tag as another track
    track_map({1: {"language": "fr"}})            metadata that tell of tracks
"""
import heapq

import flv
import media
from flv import AUDIO, SCRIPT, Tag

_CLASSIC = {10: b"mp4a", 2: b".mp3"}         # SoundFormat: AAC, MP3


def second_sound(tag, track=1):
    """The AAC of a tag as another track."""
    kind = flv.SEQUENCE_START if tag.payload[1] == 0 else flv.CODED_FRAMES
    return Tag(AUDIO, tag.ts, flv.ex_audio_tracks(flv.ONE_TRACK, kind, [(b"mp4a", track, tag.payload[2:])]))


def as_track(tag, track):
    """The sound of a tag, in a classic or enhanced header, as a track."""
    if tag.payload[0] >> 4 == 9:
        kind, fourcc, body = tag.payload[0] & 0xF, tag.payload[1:5], tag.payload[5:]
    elif tag.payload[0] >> 4 == 10:
        return second_sound(tag, track)
    else:
        kind, fourcc, body = flv.CODED_FRAMES, _CLASSIC[tag.payload[0] >> 4], tag.payload[1:]
    return Tag(AUDIO, tag.ts, flv.ex_audio_tracks(flv.ONE_TRACK, kind, [(fourcc, track, body)]))


def with_sounds(clip, others, metadata=None):
    """Tags of all in the order of their times. Configurations come first, as encoders send them."""
    main = media.tags(clip)
    first = next(i for i, t in enumerate(main) if t.type != SCRIPT and not flv.is_config(t))
    head, rest = [metadata] if metadata else [], [main[first:]]
    head += [t for t in main[:first] if not metadata or t.type != SCRIPT]
    for track, name in others.items():
        sound = [t for t in media.tags(name) if t.type == AUDIO]
        head += [as_track(t, track) for t in sound if flv.is_config(t)]
        rest.append([as_track(t, track) for t in sound if not flv.is_config(t)])
    return iter(head + list(heapq.merge(*rest, key=lambda tag: tag.ts)))


def track_map(tracks, **values):
    """onMetaData with these properties of tracks."""
    return flv.metadata(audioTrackIdInfoMap={str(track): about for track, about in tracks.items()}, **values)
