/* The log: the form of its lines, their destination, and that they arrive. */
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <regex.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"

enum { PATIENCE_US = 60 * US_PER_SECOND };

#define HEAD(level) "^\\[[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}\\]\\[" level "\\]"

static char dir[64], path[128], other_path[128];

static const char *trace_of_test(void)
{
    return "7f3a90bc";
}

/* ---- files ---- */

static char *slurp(const char *name)
{
    FILE *f = fopen(name, "r");
    assert_non_null(f);
    size_t len = 0, cap = 1 << 16;
    char  *text = malloc(cap);
    for (size_t n; (n = fread(text + len, 1, cap - len - 1, f)) > 0;)
        if ((len += n) + 1 == cap)
            text = realloc(text, cap *= 2);
    text[len] = '\0';
    (void)fclose(f);
    return text;
}

/* Assert that the text is one log line of this form. */
static void assert_line(const char *text, const char *pattern)
{
    regex_t re;
    assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
    if (regexec(&re, text, 0, NULL, 0) != 0)
        fail_msg("this line:\n%s\ndoes not look like:\n%s", text, pattern);
    regfree(&re);
}

static void assert_file(const char *name, const char *pattern)
{
    char *text = slurp(name);
    assert_line(text, pattern);
    free(text);
}

static void log_to(const char *file, enum log_level level)
{
    struct log_settings settings = { .level = level, .to_console = !file };
    if (file)
        snprintf(settings.path, sizeof settings.path, "%s", file);
    assert_null(log_setup(&settings));
}

static int setup(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/log_test.XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/srs.log", dir);
    snprintf(other_path, sizeof other_path, "%s/other.log", dir);
    log_set_trace_source(trace_of_test);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    log_stop(PATIENCE_US);
    log_set_trace_source(NULL);
    log_to(NULL, LOG_INFO);
    unlink(path);
    unlink(other_path);
    return rmdir(dir);
}

/* ---- lines ---- */

static void a_line_has_time_level_process_and_trace(void **state)
{
    (void)state;
    char pattern[200];
    log_to(path, LOG_TRACE);
    log_info("RTMP client ip=%s", "1.2.3.4");
    snprintf(pattern, sizeof pattern, HEAD("INFO") "\\[%d\\]\\[7f3a90bc\\] RTMP client ip=1\\.2\\.3\\.4\n$",
             (int)getpid());
    assert_file(path, pattern);
}

static void without_a_trace_its_place_is_empty(void **state)
{
    (void)state;
    log_to(path, LOG_TRACE);
    log_set_trace_source(NULL);
    log_trace("x");
    assert_file(path, HEAD("TRACE") "\\[[0-9]+\\]\\[\\] x\n$");
}

static void warnings_have_the_errno_of_their_error_not_a_stale_one(void **state)
{
    (void)state;
    char pattern[200];
    log_to(path, LOG_TRACE);
    errno = ECONNRESET;
    log_warn("client gone");
    assert_file(path, HEAD("WARN") "\\[[0-9]+\\]\\[7f3a90bc\\]\\[0\\] client gone\n$");

    assert_int_equal(truncate(path, 0), 0);
    errno = ENOENT;
    log_err(LOG_WARN, err_sys(E_SYSTEM_FILE_OPEN, "open it"), "odd:");
    snprintf(pattern, sizeof pattern,
             HEAD("WARN") "\\[[0-9]+\\]\\[7f3a90bc\\]\\[%d\\] odd: code=1042\\(FileOpen\\) : open it\n$", ENOENT);
    assert_file(path, pattern);
}

static void writing_a_line_keeps_errno(void **state)
{
    (void)state;
    log_to(path, LOG_TRACE);
    errno = EXDEV;
    log_info("x");
    assert_int_equal(errno, EXDEV);
    log_error("x");
    assert_int_equal(errno, EXDEV);
}

