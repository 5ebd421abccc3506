/*
 * The face dumb-init, by the manual page dumb-init(1) and what Debian's dumb-init does.
 */
#include "wrap.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define VERSION "dumb-init v1.2.5\n"
#define MAX_SIGNAL 31 /* signals beyond can't be rewritten */

static void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void complain(const char *format, ...)
{
	char text[PATH_MAX + 256];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	wrap_say(2, "[dumb-init] %s\n", text);
}

#define debug(...)                                                                                                     \
	do {                                                                                                           \
		if (wrap.verbosity)                                                                                    \
			complain(__VA_ARGS__);                                                                         \
	} while (0)

/* ---------------------------------------------------------------------------------------------------------- options */

static int take_help(const char *value)
{
	(void)value;
	dprintf(2,
		VERSION "Usage: %s [option] command [[arg] ...]\n"
			"\n"
			"dumb-init is a simple process supervisor that forwards signals to children.\n"
			"It is designed to run as PID1 in minimal container environments.\n"
			"\n"
			"Optional arguments:\n"
			"   -c, --single-child   Run in single-child mode.\n"
			"                        In this mode, signals are only proxied to the\n"
			"                        direct child and not any of its descendants.\n"
			"   -r, --rewrite s:r    Rewrite received signal s to new signal r before proxying.\n"
			"                        To ignore (not proxy) a signal, rewrite it to 0.\n"
			"                        This option can be specified multiple times.\n"
			"   -v, --verbose        Print debugging information to stderr.\n"
			"   -h, --help           Print this help message and exit.\n"
			"   -V, --version        Print the current version and exit.\n"
			"\n"
			"Full help is available online at https://github.com/Yelp/dumb-init\n",
		wrap.argv[0]);
	return 0;
}

static int take_version(const char *value)
{
	(void)value;
	dprintf(2, VERSION);
	return 0;
}

static int take_verbose(const char *value)
{
	(void)value;
	wrap.verbosity = 1;
	return WRAP_GO_ON;
}

static int take_single_child(const char *value)
{
	(void)value;
	wrap.place = WRAP_PLACE_SAME;
	return WRAP_GO_ON;
}

static int take_rewrite(const char *value)
{
	int from, to;
	if (sscanf(value, "%d:%d", &from, &to) == 2 && from >= 1 && from <= MAX_SIGNAL && to >= 0 && to <= MAX_SIGNAL) {
		wrap.rewrite[from] = to ? to : -1;
		return WRAP_GO_ON;
	}
	dprintf(2,
		"Usage: -r option takes <signum>:<signum>, where <signum> is between 1 and %d.\n"
		"This option can be specified multiple times.\n"
		"Use --help for full usage.\n",
		MAX_SIGNAL);
	return 1;
}

static const struct wrap_option options[] = {
	{'h', "help", false, take_help},       {'c', "single-child", false, take_single_child},
	{'r', "rewrite", true, take_rewrite},  {'v', "verbose", false, take_verbose},
	{'V', "version", false, take_version}, {0},
};

/* ------------------------------------------------------------------------------------------------------------ steps */

static int begin(void)
{
	wrap.place = WRAP_PLACE_SESSION;
	wrap.leave_directory = true;
	wrap.leave_first = true;
	wrap.tell_sweep = true;
	wrap.actions[SIGTSTP] = wrap.actions[SIGTTIN] = wrap.actions[SIGTTOU] = WRAP_SUSPEND;
	return WRAP_GO_ON;
}

static int misused(void)
{
	return 1;
}

static int no_command(void)
{
	const char *name = wrap.argv[0];
	dprintf(2, "Usage: %s [option] program [args]\nTry %s --help for full usage.\n", name, name);
	return 1;
}

static bool variable_is(const char *name, const char *wanted)
{
	const char *value = getenv(name);
	return value && strcmp(value, wanted) == 0;
}

