/* The process: command line, configuration, background, and all steps before and after the loop. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/conf/conf_load.h"
#include "app/conf/open_files.h"
#include "app/hooks/kafka.h"
#include "app/server/server.h"
#include "app/tls/store.h"
#include "build_info.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "core/version.h"
#include "main/cli.h"
#include "main/daemon.h"
#include "main/harden.h"
#include "main/loop.h"
#include "main/pid_file.h"
#include "main/signals.h"
#include "protocol/co.h"
#include "protocol/tls/buffers.h"

enum { PATH_CAP = 4096, LAST_WORDS_US = 2 * US_PER_SECOND };

/* The exit status is the low byte of the error's code; scripts rely on it. */
static int exit_status(const struct err *e)
{
    return (int)err_code(e) & 0xff;
}

/* Report the reason of a failed start: in the log, and on the terminal too if the log is a file. */
static int fail_start(struct err *e, const struct conf *conf)
{
    int  status = exit_status(e);
    char text[LOG_LINE_MAX / 2];
    if (conf && !conf->log.to_console)
        fprintf(stderr, "%s\n", err_summary(e, text, sizeof text));
    daemon_started(status);
    log_err(LOG_ERROR, e, "Failed,");
    return status;
}

static void say_loaded(const struct conf_report *report)
{
    log_info("XCORE-%s", SERVER_SIGNATURE);
    conf_report_log(report);
    log_info("config parse complete");
}

/* Warn if the directory of a file is missing. It is no error, because a configuration may be checked on one machine and used on
 * another. */
static void check_directory(const char *file, const char *what)
{
    char  dir[PATH_CAP];
    char *slash = str_copy(dir, sizeof dir, file) ? strrchr(dir, '/') : NULL;
    if (slash)
        slash[slash == dir] = '\0';
    if (access(slash ? dir : ".", W_OK) < 0)
        log_warn("the start would fail here: %s %s: %s", what, file, strerror(errno));
}

static struct err *enter_work_dir(const struct conf *conf)
{
    if (chdir(conf->work_dir) < 0)
        return err_sys(E_SYSTEM_CONFIG_INVALID, "change to work_dir %s: %s", conf->work_dir, strerror(errno));
    return NULL;
}

/* Check what a start needs beside the file itself. Ports are not tried: a server may be running on them. */
static struct err *check_surroundings(const struct conf *conf)
{
    struct err *e = open_files_reserve_for(conf); /* changes only this process, which is about to end */
    log_err(LOG_WARN, e, "the start would fail here:");
    if ((e = enter_work_dir(conf)) && err_errno(e) != ENOENT && err_errno(e) != EACCES)
        return e;
    log_err(LOG_WARN, e, "the start would fail here:");
    check_directory(conf->pid, "pid");
    if (!conf->log.to_console)
        check_directory(conf->log.path, "srs_log_file");
    e = log_check(&conf->log);
    if (!e)
        e = pid_file_check(conf->pid);
    if (!e)
        e = tls_store_check(conf);
    return e ? e : hook_kafka_check(conf);
}

/* Option -t: print the verdict in the words that scripts look for. */
static int test_conf(const struct conf_source *from)
{
    struct conf       *conf = NULL;
    struct conf_report report = { 0 };
    struct err        *e = conf_load(from, &conf, &report);
    const char        *path = from->path ? from->path : "";
    char               text[LOG_LINE_MAX / 2];
    conf_report_log(&report);
    if (!e)
        e = check_surroundings(conf);
    int status = exit_status(e);
    if (e) {
        log_info("invalid config: %s in %s", err_summary(e, text, sizeof text), path);
        log_info("config file %s test is failed", path);
    } else {
        log_info("the config file %s syntax is ok", path);
        log_info("config file %s test is successful", path);
    }
    err_free(e);
    conf_unref(&conf);
    conf_report_finish(&report);
    return status;
}

/* Option --harden. */
static int print_exposure(const struct conf_source *from)
{
    struct conf       *conf = NULL;
    struct conf_report report = { 0 };
    struct err        *e = conf_load(from, &conf, &report);
    conf_report_log(&report);
    conf_report_finish(&report);
    if (e)
        return fail_start(e, NULL);
    int status = harden_print(conf);
    conf_unref(&conf);
    return status;
}

