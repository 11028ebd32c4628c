# A container of the server, from this release of Debian and nothing else. doc/container.md tells how to run it.
#
#   docker build -t live-server .
#   docker run --read-only --tmpfs /tmp -p 1935:1935 -p 8080:8080 -p 127.0.0.1:1985:1985 live-server
ARG DEBIAN=debian:12-slim

FROM ${DEBIAN} AS build
COPY . /src
WORKDIR /src
RUN trunk-scripts/deps.sh build
RUN ./configure --prefix=/usr/local/srs && make -j"$(nproc)" && make install

FROM ${DEBIAN}
RUN apt-get update \
    && apt-get install -y --no-install-recommends libssl3 libhttp-parser2.9 liburing2 libnghttp2-14 zlib1g \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /usr/local/srs /usr/local/srs
# Nobody's account: it owns no file of the image.
RUN useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin --uid 935 srs

WORKDIR /usr/local/srs
USER 935
# All that the server writes: its process id, and beside it its identity.
ENV SRS_PID=/tmp/srs.pid SRS_IN_DOCKER=on
EXPOSE 1935 8080 1985
STOPSIGNAL SIGTERM
CMD ["./objs/srs", "-c", "conf/docker.conf"]