static void let_go_of_terminal(void)
{
	int error = wrap_release_terminal();
	if (error)
		debug("Unable to detach from controlling tty (errno=%d %s).", error, wrap_error(error));
	else if (wrap.skip_once[SIGHUP])
		debug("Detached from controlling tty, ignoring the first SIGHUP and SIGCONT we receive.");
	else
		debug("Detached from controlling tty, but was not session leader.");
}

static int ready(void)
{
	static const int stops[] = {SIGTSTP, SIGTTOU, SIGTTIN};
	if (variable_is("DUMB_INIT_DEBUG", "1")) {
		wrap.verbosity = 1;
		debug("Running in debug mode.");
	}
	if (variable_is("DUMB_INIT_SETSID", "0")) {
		wrap.place = WRAP_PLACE_SAME;
		debug("Not running in setsid mode.");
	}
	sigemptyset(&wrap.child_mask);
	wrap.children_ignored = false;
	if (wrap.place != WRAP_PLACE_SESSION)
		return WRAP_GO_ON;
	wrap.to_group = true;
	wrap.sweep = true;
	/* The group of another session is orphaned to the terminal's stop signals; STOP works. */
	for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++) {
		if (wrap.rewrite[stops[i]] == 0)
			wrap.rewrite[stops[i]] = SIGSTOP;
	}
	let_go_of_terminal();
	return WRAP_GO_ON;
}

static int in_child(void)
{
	for (int number = 1; number <= MAX_SIGNAL; number++)
		signal(number, SIG_DFL);
	if (wrap.place != WRAP_PLACE_SESSION)
		return WRAP_GO_ON;
	if (setsid() < 0) {
		complain("Unable to setsid (errno=%d %s). Exiting.", errno, wrap_error(errno));
		return 1;
	}
	if (ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0)
		debug("Unable to attach to controlling tty (errno=%d %s).", errno, wrap_error(errno));
	debug("setsid complete.");
	return WRAP_GO_ON;
}

static int exec_status(int error)
{
	(void)error;
	return 2;
}

/* ------------------------------------------------------------------------------------------------------------ words */

static void tell(const struct wrap_event *event)
{
	switch (event->kind) {
	case WRAP_NO_SPAWN:
		complain("Unable to fork. Exiting.");
		break;
	case WRAP_NO_EXEC:
		complain("%s: %s", wrap.command[0], wrap_error(event->error));
		break;
	case WRAP_SPAWNED:
		debug("Child spawned with PID %d.", event->pid);
		break;
	case WRAP_NO_CHDIR:
		debug("Unable to chdir(\"/\") (errno=%d %s)", event->error, wrap_error(event->error));
		break;
	case WRAP_RECEIVED:
		debug("Received signal %d.", event->number);
		break;
	case WRAP_SKIPPED:
		debug("Ignoring tty hand-off signal %d.", event->number);
		break;
	case WRAP_TRANSLATED:
		debug("Translating signal %d to %d.", event->number, event->other);
		break;
	case WRAP_DROPPED:
		debug("Not forwarding signal %d to children (ignored).", event->number);
		break;
	case WRAP_PASSED:
	case WRAP_NOT_PASSED:
		debug("Forwarded signal %d to children.", event->number);
		break;
	case WRAP_SUSPENDING:
		debug("Suspending self due to TTY signal.");
		break;
	case WRAP_EXITED:
		debug("A child with PID %d exited with exit status %d.", event->pid, event->number);
		break;
	case WRAP_KILLED:
		debug("A child with PID %d was terminated by signal %d.", event->pid, event->number);
		break;
	case WRAP_LEAVING:
		debug("Child exited with status %d. Goodbye.", event->number);
		break;
	default:
		break;
	}
}

const struct wrap_face wrap_dumb_init = {
	.name = "dumb-init",
	.options = options,
	.takes_faults = true,
	.begin = begin,
	.misused = misused,
	.no_command = no_command,
	.ready = ready,
	.in_child = in_child,
	.exec_status = exec_status,
	.tell = tell,
};