static void an_error_is_told_whole_and_a_warning_in_one_line(void **state)
{
    (void)state;
    log_to(path, LOG_TRACE);
    struct err *e = err_new_at("a/io.c", 5, "io_read", E_SOCKET_READ, EPIPE, "recv");
    log_err(LOG_ERROR, err_wrap_at("b/conn.c", 9, "serve", e, "serve"), "closed:");
    assert_file(path, HEAD("ERROR") "\\[[0-9]+\\]\\[7f3a90bc\\]\\[32\\] closed: code=1007\\(SocketRead\\)\\([^)]+\\) : "
                                    "serve : recv\n"
                                    "thread \\[[0-9]+\\]\\[7f3a90bc\\]: serve\\(\\) \\[conn\\.c:9\\]\\[errno=0\\]\n"
                                    "thread \\[[0-9]+\\]\\[7f3a90bc\\]: io_read\\(\\) "
                                    "\\[io\\.c:5\\]\\[errno=32\\]\\(Broken pipe\\)\n$");

    assert_int_equal(truncate(path, 0), 0);
    log_err(LOG_WARN, err_new(E_LIMIT, "too long"), "refused:");
    assert_file(path,
                HEAD("WARN") "\\[[0-9]+\\]\\[7f3a90bc\\]\\[0\\] refused: code=1901\\(LimitExceeded\\) : too long\n$");

    assert_int_equal(truncate(path, 0), 0);
    log_err(LOG_ERROR, NULL, "nothing");
    assert_file(path, "^$");
}

static struct log_limits limits_of_test;

static struct log_limits *give_limits(void)
{
    return &limits_of_test;
}

static void a_connection_with_limits_writes_a_line_of_a_kind_a_second_and_a_count(void **state)
{
    (void)state;
    log_to(path, LOG_DEBUG);
    limits_of_test = (struct log_limits){ 0 };
    log_set_limits_source(give_limits);
    for (int i = 0; i < 5; i++)
        log_warn("refused %d", i);
    log_err(LOG_WARN, err_new(E_LIMIT, "too long"), "closing,");
    log_err(LOG_WARN, err_new(E_LIMIT, "too long"), "closing,"); /* freed nevertheless */
    log_write_as("other", LOG_INFO, "of somebody else");
    log_write_as("other", LOG_INFO, "of somebody else");
    log_debug("detail");
    log_debug("detail"); /* debug lines are never limited */
    log_tell_held(&limits_of_test);
    log_set_limits_source(NULL);
    assert_file(path, "\\] refused 0\n"
                      "[^\n]*closing, code=1901\\(LimitExceeded\\) : too long\n"
                      "[^\n]*of somebody else\n[^\n]*of somebody else\n[^\n]*detail\n[^\n]*detail\n"
                      "[^\n]*\\[WARN\\][^\n]*\\(4 more like \"refused %d\" were not logged\\)\n"
                      "[^\n]*\\[WARN\\][^\n]*\\(1 more like \"closing,\" were not logged\\)\n$");
}

static void a_line_within_other_limits_does_not_count_for_the_connection(void **state)
{
    struct log_limits of_many = { 0 };
    (void)state;
    log_to(path, LOG_DEBUG);
    limits_of_test = (struct log_limits){ 0 };
    log_set_limits_source(give_limits);
    for (int i = 0; i < 3; i++)
        log_write_within(&of_many, LOG_WARN, "gave way %d", i);
    log_tell_held(&limits_of_test); /* it has held back no line */
    log_tell_held(&of_many);
    log_set_limits_source(NULL);
    assert_file(path, "\\] gave way 0\n[^\n]*\\[WARN\\][^\n]*\\(2 more like \"gave way %d\" were not logged\\)\n$");
}

static void an_error_below_the_level_is_freed_all_the_same(void **state)
{
    (void)state;
    log_to(path, LOG_ERROR);
    log_err(LOG_WARN, err_new(E_LIMIT, "x"), "y"); /* the leak checker finds an error that is not freed */
    assert_file(path, "^$");
}

