#include "core/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/str.h"

struct err {
    struct err   *cause; /* NULL: this is the innermost error */
    enum err_code code;
    int           errnum;
    int           line;
    const char   *file;
    const char   *func;
    char          text[];
};

static struct err no_memory = { .code = E_NO_MEMORY, .file = "mem", .func = "mem_alloc" };

static struct err *make(struct err *cause, enum err_code code, int errnum, const char *file, int line, const char *func,
                        const char *fmt, va_list args)
{
    char   text[ERR_TEXT_MAX];
    int    n = vsnprintf(text, sizeof text, fmt, args);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;

    struct err *e = mem_alloc(sizeof *e + len + 1);
    if (!e) {
        err_free(cause);
        return &no_memory;
    }
    *e = (struct err){ .cause = cause, .code = code, .errnum = errnum, .file = file, .line = line, .func = func };
    memcpy(e->text, text, len);
    e->text[len] = '\0';
    str_tame(e->text, len);
    return e;
}

struct err *err_new_at(const char *file, int line, const char *func, enum err_code code, int errnum, const char *fmt,
                       ...)
{
    va_list args;
    va_start(args, fmt);
    struct err *e = make(NULL, code, errnum, file, line, func, fmt, args);
    va_end(args);
    return e;
}

struct err *err_wrap_at(const char *file, int line, const char *func, struct err *cause, const char *fmt, ...)
{
    if (!cause)
        return NULL;
    va_list args;
    va_start(args, fmt);
    struct err *e = make(cause, err_code(cause), err_errno(cause), file, line, func, fmt, args);
    va_end(args);
    return e;
}

struct err *err_no_memory(void)
{
    return &no_memory;
}

enum err_code err_code(const struct err *e)
{
    return e ? e->code : E_SUCCESS; /* a wrap has copied the code of its cause */
}

int err_errno(const struct err *e)
{
    return e ? e->errnum : 0;
}

const char *err_cause(const struct err *e)
{
    while (e && e->cause)
        e = e->cause;
    return e == &no_memory ? err_code_meaning(E_NO_MEMORY) : e ? e->text : "";
}

void err_free(struct err *e)
{
    while (e && e != &no_memory) {
        struct err *cause = e->cause;
        mem_free(e);
        e = cause;
    }
}

struct err *err_except(struct err *e, enum err_code code)
{
    if (!e || e->code != code)
        return e;
    err_free(e);
    return NULL;
}

struct code_row {
    int         code;
    const char *name, *meaning;
};

static const struct code_row code_table[] = {
#define CODE_ROW(number, symbol, name, meaning) { number, name, meaning },
    ERR_CODES(CODE_ROW)
#undef CODE_ROW
};

static const struct code_row *find_code(int code)
{
    for (size_t i = 0; i < ARRAY_LEN(code_table); i++)
        if (code_table[i].code == code)
            return &code_table[i];
    return NULL;
}

const char *err_code_name(int code)
{
    const struct code_row *row = find_code(code);
    return row ? row->name : "Unknown";
}

const char *err_code_meaning(int code)
{
    const struct code_row *row = find_code(code);
    return row ? row->meaning : "";
}

static void put_words(struct str *out, const struct err *e, const char *before_each)
{
    for (; e; e = e->cause) {
        const char *text = e == &no_memory ? "out of memory" : e->text;
        str_printf(out, "%s%s", before_each, text);
        if (!*before_each)
            before_each = " : ";
    }
}

const char *err_text(const struct err *e, char *buf, size_t cap)
{
    struct str out = str_over(buf, cap);
    put_words(&out, e, "");
    return buf;
}

const char *err_summary(const struct err *e, char *buf, size_t cap)
{
    struct str out = str_over(buf, cap);
    str_printf(&out, "code=%d(%s)", (int)err_code(e), err_code_name(err_code(e)));
    put_words(&out, e, " : ");
    return buf;
}

/* The last part of a path: the folders before it depend on where the source was built. */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *err_describe(const struct err *e, int pid, const char *trace, char *buf, size_t cap)
{
    struct str out = str_over(buf, cap);
    str_printf(&out, "code=%d(%s)(%s)", (int)err_code(e), err_code_name(err_code(e)), err_code_meaning(err_code(e)));
    put_words(&out, e, " : ");
    for (; e; e = e->cause) {
        str_printf(&out, "\nthread [%d][%s]: %s() [%s:%d][errno=%d]", pid, trace, e->func, base_name(e->file), e->line,
                   e->cause ? 0 : e->errnum);
        if (!e->cause && e->errnum)
            str_printf(&out, "(%s)", strerror(e->errnum));
    }
    return buf;
}
