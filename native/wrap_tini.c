/*
 * The faces tini and docker-init, by the manual page tini(1) and what Debian's tini does.
 */
#include "wrap.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "version.h"

#define VERSION "tini version 0.19.0"

enum level { FATAL, WARN, INFO, DEBUG, TRACE };

static int subreaper, death_signal;

/* Errors and warnings go to standard error, the rest to standard output. */
static void write_line(enum level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void write_line(enum level level, const char *format, ...)
{
	static const char words[][6] = {"FATAL", "WARN ", "INFO ", "DEBUG", "TRACE"};
	char text[PATH_MAX + 256];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	wrap_say(level <= WARN ? 2 : 1, "[%s tini (%d)] %s\n", words[level], getpid(), text);
}

/* A negative verbosity is tini's way to everything. */
static bool wants(enum level level)
{
	return level <= (unsigned)wrap.verbosity;
}

/* Its arguments cost nothing where nobody wants the line. */
#define log_line(level, ...)                                                                                           \
	do {                                                                                                           \
		if (wants(level))                                                                                      \
			write_line(level, __VA_ARGS__);                                                                \
	} while (0)

/* ---------------------------------------------------------------------------------------------------------- options */

static void print_usage(int fd)
{
	const char *slash = strrchr(wrap.argv[0], '/');
	const char *name = slash ? slash + 1 : wrap.argv[0];
	dprintf(fd,
		"%s (" VERSION ")\n"
		"Usage: %s [OPTIONS] PROGRAM -- [ARGS] | --version\n\n"
		"Execute a program under the supervision of a valid init process (%s)\n\n"
		"Command line options:\n\n"
		"  --version: Show version and exit.\n"
		"  -h: Show this help message and exit.\n"
		"  -s: Register as a process subreaper (requires Linux >= 3.4).\n"
		"  -p SIGNAL: Trigger SIGNAL when parent dies, e.g. \"-p SIGKILL\".\n"
		"  -v: Generate more verbose output. Repeat up to 3 times.\n"
		"  -w: Print a warning when processes are getting reaped.\n"
		"  -g: Send signals to the child's process group.\n"
		"  -e EXIT_CODE: Remap EXIT_CODE (from 0 to 255) to 0.\n"
		"  -l: Show license and exit.\n\n"
		"Environment variables:\n\n"
		"  TINI_SUBREAPER: Register as a process subreaper (requires Linux >= 3.4).\n"
		"  TINI_VERBOSITY: Set the verbosity level (default: 1).\n"
		"  TINI_KILL_PROCESS_GROUP: Send signals to the child's process group.\n\n",
		name, name, name);
}

static int take_help(const char *value)
{
	(void)value;
	print_usage(1);
	return 0;
}

static int take_subreaper(const char *value)
{
	(void)value;
	subreaper++;
	return WRAP_GO_ON;
}

static int refuse(char option, const char *value)
{
	log_line(FATAL, "Not a valid option for -%c: %s", option, value);
	return 1;
}

static int take_death_signal(const char *value)
{
	death_signal = wrap_signal_name(value);
	return death_signal ? WRAP_GO_ON : refuse('p', value);
}

static int take_verbose(const char *value)
{
	(void)value;
	wrap.verbosity++;
	return WRAP_GO_ON;
}

static int take_warn(const char *value)
{
	(void)value;
	wrap.warn_reaped = true;
	return WRAP_GO_ON;
}

static int take_group(const char *value)
{
	(void)value;
	wrap.to_group = true;
	return WRAP_GO_ON;
}

static int take_exit_code(const char *value)
{
	char *end;
	long code = strtol(value, &end, 10);
	if (*end != 0 || code < 0 || code > 255)
		return refuse('e', value);
	wrap.exit_codes[code] = 1;
	return WRAP_GO_ON;
}

static int take_license(const char *value)
{
	(void)value;
	dprintf(1, "usher in place of tini. MIT License, see https://spdx.org/licenses/MIT.html\n");
	return 0;
}

static const struct wrap_option options[] = {
	{'h', NULL, false, take_help},     {'s', NULL, false, take_subreaper}, {'p', NULL, true, take_death_signal},
	{'v', NULL, false, take_verbose},  {'w', NULL, false, take_warn},      {'g', NULL, false, take_group},
	{'e', NULL, true, take_exit_code}, {'l', NULL, false, take_license},   {0},
};

/* ------------------------------------------------------------------------------------------------------------ steps */

static int begin(void)
{
	wrap.verbosity = WARN;
	wrap.place = WRAP_PLACE_GROUP;
	wrap.always_reap = true;
	wrap.actions[SIGTTIN] = wrap.actions[SIGTTOU] = WRAP_SWALLOW;
	if (wrap.argc == 2 && strcmp(wrap.argv[1], "--version") == 0) {
		dprintf(1, VERSION " (usher " USHER_VERSION ")\n");
		return 0;
	}
	return WRAP_GO_ON;
}

static int misused(void)
{
	print_usage(2);
	return 1;
}

static void read_variables(void)
{
	if (getenv("TINI_SUBREAPER"))
		subreaper++;
	if (getenv("TINI_KILL_PROCESS_GROUP"))
		wrap.to_group = true;
	const char *verbosity = getenv("TINI_VERBOSITY");
	if (verbosity)
		wrap.verbosity = atoi(verbosity);
}

static int ready(void)
{
	read_variables();
	if (death_signal && prctl(PR_SET_PDEATHSIG, (unsigned long)death_signal) < 0) {
		log_line(FATAL, "Failed to set up parent death signal");
		return 1;
	}
	if (subreaper) {
		int error = wrap_become_subreaper();
		if (error) {
			log_line(FATAL, "Failed to register as child subreaper: %s", wrap_error(error));
			return 1;
		}
		log_line(TRACE, "Registered as child subreaper");
	}
	if (getpid() != 1 && !wrap_is_subreaper())
		log_line(WARN,
			 "Tini is not running as PID 1 and isn't registered as a child subreaper.\n"
			 "Zombie processes will not be re-parented to Tini, so zombie reaping won't work.\n"
			 "To fix the problem, use the -s option or set the environment variable TINI_SUBREAPER to "
			 "register Tini as a child subreaper, or run Tini as PID 1.");
	return WRAP_GO_ON;
}

/* What the child writes to a standard output that isn't a terminal, tini's stdio keeps; exec then discards it. */
static bool without_terminal;

static void tell_without_terminal(void)
{
	log_line(DEBUG, "tcsetpgrp failed: no tty (ok to proceed)");
	without_terminal = false;
}

static int in_child(void)
{
	if (setpgid(0, 0) < 0) {
		log_line(FATAL, "setpgid failed: %s", wrap_error(errno));
		return 1;
	}
	int error = tcsetpgrp(STDIN_FILENO, getpgrp()) < 0 ? errno : 0;
	if (error != 0 && error != ENOTTY && error != ENXIO) {
		log_line(FATAL, "tcsetpgrp failed: %s", wrap_error(error));
		return 1;
	}
	without_terminal = error != 0;
	if (without_terminal && isatty(STDOUT_FILENO))
		tell_without_terminal();
	return WRAP_GO_ON;
}

static int exec_status(int error)
{
	return error == ENOENT ? 127 : error == EACCES ? 126 : 1;
}

/* ------------------------------------------------------------------------------------------------------------ words */

static void tell_reaped(const struct wrap_event *event)
{
	log_line(DEBUG, "Reaped child with pid: '%d'", event->pid);
	if (event->pid != wrap.child) {
		if (wrap.warn_reaped)
			log_line(WARN, "Reaped zombie process with pid=%d", event->pid);
	} else if (event->kind == WRAP_KILLED) {
		log_line(INFO, "Main child exited with signal (with signal '%s')", strsignal(event->number));
	} else {
		log_line(INFO, "Main child exited normally (with status '%d')", event->number);
	}
}

static void tell(const struct wrap_event *event)
{
	switch (event->kind) {
	case WRAP_SPAWNED:
		log_line(INFO, "Spawned child process '%s' with pid '%d'", wrap.command[0], event->pid);
		break;
	case WRAP_NO_SPAWN:
		log_line(FATAL, "fork failed: %s", wrap_error(event->error));
		break;
	case WRAP_NO_EXEC:
		log_line(FATAL, "exec %s failed: %s", wrap.command[0], wrap_error(event->error));
		if (without_terminal)
			tell_without_terminal();
		break;
	case WRAP_RECEIVED:
		if (event->number == SIGCHLD)
			log_line(DEBUG, "Received SIGCHLD");
		break;
	case WRAP_PASSING:
		log_line(DEBUG, "Passing signal: '%s'", strsignal(event->number));
		break;
	case WRAP_NOT_PASSED:
		if (event->error == ESRCH)
			log_line(WARN, "Child was dead when forwarding signal");
		else
			log_line(WARN, "Unexpected error when forwarding signal: '%s'", wrap_error(event->error));
		break;
	case WRAP_EXITED:
	case WRAP_KILLED:
		tell_reaped(event);
		break;
	case WRAP_ALL_REAPED:
		log_line(TRACE, event->error ? "No child to wait" : "No child to reap");
		break;
	case WRAP_LEAVING:
		log_line(TRACE, "Exiting: child has exited");
		break;
	default:
		break;
	}
}

const struct wrap_face wrap_tini = {
	.name = "tini",
	.options = options,
	.begin = begin,
	.misused = misused,
	.no_command = misused,
	.ready = ready,
	.in_child = in_child,
	.exec_status = exec_status,
	.tell = tell,
};