static void off_is_no_level_of_a_line(void **state)
{
    (void)state;
    enum log_level levels[] = { LOG_TRACE, LOG_OFF };
    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        log_to(path, levels[i]);
        log_write(LOG_OFF, "x");
        log_err(LOG_OFF, err_new(E_LIMIT, "x"), "y");
        assert_false(log_enabled(LOG_OFF));
        assert_file(path, "^$");
    }
}

static void lines_below_the_level_are_not_written(void **state)
{
    (void)state;
    for (enum log_level level = LOG_TRACE; level <= LOG_OFF; level++) {
        log_to(path, level);
        assert_int_equal(truncate(path, 0), 0);
        log_trace("0");
        log_debug("1");
        log_info("2");
        log_warn("3");
        log_error("4");
        char *text = slurp(path);
        int   n = 0;
        for (const char *p = text; *p; p++)
            n += *p == '\n';
        assert_int_equal(n, LOG_OFF - level);
        free(text);
        for (enum log_level l = LOG_TRACE; l <= LOG_ERROR; l++)
            assert_int_equal(log_enabled(l), l >= level);
    }
}

static void a_long_line_is_cut_and_still_ends(void **state)
{
    (void)state;
    static char words[2 * LOG_LINE_MAX];
    memset(words, 'w', sizeof words - 1);
    log_to(path, LOG_TRACE);
    log_info("%s", words);
    errno = 0;
    log_error("%s", words);
    log_err(LOG_ERROR, err_new(E_LIMIT, "x"), "%s", words);
    log_info("next");
    char *text = slurp(path), *line = text;
    for (int i = 0; i < 3; i++) {
        char *end = strchr(line, '\n');
        assert_non_null(end);
        assert_true(end + 1 - line <= LOG_LINE_MAX);
        assert_true(end - line > LOG_LINE_MAX - 50);
        line = end + 1;
    }
    assert_line(line, HEAD("INFO") ".* next\n$");
    free(text);
}

static void utc_is_said_in_utc(void **state)
{
    (void)state;
    struct log_settings settings = { .level = LOG_INFO, .utc = true };
    snprintf(settings.path, sizeof settings.path, "%s", path);
    assert_int_equal(setenv("TZ", "XYZ-05:45", 1), 0);
    tzset();
    time_t before = time(NULL);
    log_to(other_path, LOG_INFO);
    while (time(NULL) == before) /* the text of a second that was made before TZ was set is still in use */
        sched_yield();
    log_info("in local time, most likely in the same second");
    assert_null(log_setup(&settings));
    log_info("x");
    char     *text = slurp(path);
    struct tm parts = { 0 };
    assert_non_null(strptime(text + 1, "%Y-%m-%d %H:%M:%S", &parts));
    time_t said = timegm(&parts);
    assert_true(said >= before && said <= time(NULL));
    free(text);
    unsetenv("TZ");
    tzset();
}

static void words_name_levels(void **state)
{
    (void)state;
    assert_int_equal(log_level_from_old_word("verbose"), LOG_TRACE);
    assert_int_equal(log_level_from_old_word("info"), LOG_DEBUG);
    assert_int_equal(log_level_from_old_word("trace"), LOG_INFO);
    assert_int_equal(log_level_from_old_word("warn"), LOG_WARN);
    assert_int_equal(log_level_from_old_word("error"), LOG_ERROR);
    assert_int_equal(log_level_from_old_word("off"), LOG_OFF);
    assert_int_equal(log_level_from_word("trace"), LOG_TRACE);
    assert_int_equal(log_level_from_word("debug"), LOG_DEBUG);
    assert_int_equal(log_level_from_word("info"), LOG_INFO);
    assert_int_equal(log_level_from_word("warn"), LOG_WARN);
    assert_int_equal(log_level_from_word("error"), LOG_ERROR);
    assert_int_equal(log_level_from_word("verbose"), LOG_OFF);
}

/* ---- destinations ---- */

