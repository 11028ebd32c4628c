"""Origins that know each other: `cluster { origin_cluster on; coworkers …; }`.

    a, b = cluster(make_server, 2)              each has the API of the others as its co-workers
"""
import srs

HTTP = "http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } "


def block(*coworkers, more=""):
    """The block of a vhost; co-workers are words, servers or things with a port."""
    words = [c if isinstance(c, str) else "127.0.0.1:%d" % (getattr(c, "api_port", None) or c.port) for c in coworkers]
    return "cluster { origin_cluster on; coworkers %s; %s } " % (" ".join(words), more)


def vhost(*coworkers, more="", rest=HTTP, name="__defaultVhost__"):
    return "vhost %s { %s %s }" % (name, block(*coworkers, more=more), rest)


def cluster(make_server, n, more="", rest=HTTP, **how):
    """Servers of which each has all others as co-workers. All have an API and HTTP; `how` is that of make_server()."""
    servers = [make_server(start=False, **{"api": "", "http": "", **how}) for _ in range(n)]
    for s in servers:
        s.write_conf(vhost(*[o for o in servers if o is not s], more=more, rest=rest))
        s.start()
    return servers
