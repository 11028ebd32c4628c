#include "app/exec/line.h"

#include "core/str.h"

/* The variables of a command. [duration] and [seq] belong to files. */
enum {
    OF_THE_CLIENT =
        1 << VARIABLE_TC_URL | 1 << VARIABLE_SWF_URL | 1 << VARIABLE_PAGE_URL | 1 << VARIABLE_PORT | 1 << VARIABLE_URL,
    REPLACED = VARIABLES_NAMES | VARIABLES_TIME | OF_THE_CLIENT,
};

enum redirection { NONE, OUTPUT, ERRORS };

/* The redirection that a word is or begins with; *file is the rest of the word. A number belongs to it if it touches the `>`. */
static enum redirection redirection_of(const char *word, const char **file)
{
    bool        is_errors = word[0] == '2';
    const char *rest = word + (is_errors || word[0] == '1');
    if (*rest != '>')
        return NONE;
    *file = rest + (rest[1] == '>' ? 2 : 1); /* >> is the same as >, because output is always appended. */
    return is_errors ? ERRORS : OUTPUT;
}

/* Take a redirection. If its file is the next word, *i moves there. */
static void put_redirection(struct command_maker *m, const struct conf_words *words, size_t *i, enum redirection kind,
                            const char *file)
{
    if (!*file && *i + 1 < words->count)
        file = words->items[++*i];
    if (!*file)
        command_fail(m, err_new(E_ENCODER_FORK, "the redirection %s has no file", words->items[*i]));
    else if (kind == ERRORS && str_equal(file, "&1"))
        command_errors_to_output(m);
    else if (kind == ERRORS)
        command_errors(m, file, REPLACED);
    else
        command_output(m, file, REPLACED);
}

static void put_words(struct command_maker *m, const struct conf_words *words)
{
    if (!words->count || !words->items[0][0]) {
        command_fail(m, err_new(E_ENCODER_FORK, "no program is named"));
        return;
    }
    command_word(m, words->items[0]);
    for (size_t i = 1; i < words->count; i++) {
        const char      *file = NULL;
        enum redirection kind = redirection_of(words->items[i], &file);
        if (kind == NONE)
            command_template(m, words->items[i], REPLACED);
        else
            put_redirection(m, words, &i, kind, file);
    }
}

struct err *line_make(struct command *c, const struct conf_words *words, const struct command_values *values)
{
    struct command_maker m;
    command_begin(&m, values);
    put_words(&m, words);
    return command_end(&m, c);
}