static void the_console_is_stdout_without_colour_in_a_file(void **state)
{
    (void)state;
    (void)fflush(stdout);
    int kept = dup(STDOUT_FILENO), fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(kept >= 0 && fd >= 0);
    dup2(fd, STDOUT_FILENO);
    log_to(NULL, LOG_INFO);
    int described = log_descriptor();
    log_warn("to the console");
    dup2(kept, STDOUT_FILENO);
    close(kept);
    close(fd);
    assert_int_equal(described, STDOUT_FILENO);
    assert_file(path, HEAD("WARN") ".* to the console\n$");
}

static void a_file_is_appended_to(void **state)
{
    (void)state;
    log_to(path, LOG_INFO);
    log_info("one");
    log_to(path, LOG_INFO);
    log_info("two");
    char *text = slurp(path);
    assert_non_null(strstr(text, "one\n["));
    assert_non_null(strstr(text, "two\n"));
    free(text);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777 & ~0644, 0);
}

static void a_file_that_cannot_be_opened_changes_nothing(void **state)
{
    (void)state;
    struct log_settings settings = { .level = LOG_ERROR };
    log_to(path, LOG_INFO);
    snprintf(settings.path, sizeof settings.path, "%s/not/there.log", dir);
    struct err *e = log_setup(&settings);
    assert_int_equal(err_code(e), E_SYSTEM_FILE_OPEN);
    assert_int_equal(err_errno(e), ENOENT);
    err_free(e);
    log_info("still here");
    assert_file(path, "still here\n$");
}

static void reopening_makes_the_file_anew_after_rotation(void **state)
{
    (void)state;
    log_to(path, LOG_INFO);
    log_info("before");
    assert_int_equal(rename(path, other_path), 0);
    log_info("between");
    log_reopen();
    log_info("after");
    char *old = slurp(other_path), *new = slurp(path);
    assert_non_null(strstr(old, "before"));
    assert_non_null(strstr(old, "between"));
    assert_null(strstr(old, "after"));
    assert_line(new, HEAD("INFO") ".* after\n$");
    free(old);
    free(new);
}

static void reopening_the_console_does_nothing(void **state)
{
    (void)state;
    log_to(NULL, LOG_OFF);
    log_reopen();
    assert_int_equal(log_descriptor(), STDOUT_FILENO);
    assert_null(log_start_writer());
    log_reopen();
    log_stop(PATIENCE_US);
    assert_int_equal(log_descriptor(), STDOUT_FILENO);
}

/* ---- the writer thread ---- */

static void the_writer_drains_everything_at_stop(void **state)
{
    (void)state;
    enum { LINES = 20000 };
    log_to(path, LOG_INFO);
    assert_null(log_start_writer());
    for (int i = 0; i < LINES; i++)
        log_info("line %d.", i);
    log_stop(PATIENCE_US);
    char *text = slurp(path), *at = text;
    for (int i = 0; i < LINES; i++) { /* all lines, in their order */
        char words[32];
        snprintf(words, sizeof words, "line %d.\n", i);
        at = strstr(at, words);
        assert_non_null(at);
    }
    free(text);
}

static void a_thread_reopens_too(void **state)
{
    (void)state;
    log_to(path, LOG_INFO);
    assert_null(log_start_writer());
    log_info("before");
    assert_int_equal(rename(path, other_path) == 0 || errno == ENOENT, 1);
    log_reopen();
    struct stat st;
    int64_t     deadline = now_us() + PATIENCE_US;
    while (stat(path, &st) != 0 && now_us() < deadline)
        sched_yield();
    log_info("after");
    log_stop(PATIENCE_US);
    assert_file(path, "after\n$");
    assert_file(other_path, "before\n$");
}

static void after_the_stop_lines_are_written_at_once(void **state)
{
    (void)state;
    log_to(path, LOG_INFO);
    assert_null(log_start_writer());
    log_stop(PATIENCE_US);
    log_stop(PATIENCE_US); /* a second call finds nothing to do */
    log_to(path, LOG_INFO);
    log_info("late");
    assert_file(path, "late\n$");
}

