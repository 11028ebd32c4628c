"""A camera: an RTSP server of GStreamer that sends a clip in real time, from its beginning to each client.

    Camera(clip)      in a process of its own; url, stop()
"""
import os
import subprocess
import sys

PROGRAM = "/usr/bin/python3"  # which sees Debian's modules


def is_installed():
    check = "import gi; gi.require_version('GstRtspServer', '1.0')"
    return os.path.exists(PROGRAM) and subprocess.run([PROGRAM, "-c", check], stderr=subprocess.DEVNULL, check=False).returncode == 0


class Camera:
    def __init__(self, clip):
        import srs
        from wait import until
        self.port = srs.free_port()
        self.url = "rtsp://127.0.0.1:%d/cam" % self.port
        self.process = subprocess.Popen([PROGRAM, os.path.abspath(__file__), str(self.port), clip], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: {self.port} <= srs.listening(self.process.pid) or self.process.poll() is not None, "the camera to listen")
        assert self.process.poll() is None

    def stop(self):
        self.process.kill()
        self.process.wait()


def serve(port, clip):
    import gi
    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtspServer
    Gst.init(None)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch("( filesrc location=%s ! flvdemux name=d  d.video ! queue ! h264parse ! rtph264pay name=pay0 pt=96"
                       "  d.audio ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97 )" % clip)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(port))
    server.get_mount_points().add_factory("/cam", factory)
    server.attach(None)
    GLib.MainLoop().run()


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
