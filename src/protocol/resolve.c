#include "protocol/resolve.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/str.h"
#include "protocol/offload.h"

enum { SERVICE_CAP = 8, SHOWN_CAP = 4 * RESOLVE_NAME_MAX + 4 };

struct lookup {
    struct offload_job     job;
    const struct resolver *resolver;
    char                   host[RESOLVE_NAME_MAX + 1], service[SERVICE_CAP];
    int                    failure; /* error code of getaddrinfo(), or 0 */
    struct resolved        found;
};

static const struct resolver  system_resolver = { getaddrinfo, freeaddrinfo };
static const struct resolver *asked = &system_resolver;

void resolve_with(const struct resolver *resolver)
{
    asked = resolver ? resolver : &system_resolver;
}

bool resolve_numeric(const char *host, uint16_t port, struct resolved *out)
{
    struct sockaddr_in  v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    char                ip[INET6_ADDRSTRLEN];
    size_t              len = strlen(host);
    bool                in_brackets = len >= 2 && host[0] == '[' && host[len - 1] == ']';
    struct str          text = str_over(ip, sizeof ip);
    str_append(&text, host + in_brackets, len - 2 * in_brackets);
    if (text.cut)
        return false;
    *out = (struct resolved){ .count = 1 };
    struct resolved_address *a = &out->items[0];
    if (!in_brackets && inet_pton(AF_INET, ip, &v4.sin_addr) == 1) {
        a->len = sizeof v4;
        memcpy(&a->addr, &v4, sizeof v4);
        return true;
    }
    if (inet_pton(AF_INET6, ip, &v6.sin6_addr) == 1) {
        a->len = sizeof v6;
        memcpy(&a->addr, &v6, sizeof v6);
        return true;
    }
    return false;
}

/* It runs on a thread, so it neither logs nor calls coroutine functions. */
static void work(struct offload_job *job)
{
    static const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };

    struct lookup   *l = CONTAINER_OF(job, struct lookup, job);
    struct addrinfo *list = NULL;
    l->failure = l->resolver->lookup(l->host, l->service, &hints, &list);
    if (l->failure)
        return;
    for (struct addrinfo *a = list; a && l->found.count < RESOLVE_ADDRESSES_MAX; a = a->ai_next) {
        if ((a->ai_family != AF_INET && a->ai_family != AF_INET6) || a->ai_addrlen > sizeof l->found.items[0].addr)
            continue;
        struct resolved_address *to = &l->found.items[l->found.count++];
        memcpy(&to->addr, a->ai_addr, a->ai_addrlen);
        to->len = a->ai_addrlen;
    }
    l->resolver->release(list);
}

static void drop(struct offload_job *job)
{
    mem_free(CONTAINER_OF(job, struct lookup, job));
}

struct err *resolve(const char *host, uint16_t port, int64_t deadline_us, struct resolved *out)
{
    char   shown[SHOWN_CAP];
    size_t len = strlen(host);
    if (resolve_numeric(host, port, out))
        return NULL;
    str_printable(host, len < RESOLVE_NAME_MAX ? len : RESOLVE_NAME_MAX, shown, sizeof shown);
    if (!len || len > RESOLVE_NAME_MAX)
        return err_new(E_SYSTEM_DNS_RESOLVE, "a host name has 1 to %d characters, %s %zu", RESOLVE_NAME_MAX, shown,
                       len);

    struct lookup *l = mem_calloc(1, sizeof *l);
    if (!l)
        return err_no_memory();
    l->job = (struct offload_job){ .work = work, .drop = drop };
    l->resolver = asked;
    str_copy(l->host, sizeof l->host, host);
    snprintf(l->service, sizeof l->service, "%u", port);
    struct err *e = offload(OFFLOAD_DNS, &l->job, deadline_us);
    if (e)
        return err_wrap(e, "look up %s", shown);
    *out = l->found;
    if (l->failure || !out->count)
        e = err_new(E_SYSTEM_DNS_RESOLVE, "look up %s: %s", shown,
                    l->failure ? gai_strerror(l->failure) : "it has no address");
    drop(&l->job);
    return e;
}
