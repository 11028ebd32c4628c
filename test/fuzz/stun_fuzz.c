/* A message is read, its sender is checked, and an answer to it is read as it was written. */
#include "protocol/rtc/stun.h"

#include "fuzzing.h"

static void same_answer(const struct stun_message *m)
{
    uint8_t             bytes[STUN_MESSAGE_MAX];
    struct wr           w = wr_over(bytes, sizeof bytes);
    struct stun_message again;
    stun_write_begin(&w, STUN_FAILURE, m->id);
    if (m->mapped.len)
        stun_write_mapped(&w, &m->mapped);
    stun_write_unknown(&w, m->unknown, m->n_unknown);
    stun_write_role(&w, m->is_controlling, m->tie_breaker);
    check(stun_write_end(&w, "password"));
    check(stun_parse(&again, bytes, wr_len(&w)) && stun_is_from(&again, "password"));
    check(again.tie_breaker == m->tie_breaker && rtc_addr_is(&again.mapped, &m->mapped));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stun_message m;
    const char         *ufrag = NULL;
    size_t              len = 0;
    if (stun_username(data, size, &ufrag, &len))
        check(len > 0 && (const uint8_t *)ufrag > data && (const uint8_t *)ufrag + len < data + size);
    if (!stun_parse(&m, data, size))
        return 0;
    if (m.username)
        check((const uint8_t *)m.username + m.username_len <= data + size);
    if (stun_is_from(&m, "password"))
        check(m.integrity != NULL);
    same_answer(&m);
    return 0;
}
