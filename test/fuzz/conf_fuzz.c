/*
 * A configuration of any bytes: grammar, old spellings, environment, checks, snapshot and difference. A configuration that loads
 * must load again, and the two must not differ.
 *
 * The input is the file up to a NUL; after it come the variables of the environment, one in each line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "app/conf/conf_load.h"
#include "app/conf/diff.h"

enum { VARIABLES_MAX = 16 };

static void split_environment(char *text, char **envp)
{
    int n = 0;
    for (char *line = strtok(text, "\n"); line && n < VARIABLES_MAX; line = strtok(NULL, "\n"))
        envp[n++] = line;
    envp[n] = NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
    size_t         len = nul ? (size_t)(nul - data) : size;
    char          *text = malloc(len + 1), *env = calloc(1, size - len + 1);
    char          *envp[VARIABLES_MAX + 1];
    memcpy(text, data, len);
    if (nul)
        memcpy(env, nul + 1, size - len - 1);
    split_environment(env, envp);

    struct conf_source s = { .path = "t.conf", .dir = "/nonexistent", .text = text, .text_len = len, .envp = envp };
    struct conf_report r = { 0 };
    struct conf       *a = NULL, *b = NULL;
    struct err        *e = conf_load(&s, &a, &r);
    if (!e) {
        struct conf_changes changes = { 0 };
        if (conf_load(&s, &b, &r) || conf_diff(a, b, &changes) || changes.count)
            abort();
        conf_find_vhost(a, "__defaultVhost__");
    }
    err_free(e);
    conf_unref(&a);
    conf_unref(&b);
    conf_report_finish(&r);
    free(text);
    free(env);
    return 0;
}
