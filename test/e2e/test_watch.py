"""inotify_auto_reload: the changes of files that make the server reload."""
import os

import pytest


def chunk_size_of(server):
    with server.client() as c:
        return c.session.reader.chunk_size


def conf_of(server, chunk_size):
    return server.write_conf("vhost __defaultVhost__ { chunk_size %d; }" % chunk_size)


def assert_follows(server, change):
    mark = server.mark()
    change()
    server.wait_log("reload config success", since=mark, timeout=20)
    assert chunk_size_of(server) == 300


def test_a_relative_name_starts_where_the_server_was_started(make_server, tmp_path):
    work_dir = tmp_path / "elsewhere"
    work_dir.mkdir()
    server = make_server(root={"inotify_auto_reload": "on", "work_dir": str(work_dir)}, args=["-c", "./srs.conf"])
    assert_follows(server, lambda: conf_of(server, 300))


def test_a_name_without_a_folder_is_watched_too(make_server, tmp_path):
    server = make_server(root={"inotify_auto_reload": "on", "work_dir": str(tmp_path)}, args=["-c", "srs.conf"])
    assert_follows(server, lambda: conf_of(server, 300))


def test_a_file_that_is_replaced_is_a_changed_file(make_server):
    """Most editors save a file like this."""
    server = make_server(root={"inotify_auto_reload": "on"})

    def replace():
        path = server.conf_path
        server.conf_path = path + ".new"
        conf_of(server, 300)
        server.conf_path = path
        os.rename(path + ".new", path)

    assert_follows(server, replace)


@pytest.fixture
def configmap(make_server, tmp_path):
    """A server whose file is mounted as by Kubernetes: srs.conf -> ..data/srs.conf, ..data -> a folder."""
    server = make_server(root={"inotify_auto_reload": "on"}, start=False)
    path = server.conf_path

    def publish(version, chunk_size):
        folder = os.path.join(server.folder, "..version%d" % version)
        os.mkdir(folder)
        server.conf_path = os.path.join(folder, "srs.conf")
        conf_of(server, chunk_size)
        server.conf_path = path
        os.symlink(os.path.basename(folder), os.path.join(server.folder, "..data_tmp"))
        os.rename(os.path.join(server.folder, "..data_tmp"), os.path.join(server.folder, "..data"))

    os.unlink(path)
    os.symlink("..data/srs.conf", path)
    publish(1, 200)
    return server.start(), publish


def test_a_configmap_is_followed(configmap):
    server, publish = configmap
    assert chunk_size_of(server) == 200
    assert_follows(server, lambda: publish(2, 300))
