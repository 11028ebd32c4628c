"""Segments of fragmented MP4 (kernel/mp4/cmaf), cut by test/tools/segments.c and judged by ffmpeg and our own reader: all packets
are the source's, times have neither gap nor overlap, and what is encrypted is decrypted to the same packets."""
import os

import flv
import fmp4
import media
import pytest
import rtmp_tool

KEY = "0102030405060708090a0b0c0d0e0f10"
CLIPS = {
    "h264_aac.flv": "avc1,mp4a",
    "hevc_aac.mp4": "hvc1,mp4a",
    "av1_opus.mp4": "av01,opus",
    "vp9_opus.mp4": "vp09,opus",
    "h264_mp3.flv": "avc1,mp4a",
    "h264_ac3.mp4": "avc1,ac-3",
    "h264_eac3.mp4": "avc1,ec-3",
    "h264_flac.mp4": "avc1,flac",
}
ENCRYPTED = ["h264_aac.flv", "hevc_aac.mp4", "h264_opus.mp4"]


class Cut:
    """Segments of a clip, and the packets that went into them."""

    def __init__(self, folder, name, tracks, *options):
        source = os.path.join(folder, "source.flv")
        self.folder, self.sent = folder, media.tags(name)
        flv.write(source, self.sent)
        done = media.run([rtmp_tool.program("segments"), *options, source, str(folder), tracks])
        self.codecs = done.stdout.decode().strip()
        self.init = self.read("init.mp4")
        self.segments = [self.read(name) for name in sorted(os.listdir(folder)) if name.endswith(".m4s")]
        self.packets = media.framemd5(media.clip(name))
        if tracks != "both":
            self.packets = [p for p in self.packets if p.kind == tracks]

    def read(self, name):
        with open(os.path.join(self.folder, name), "rb") as file:
            return file.read()

    def packets_of(self, segments, *options):
        path = os.path.join(self.folder, "whole.mp4")
        with open(path, "wb") as file:
            file.write(self.init + b"".join(segments))
        return media.parse_framemd5(media.run(media.FFMPEG + [*options, "-i", path, "-map", "0", "-c", "copy", "-f", "framemd5",
                                                              "-"]).stdout.decode())


def same_bytes(sent, got):
    for kind in sorted({p.kind for p in sent}):
        assert [(p.size, p.hash) for p in got if p.kind == kind] == [(p.size, p.hash) for p in sent if p.kind == kind], kind


def contiguous(cut):
    """Each track of each segment begins where the one before ended."""
    ends = {}
    for segment in cut.segments:
        assert fmp4.check_segment(cut.init, segment) == []
        for track, (begin, end) in fmp4.times(cut.init, segment).items():
            assert ends.get(track, begin) == begin, "track %d: %d, not %d" % (track, begin, ends[track])
            ends[track] = end


@pytest.mark.sample(3)
@pytest.mark.parametrize("tracks", ["both", "video", "audio"])
@pytest.mark.parametrize("name", CLIPS)
def test_packets_are_the_sources(tmp_path, name, tracks):
    cut = Cut(tmp_path, name, tracks)
    codecs = CLIPS[name].split(",")
    want = codecs if tracks == "both" else [codecs[tracks == "audio"]]
    assert [c.split(".")[0] for c in cut.codecs.split(",")] == want
    assert len(cut.segments) >= 2
    same_bytes(cut.packets, cut.packets_of(cut.segments))
    if "flac" not in name:             # the source itself has a frame at the time of another one
        contiguous(cut)


@pytest.mark.sample(2)
@pytest.mark.parametrize("options", [[], ["--ignorant"], ["--part", "33"], ["--part", "100000"]])
def test_times_are_those_of_the_stream(tmp_path, options):
    """Pictures are presented when the stream says, to the millisecond; sound departs by no more than its rounding."""
    cut = Cut(tmp_path, "h264_aac.flv", "both", *options)
    contiguous(cut)
    got = cut.packets_of(cut.segments)
    for kind, tolerance in (("video", 0), ("audio", 2)):
        sent = [p.pts for p in cut.packets if p.kind == kind]
        offset = [p.pts for p in got if p.kind == "video"][0] - [p.pts for p in cut.packets if p.kind == "video"][0]
        off = [abs(g.pts - s - offset) for g, s in zip([p for p in got if p.kind == kind], sent)]
        assert max(off) <= tolerance, (kind, max(off))


@pytest.mark.sample(2)
@pytest.mark.parametrize("name", ENCRYPTED)
def test_what_is_encrypted_is_decrypted_by_ffmpeg(tmp_path, name):
    """One part a segment, and a segment at a time: ffmpeg 5.1 takes the wrong fragment's subsamples when there are more."""
    cut = Cut(tmp_path, name, "both", "--encrypt", "--part", "100000")
    assert len(cut.segments) >= 2
    encrypted, decrypted = [], []
    for segment in cut.segments:
        encrypted += [p.hash for p in cut.packets_of([segment])]
        decrypted += cut.packets_of([segment], "-decryption_key", KEY)
    same_bytes(cut.packets, decrypted)
    assert not set(encrypted) & {p.hash for p in cut.packets if p.size > 1000}


def test_what_cannot_be_encrypted_is_refused(tmp_path):
    with pytest.raises(AssertionError, match="the codecs are not encrypted"):
        Cut(tmp_path, "vp9_opus.mp4", "both", "--encrypt")
