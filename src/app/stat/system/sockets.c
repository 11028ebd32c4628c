#include "app/stat/system/sockets.h"

#include <stdlib.h>
#include <string.h>

#include "app/stat/system/proc_text.h"
#include "core/attr.h"

/* The number that follows `word` in the line of `label`: "TCP: inuse 5 orphan 0". */
static int64_t number_of(const char *text, const char *label, const char *word)
{
    const char *at = proc_text_find(text, label);
    size_t      len = strlen(word);
    while (at && *at && *at != '\n') {
        at += strspn(at, " ");
        if (strncmp(at, word, len) == 0 && at[len] == ' ')
            return strtoll(at + len, NULL, 10);
        at += strcspn(at, " \n");
    }
    return 0;
}

/* net/snmp has a line of names above each line of numbers. */
static int64_t established_of(const char *snmp)
{
    static const char wanted[] = "CurrEstab ";
    const char       *names = proc_text_find(snmp, "Tcp");
    const char       *numbers = names ? proc_text_find(proc_text_next_line(names), "Tcp") : NULL;
    int64_t           v[32];
    size_t            n = numbers ? proc_text_numbers(numbers, v, ARRAY_LEN(v)) : 0;
    for (size_t i = 0; i < n; i++) {
        names += strspn(names, " ");
        if (strncmp(names, wanted, strlen(wanted)) == 0)
            return v[i];
        names += strcspn(names, " \n");
    }
    return 0;
}

bool sockets_parse(const char *sockstat, const char *sockstat6, const char *snmp, struct sockets *out)
{
    int64_t time_wait = number_of(sockstat, "TCP", "tw");
    *out = (struct sockets){
        .tcp = number_of(sockstat, "TCP", "alloc") + time_wait,
        .established = established_of(snmp),
        .time_wait = time_wait,
        .udp = number_of(sockstat, "UDP", "inuse") + number_of(sockstat6, "UDP6", "inuse"),
    };
    return proc_text_find(sockstat, "TCP") != NULL;
}
