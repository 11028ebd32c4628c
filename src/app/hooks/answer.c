#include "app/hooks/answer.h"

#include "core/jr.h"
#include "protocol/http/status.h"

struct err *hook_answer_judge(int status, const char *body, size_t len)
{
    struct jr_value answer, code;
    int64_t         n;
    if (status != HTTP_STATUS_OK && status != HTTP_STATUS_CREATED)
        return err_new(E_HTTP_STATUS_INVALID, "http: status %d", status);
    if (len == 1 && body[0] == '0')
        return NULL;
    if (len == 0)
        return err_new(E_HTTP_DATA_INVALID, "http: the answer is empty");
    if (!jr_parse(body, len, &answer) || answer.kind != JR_OBJECT)
        return err_new(E_HTTP_DATA_INVALID, "http: the answer is neither 0 nor a JSON object");
    if (!jr_member(&answer, "code", &code) || !jr_int(&code, &n))
        return err_new(E_RESPONSE_CODE, "http: the answer has no integer code");
    return n ? err_new(E_RESPONSE_CODE, "http: the answer has code %lld", (long long)n) : NULL;
}
