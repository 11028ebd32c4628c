#include "app/conf/check_kafka.h"

#include "app/conf/show.h"
#include "core/attr.h"
#include "core/str.h"

static const char *word_of(const struct conf_node *kafka, const char *name)
{
    const char *word = conf_node_word(conf_node_child(kafka, name));
    return word && *word ? word : NULL;
}

static bool is_mechanism(const char *word)
{
    static const char *const known[] = { "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512" };
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_equal(word, known[i]))
            return true;
    return false;
}

static struct err *check_login(const struct conf_node *kafka, const char *sasl)
{
    char where[CONF_AT_MAX], shown[CONF_SHOW_MAX];
    conf_node_at(conf_node_child(kafka, "sasl"), where, sizeof where);
    if (!is_mechanism(sasl))
        return err_new(E_SYSTEM_CONFIG_INVALID, "kafka.sasl: %s is not one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512%s",
                       conf_show(sasl, shown, sizeof shown), where);
    if (!word_of(kafka, "user") || !word_of(kafka, "password"))
        return err_new(E_SYSTEM_CONFIG_INVALID, "kafka.sasl needs kafka.user and kafka.password%s", where);
    return NULL;
}

struct err *conf_check_kafka(const struct conf_node *kafka, struct conf_report *report)
{
    const char *sasl = word_of(kafka, "sasl");
    char        where[CONF_AT_MAX];
    if (!word_of(kafka, "tls_cert") != !word_of(kafka, "tls_key"))
        return err_new(E_SYSTEM_CONFIG_INVALID, "kafka.tls_cert and kafka.tls_key need each other%s",
                       conf_node_at(kafka, where, sizeof where));
    struct err *e = sasl ? check_login(kafka, sasl) : NULL;
    if (!e && sasl && str_equal(sasl, "PLAIN") && !str_equal(word_of(kafka, "tls"), "on"))
        conf_report_add(report, LOG_WARN, "%s: the password goes to the brokers as plain text: kafka { tls on; }",
                        conf_node_where(conf_node_child(kafka, "sasl"), where, sizeof where));
    return e;
}
