#include "app/program/stream_values.h"

#include "app/source/source.h"

static const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

struct command_values stream_values(const struct source *s)
{
    static const struct publisher none;
    const struct publisher       *p = s->publisher ? s->publisher : &none;
    return (struct command_values){
        .vhost = s->vhost->name,
        .app = s->app,
        .stream = s->stream,
        .param = text_or_empty(p->param),
        .engine = "",
        .host = text_or_empty(p->host),
        .tc_url = text_or_empty(p->tc_url),
        .swf_url = text_or_empty(p->swf_url),
        .page_url = text_or_empty(p->page_url),
        .port = p->port,
        .utc = s->conf->utc_time,
    };
}
