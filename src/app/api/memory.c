/* Memory held for all streams and connections, and what was dropped to stay within the limit. SRS has no such endpoint. */
#include "app/api/endpoints.h"
#include "app/api/reply.h"
#include "app/memory/kinds.h"
#include "app/source/give_way.h"
#include "core/blob_store.h"
#include "core/mem.h"

static void put_kinds(struct jw *j, const struct memory_kinds *m)
{
    jw_object(j, "kinds");
    for (int kind = 0; kind < MEMORY_KINDS; kind++)
        jw_int(j, memory_kind_name((enum memory_kind)kind), m->bytes[kind]);
    jw_object_end(j);
    jw_int(j, "stacks", m->stacks);
    jw_int(j, "resident", m->resident);
}

static struct err *write_memory(struct api_reply *r)
{
    const struct sources  *all = &r->server->sources;
    const struct given_up *g = &all->given_up;
    size_t                 limit = mem_limit();
    bool                   has_room = mem_has_room(); /* comes first, because it may free memory */
    struct memory_kinds    kinds = memory_kinds_read(r->server);
    api_begin_data(r);
    jw_int(&r->json, "limit", (int64_t)limit);
    jw_int(&r->json, "held", (int64_t)mem_held());
    jw_bool(&r->json, "has_room", has_room);
    put_kinds(&r->json, &kinds);
    jw_object(&r->json, "segments");
    jw_int(&r->json, "bytes", (int64_t)blob_store_bytes());
    jw_int(&r->json, "held", (int64_t)blob_store_held());
    jw_object_end(&r->json);
    jw_int(&r->json, "gop_share", limit ? (int64_t)give_way_gop_share(all) : 0);
    jw_int(&r->json, "over_share", g->over_share);
    jw_object(&r->json, "given_up");
    for (enum give_way_step step = 0; step < GIVE_WAY_STEPS; step++) {
        jw_object(&r->json, give_way_name(step));
        jw_int(&r->json, "times", g->steps[step].times);
        jw_int(&r->json, "bytes", g->steps[step].bytes);
        jw_object_end(&r->json);
    }
    jw_object_end(&r->json);
    api_end_data(r);
    return NULL;
}

struct err *api_memory(struct http_exchange *x)
{
    return api_answer(x, write_memory);
}