/* ---- a disk that hangs: a pipe in its place, which takes 64 KiB until it is read ---- */

static int pipe_reader = -1;

static void log_into_pipe(void)
{
    assert_int_equal(mkfifo(path, 0600), 0);
    pipe_reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(pipe_reader >= 0);
    log_to(path, LOG_INFO);
    assert_int_equal(fcntl(pipe_reader, F_SETFL, 0), 0);
    assert_null(log_start_writer());
}

/* Reads everything until the last writer has closed. */
static void *read_pipe(void *out)
{
    size_t len = 0, cap = 1 << 20;
    char  *text = malloc(cap);
    for (ssize_t n; (n = read(pipe_reader, text + len, cap - len - 1)) > 0;)
        if ((len += (size_t)n) + 1 == cap)
            text = realloc(text, cap *= 2);
    text[len] = '\0';
    *(char **)out = text;
    return NULL;
}

static void a_full_queue_drops_lines_and_says_how_many(void **state)
{
    (void)state;
    static char words[4000];
    memset(words, 'w', sizeof words - 1);
    log_into_pipe();
    enum { LINES = 3000 }; /* 12 MB: more than twice the queue */
    for (int i = 0; i < LINES; i++)
        log_info("%d %s", i, words); /* a log call never blocks */

    char     *text = NULL;
    pthread_t reader;
    assert_int_equal(pthread_create(&reader, NULL, read_pipe, &text), 0);
    /* Once the writer has taken the queue there is room again: lines go in, with the note in front. */
    int64_t         deadline = now_us() + PATIENCE_US;
    int             n_more = 0;
    struct timespec tick = { .tv_nsec = 1000000 };
    do {
        log_info("more %d", ++n_more);
        nanosleep(&tick, NULL); /* so that the queue is not filled again */
    } while (n_more < 500 && now_us() < deadline);
    log_stop(PATIENCE_US);
    pthread_join(reader, NULL);
    close(pipe_reader);

    static const char head[] = "(the log could not keep up: ";
    unsigned long     dropped = 0, n_lines = 0, n_notes = 0;
    for (const char *p = text; (p = strchr(p, '\n')); p++)
        n_lines++;
    for (const char *note = text; (note = strstr(note, head)); note++) {
        unsigned long n;
        assert_int_equal(sscanf(note + sizeof head - 1, "%lu lines dropped)\n", &n), 1);
        dropped += n;
        n_notes++;
    }
    assert_true(dropped > 0);
    assert_int_equal(n_lines - n_notes + dropped, LINES + n_more);
    assert_true(n_notes <= 3); /* one note each time that there is room again, not one for each line */
    free(text);
}

static void *setup_other_file(void *unused)
{
    (void)unused;
    log_to(other_path, LOG_INFO);
    return NULL;
}

static void a_reopen_that_was_asked_for_before_does_not_undo_a_new_place(void **state)
{
    (void)state;
    static char words[4000];
    memset(words, 'w', sizeof words - 1);
    log_into_pipe();
    int fd = log_descriptor();
    for (int i = 0; i < 100; i++) /* the writer hangs while it writes these */
        log_info("%s", words);
    log_reopen();
    log_info("first behind the reopen");
    for (int i = 0; i < 100; i++)
        log_info("%s", words);

    /* Let the writer go on until it hangs again, in the batch after which it will reopen the file. */
    static char bytes[4 << 20];
    size_t      len = 0;
    while (!memmem(bytes, len, "first behind", 12)) {
        ssize_t n = read(pipe_reader, bytes + len, sizeof bytes - len);
        assert_true(n > 0);
        len += (size_t)n;
    }
    pthread_t setter;
    assert_int_equal(pthread_create(&setter, NULL, setup_other_file, NULL), 0);
    int64_t deadline = now_us() + PATIENCE_US;
    while (log_descriptor() == fd && now_us() < deadline)
        sched_yield();

    char     *rest = NULL;
    pthread_t reader;
    assert_int_equal(pthread_create(&reader, NULL, read_pipe, &rest), 0);
    pthread_join(setter, NULL);
    log_info("in the new place");
    log_stop(PATIENCE_US);
    pthread_join(reader, NULL);
    close(pipe_reader);
    assert_file(other_path, "in the new place\n$");
    assert_null(strstr(rest, "in the new place"));
    free(rest);
}