static void say_who_we_are(const struct conf *conf)
{
    char cwd[PATH_CAP];
    log_info("%s, %s", SERVER_SIGNATURE, SERVER_LICENSE);
    log_info("authors: %s", SERVER_AUTHORS);
    log_info("cwd=%s, work_dir=%s, build: %s, configure: %s", getcwd(cwd, sizeof cwd) ? cwd : "?", conf->work_dir,
             BUILD_DATE, BUILD_CONFIGURE);
    log_info("configure detail: %s", BUILD_DETAIL);
    log_info("conf:%s, limit:%d, vhosts:%zu", conf->path, conf->max_connections, conf->n_vhosts);
}

static struct err *become_daemon(const struct conf *conf)
{
    if (conf->daemon_overruled)
        log_info("daemon is on, but this is a container: the server stays in the foreground "
                 "(disable_daemon_for_docker off changes that)");
    return conf->daemon ? daemon_enter() : NULL;
}

/* Open the log. If it is a file, the terminal is told where it is, and the file begins with the same lines. */
static struct err *open_log(const struct conf *conf, const struct conf_report *report)
{
    if (conf->log.to_console)
        return log_setup(&conf->log);
    log_info("you can check log by: tail -n 30 -f %s", conf->log.path);
    log_info("please check SRS by: ./etc/init.d/srs status");
    struct err *e = log_setup(&conf->log);
    if (!e)
        say_loaded(report);
    return e;
}

_Static_assert((int)SERVER_SECRET_LEN == (int)PID_FILE_SECRET_LEN, "the secret that is kept is that of the server");

static struct err *serve(struct conf *conf, const struct conf_source *from, const struct conf_report *report)
{
    struct pid_file pid_file = PID_FILE_NONE;
    uint8_t         secret[SERVER_SECRET_LEN];
    char           *server_id = NULL;
    struct err     *e;
    if ((e = enter_work_dir(conf)))
        return e;
    if ((e = become_daemon(conf)))
        return e;
    if ((e = open_log(conf, report)))
        goto out;
    say_who_we_are(conf);
    if ((e = pid_file_acquire(&pid_file, conf->pid)))
        goto out;
    if ((e = pid_file_server_id(&server_id, conf->pid, conf->server_id)))
        goto out;
    if ((e = pid_file_secret(secret, conf->pid)))
        goto out;
    e = loop_run(conf, from, server_id, secret);
out:
    pid_file_release(&pid_file);
    mem_free(server_id);
    return e;
}

static int run_server(const struct conf_source *from)
{
    struct conf       *conf = NULL;
    struct conf_report report = { 0 };
    struct err        *e = conf_load(from, &conf, &report);
    if (!e) {
        say_loaded(&report);
        e = open_files_reserve_for(conf);
    } else {
        conf_report_log(&report);
    }
    if (!e)
        e = serve(conf, from, &report);
    int status = e ? fail_start(e, conf) : 0;
    conf_report_finish(&report);
    conf_unref(&conf);
    log_stop(LAST_WORDS_US);
    return status;
}

int main(int argc, char **argv, char **envp)
{
    struct cli cli;
    mem_return_large_blocks();
    tls_buffers_install();
    log_set_trace_source(co_trace);
    log_set_limits_source(co_log_limits);
    struct err *e = cli_parse(&cli, argc, argv);
    if (e)
        return fail_start(err_wrap(e, "config parse options"), NULL);
    /* A check without a file must not print help: help exits with status 0, which scripts would take for a good verdict. */
    bool shows = cli.version || cli.signature || (cli.help && !cli.harden && (!cli.test || cli.asked_for_help));
    if (shows) {
        if (cli.help)
            cli_print_help(argv[0]);
        else
            puts(cli.version ? VERSION : SERVER_SIGNATURE);
        return 0;
    }

    static char        start_dir[PATH_CAP]; /* reloads need it too */
    struct conf_report report = { 0 };
    struct conf_source from = { .path = cli.conf_path, .env_only = cli.env_only, .envp = envp };
    from.dir = getcwd(start_dir, sizeof start_dir);
    signals_block();
    conf_source_apply_env(&from, &report);
    conf_source_probe(&from);
    conf_report_log(&report);
    conf_report_finish(&report);
    if (!from.path && !from.env_only)
        return fail_start(err_new(E_SYSTEM_CONFIG_INVALID,
                                  "config parse options : %s needs a configuration file: %s %s -c FILE",
                                  cli.harden ? "--harden" : "-t", argv[0], cli.harden ? "--harden" : "-t"),
                          NULL);
    if ((e = conf_source_check(&from)))
        return fail_start(err_wrap(e, "config parse options"), NULL);
    if (cli.harden)
        return print_exposure(&from);
    return cli.test ? test_conf(&from) : run_server(&from);
}
