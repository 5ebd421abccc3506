/*
 * The face catatonit, by what its --help says and what Debian's catatonit does.
 */
#include "wrap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "version.h"

enum level { FATAL, ERROR, WARN, INFO, DEBUG };

static void log_line(enum level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void log_line(enum level level, const char *format, ...)
{
	static const char words[][6] = {"FATAL", "ERROR", "WARN", "INFO", "DEBUG"};
	char text[PATH_MAX + 256];
	if ((int)level > wrap.verbosity)
		return;
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	wrap_say(2, "%s (catatonit:%d): %s\n", words[level], getpid(), text);
}

static int fail(const char *what, int error)
{
	log_line(ERROR, "%s: %s", what, wrap_error(error));
	return 1;
}

/* ---------------------------------------------------------------------------------------------------------- options */

#define USAGE "usage: catatonit [-ghLPV] [--] <progname> [<arguments>...]\n"

static int take_group(const char *value)
{
	(void)value;
	wrap.to_group = true;
	return WRAP_GO_ON;
}

static int take_help(const char *value)
{
	(void)value;
	dprintf(2, USAGE "\n"
			 "options:\n"
			 "  -g              Forward signals to pid1's process group.\n"
			 "  -h              Print this help page.\n"
			 "  -L              Print license information.\n"
			 "  -P              Run in pause mode (no program is run and quit on SIGINT).\n"
			 "  -V, --version   Print version information.\n"
			 "\n"
			 "This is usher " USHER_VERSION " in place of catatonit.\n");
	return 0;
}

static int take_license(const char *value)
{
	(void)value;
	dprintf(1, "usher in place of catatonit. MIT License, see https://spdx.org/licenses/MIT.html\n");
	return 0;
}

static int take_pause(const char *value)
{
	(void)value;
	wrap.pause = true;
	return WRAP_GO_ON;
}

/* The engines that run it look for the word "tini". */
static int take_version(const char *value)
{
	(void)value;
	dprintf(1, "tini version 0.2.1_catatonit (usher " USHER_VERSION ")\n");
	return 0;
}

static const struct wrap_option options[] = {
	{'g', NULL, false, take_group}, {'h', NULL, false, take_help},         {'L', NULL, false, take_license},
	{'P', NULL, false, take_pause}, {'V', "version", false, take_version}, {0},
};

/* ------------------------------------------------------------------------------------------------------------ steps */

static int begin(void)
{
	wrap.place = WRAP_PLACE_GROUP;
	wrap.leave_directory = true;
	wrap.close_files = true;
	wrap.actions[SIGTSTP] = wrap.actions[SIGTTIN] = wrap.actions[SIGTTOU] = WRAP_SWALLOW;
	wrap.verbosity = getenv("CATATONIT_DEBUG") ? DEBUG : ERROR;
	if (getenv("CATATONIT_LOG")) {
		log_line(ERROR, "CATATONIT_LOG is reserved for future use");
		return 1;
	}
	return WRAP_GO_ON;
}

static int misused(void)
{
	dprintf(2, USAGE);
	return 1;
}

static int no_command(void)
{
	log_line(ERROR, "missing program name");
	return misused();
}

static int ready(void)
{
	if (getpid() == 1)
		return WRAP_GO_ON;
	int error = wrap_become_subreaper();
	return error ? fail("failed to set child-reaper as non-pid1", error) : WRAP_GO_ON;
}

/* The controlling terminal, whatever standard input is. */
static int take_foreground(void)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		log_line(INFO, "using stdin as tty fd: could not open /dev/tty: %s", wrap_error(errno));
		fd = STDIN_FILENO;
	}
	int error = tcsetpgrp(fd, getpgrp()) < 0 ? errno : 0;
	if (fd != STDIN_FILENO)
		close(fd);
	return error;
}

static int in_child(void)
{
	if (setpgid(0, 0) < 0) {
		log_line(ERROR, "failed to create process group");
		return 1;
	}
	sigaddset(&wrap.child_mask, SIGTSTP);
	sigaddset(&wrap.child_mask, SIGTTIN);
	sigaddset(&wrap.child_mask, SIGTTOU);
	int error = take_foreground();
	if (error == ENOTTY || error == EBADF)
		log_line(DEBUG, "setting foreground process failed: no tty present: %s", wrap_error(error));
	else if (error == ENXIO)
		log_line(DEBUG, "setting foreground process failed: no such device");
	else if (error)
		return fail("setting foreground process failed", error);
	return WRAP_GO_ON;
}

static int exec_status(int error)
{
	(void)error;
	return 1;
}

/* ------------------------------------------------------------------------------------------------------------ words */

static void tell(const struct wrap_event *event)
{
	switch (event->kind) {
	case WRAP_SPAWNED:
		log_line(DEBUG, "pid1 (%d) spawned: %s", event->pid, wrap.command[0]);
		break;
	case WRAP_NO_SPAWN:
		fail("failed to fork child", event->error);
		break;
	case WRAP_NO_EXEC:
		fail("failed to exec pid1", event->error);
		break;
	case WRAP_SWALLOWED:
		log_line(DEBUG, "ignoring kernel attempting to stop us: tty has TOSTOP set");
		break;
	case WRAP_NOT_PASSED:
		log_line(WARN, "forwarding of signal %d to pid1 (%d) failed: %s", event->number,
			 wrap.to_group ? -wrap.child : wrap.child, wrap_error(event->error));
		break;
	case WRAP_EXITED:
		if (event->pid != wrap.child)
			log_line(DEBUG, "child process %d exited with code %d", event->pid, event->number);
		break;
	case WRAP_KILLED:
		if (event->pid != wrap.child)
			log_line(DEBUG, "child process %d exited due to signal %d", event->pid, event->number);
		break;
	case WRAP_ALL_REAPED:
		if (event->error)
			log_line(DEBUG, "got ECHILD: no children left to monitor");
		break;
	default:
		break;
	}
}

const struct wrap_face wrap_catatonit = {
	.name = "catatonit",
	.options = options,
	.options_anywhere = true,
	.begin = begin,
	.misused = misused,
	.no_command = no_command,
	.ready = ready,
	.in_child = in_child,
	.exec_status = exec_status,
	.tell = tell,
};