static void a_disk_that_hangs_does_not_hold_up_the_stop(void **state)
{
    (void)state;
    static char words[4000];
    memset(words, 'w', sizeof words - 1);
    log_into_pipe();
    for (int i = 0; i < 100; i++)
        log_info("%s", words);
    log_stop(0);
    /* The stop has given up. When the pipe is read, the writer goes on, and a second stop, which waits, ends it. */
    char     *rest = NULL;
    pthread_t reader;
    assert_int_equal(pthread_create(&reader, NULL, read_pipe, &rest), 0);
    log_stop(PATIENCE_US);
    pthread_join(reader, NULL);
    close(pipe_reader);
    free(rest);
}

static void a_console_that_is_full_and_would_not_block_loses_nothing(void **state)
{
    (void)state;
    enum { LINES = 200 };
    static char words[4000]; /* together many times the capacity of a pipe */
    int         fds[2], kept = dup(STDOUT_FILENO);
    char       *text = NULL;
    pthread_t   reader;
    memset(words, 'w', sizeof words - 1);
    (void)fflush(stdout);
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0); /* another process that shares the terminal may do so */
    dup2(fds[1], STDOUT_FILENO);
    close(fds[1]);
    log_to(NULL, LOG_INFO);
    struct err *e = log_start_writer();
    for (int i = 0; i < LINES; i++)
        log_info("%s", words);
    log_stop(100 * US_PER_MS); /* the writer finds the pipe full, and keeps trying */
    pipe_reader = fds[0];
    int r = pthread_create(&reader, NULL, read_pipe, &text);
    log_stop(PATIENCE_US);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    assert_null(e);
    assert_int_equal(r, 0);
    pthread_join(reader, NULL);
    close(pipe_reader);
    int n_lines = 0;
    for (const char *p = text; (p = strchr(p, '\n')); p++)
        n_lines++;
    free(text);
    assert_int_equal(n_lines, LINES);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_has_time_level_process_and_trace),
        TEST(without_a_trace_its_place_is_empty),
        TEST(warnings_have_the_errno_of_their_error_not_a_stale_one),
        TEST(writing_a_line_keeps_errno),
        TEST(an_error_is_told_whole_and_a_warning_in_one_line),
        TEST(a_connection_with_limits_writes_a_line_of_a_kind_a_second_and_a_count),
        TEST(a_line_within_other_limits_does_not_count_for_the_connection),
        TEST(an_error_below_the_level_is_freed_all_the_same),
        TEST(off_is_no_level_of_a_line),
        TEST(lines_below_the_level_are_not_written),
        TEST(a_long_line_is_cut_and_still_ends),
        TEST(utc_is_said_in_utc),
        TEST(words_name_levels),
        TEST(the_console_is_stdout_without_colour_in_a_file),
        TEST(a_file_is_appended_to),
        TEST(a_file_that_cannot_be_opened_changes_nothing),
        TEST(reopening_makes_the_file_anew_after_rotation),
        TEST(reopening_the_console_does_nothing),
        TEST(the_writer_drains_everything_at_stop),
        TEST(a_thread_reopens_too),
        TEST(after_the_stop_lines_are_written_at_once),
        TEST(a_full_queue_drops_lines_and_says_how_many),
        TEST(a_reopen_that_was_asked_for_before_does_not_undo_a_new_place),
        TEST(a_disk_that_hangs_does_not_hold_up_the_stop),
        TEST(a_console_that_is_full_and_would_not_block_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
