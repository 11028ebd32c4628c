/**
 * The result of the last reload, as the API reports it.
 */
#ifndef APP_SERVER_RELOAD_RESULT_H
#define APP_SERVER_RELOAD_RESULT_H

/* Sizes of a reload's id and of the text about a failure. */
enum { RELOAD_ID_CAP = 8, RELOAD_TEXT_CAP = 512 };

/* The stage that a reload has reached. */
enum reload_state {
    RELOAD_NONE_YET = 0,
    RELOAD_PARSING = 10,
    RELOAD_CHECKING = 20,
    RELOAD_APPLYING = 50,
    RELOAD_DONE = 90
};

struct reload_result {
    int               code; /* enum err_code */
    enum reload_state state;
    char              id[RELOAD_ID_CAP];     /* random; empty before the first one */
    char              text[RELOAD_TEXT_CAP]; /* empty: no failure */
};

#endif
