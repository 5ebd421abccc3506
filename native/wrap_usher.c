/*
 * The face `usher [OPTION…] -- COMMAND [ARGUMENT…]`: what the peers can do, under one set of long options
 * (the table of docs/drop-in.md, and WRAP_OPTIONS in src/cli/wrap-options.ts, which --help prints).
 *
 * Where the peers disagree, this is what a person at a terminal wants: the command is a job of its own, in
 * the foreground only if usher was; a signal goes to the command alone, which knows its children; what it
 * leaves behind in its process group gets SIGTERM; a missing command is 127 and one that can't be executed
 * 126, as in a shell; Ctrl-Z stops usher with the command.
 */
#include "wrap.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define USAGE_ERROR 2

/* Numbers as pino's. */
enum level { DEBUG = 20, INFO = 30, WARN = 40, ERROR = 50 };

static int lowest_level = WARN;
static bool json;
static int death_signal;
static bool single_child;
static bool not_executed; /* set by the child, in our memory */

/* ------------------------------------------------------------------------------------------------------------ words */

/* The text as the inside of a JSON string; what isn't ASCII is left as it is. */
static void escape_json(char *out, size_t size, const char *text)
{
	char *end = out + size - 7;
	for (; *text && out < end; text++) {
		unsigned char byte = (unsigned char)*text;
		if (byte == '"' || byte == '\\')
			*out++ = '\\';
		if (byte < ' ')
			out += snprintf(out, 7, "\\u%04x", byte);
		else
			*out++ = (char)byte;
	}
	*out = 0;
}

/* To standard error: standard output is the command's. */
static void write_line(enum level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void write_line(enum level level, const char *format, ...)
{
	char text[PATH_MAX + 256], escaped[PATH_MAX + 256];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (!json) {
		wrap_say(2, "usher: %s\n", text);
		return;
	}
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	escape_json(escaped, sizeof escaped, text);
	wrap_say(2, "{\"level\":%d,\"time\":%lld%03ld,\"msg\":\"%s\"}\n", level, (long long)now.tv_sec,
		 now.tv_nsec / 1000000, escaped);
}

static bool wants(enum level level)
{
	return (int)level >= lowest_level;
}

/* Its arguments cost nothing where nobody wants the line. */
#define log_line(level, ...)                                                                                           \
	do {                                                                                                           \
		if (wants(level))                                                                                      \
			write_line(level, __VA_ARGS__);                                                                \
	} while (0)

/* "SIGTERM", or the number where there is no name. */
static const char *signal_name(int number)
{
	static char text[16];
	const char *name = sigabbrev_np(number);
	if (name)
		snprintf(text, sizeof text, "SIG%s", name);
	else if (number >= SIGRTMIN && number <= SIGRTMAX)
		snprintf(text, sizeof text, "SIGRTMIN+%d", number - SIGRTMIN);
	else
		snprintf(text, sizeof text, "signal %d", number);
	return text;
}

static void tell_end(const struct wrap_event *event)
{
	bool is_command = event->pid == wrap.child;
	enum level level = is_command ? INFO : wrap.warn_reaped ? WARN : DEBUG;
	if (!wants(level))
		return;
	char who[PATH_MAX];
	if (is_command)
		snprintf(who, sizeof who, "%s", wrap.command[0]);
	else
		snprintf(who, sizeof who, "reaped process %d, which", event->pid);
	if (event->kind == WRAP_KILLED)
		log_line(level, "%s was killed by %s", who, signal_name(event->number));
	else
		log_line(level, "%s ended with status %d", who, event->number);
}

static void tell(const struct wrap_event *event)
{
	switch (event->kind) {
	case WRAP_SPAWNED:
		if (!not_executed)
			log_line(INFO, "%s runs as process %d", wrap.command[0], event->pid);
		break;
	case WRAP_NO_SPAWN:
		log_line(ERROR, "cannot start a process: %s", wrap_error(event->error));
		break;
	case WRAP_NO_EXEC:
		not_executed = true;
		log_line(ERROR, "cannot run %s: %s", wrap.command[0], wrap_error(event->error));
		break;
	case WRAP_NO_CHDIR:
		log_line(WARN, "cannot change to /: %s, ignoring", wrap_error(event->error));
		break;
	case WRAP_SKIPPED:
	case WRAP_SWALLOWED:
		log_line(DEBUG, "%s is the terminal's doing and is kept", signal_name(event->number));
		break;
	case WRAP_TRANSLATED:
		log_line(DEBUG, "%s is rewritten", signal_name(event->number));
		break;
	case WRAP_PASSED:
		log_line(DEBUG, "%s passed on", signal_name(event->number));
		break;
	case WRAP_NOT_PASSED:
		log_line(event->error == ESRCH ? DEBUG : WARN, "cannot pass %s on: %s, ignoring",
			 signal_name(event->number), wrap_error(event->error));
		break;
	case WRAP_EXITED:
	case WRAP_KILLED:
		tell_end(event);
		break;
	default:
		break;
	}
}

/* ---------------------------------------------------------------------------------------------------------- options */

/* Whose value is being read, where it is a variable's: a wrong one is said and passed over. */
static const char *variable;

static int refuse(const char *option, const char *value, const char *expected)
{
	if (variable) {
		log_line(WARN, "%s: found \"%s\", expected %s, ignoring", variable, value, expected);
		return USAGE_ERROR;
	}
	log_line(ERROR, "--%s: found \"%s\", expected %s", option, value, expected);
	return USAGE_ERROR;
}

static int take_wait(const char *value)
{
	wrap.wait_all = strcmp(value, "all") == 0;
	return wrap.wait_all || strcmp(value, "command") == 0 ? WRAP_GO_ON : refuse("wait", value, "all or command");
}

static int take_group(const char *value)
{
	(void)value;
	wrap.to_group = true;
	return WRAP_GO_ON;
}

static int take_single_child(const char *value)
{
	(void)value;
	single_child = true;
	return WRAP_GO_ON;
}

static int take_session(const char *value)
{
	(void)value;
	wrap.place = WRAP_PLACE_SESSION;
	return WRAP_GO_ON;
}

/* It is one already where that matters: as PID 1, or by ready() below. */
static int take_subreaper(const char *value)
{
	(void)value;
	return WRAP_GO_ON;
}

static int take_warn_reaped(const char *value)
{
	(void)value;
	wrap.warn_reaped = true;
	return WRAP_GO_ON;
}

static int take_pause(const char *value)
{
	(void)value;
	wrap.pause = true;
	return WRAP_GO_ON;
}

static int take_verbose(const char *value)
{
	(void)value;
	lowest_level = lowest_level > INFO ? INFO : DEBUG;
	return WRAP_GO_ON;
}

static int take_stop_signal(const char *value)
{
	wrap.rewrite[SIGTERM] = wrap_signal(value);
	return wrap.rewrite[SIGTERM] ? WRAP_GO_ON : refuse("stop-signal", value, "a signal, for example INT");
}

static int take_death_signal(const char *value)
{
	death_signal = wrap_signal(value);
	return death_signal ? WRAP_GO_ON : refuse("parent-death-signal", value, "a signal, for example TERM");
}

/* Splits "FROM:TO". */
static bool split(const char *value, char from[16], const char **to)
{
	const char *colon = strchr(value, ':');
	if (!colon || colon - value >= 16)
		return false;
	memcpy(from, value, (size_t)(colon - value));
	from[colon - value] = 0;
	*to = colon + 1;
	return true;
}

static int take_rewrite(const char *value)
{
	char name[16];
	const char *target;
	if (!split(value, name, &target))
		return refuse("rewrite", value, "FROM:TO, for example TERM:QUIT");
	int from = wrap_signal(name), to = strcmp(target, "0") == 0 ? -1 : wrap_signal(target);
	if (from == 0 || to == 0)
		return refuse("rewrite", value, "two signals, the second 0 to drop the first");
	wrap.rewrite[from] = to;
	return WRAP_GO_ON;
}

/* An exit status, or a signal's name for the status of a death by it. -1: neither. */
static int exit_code(const char *text)
{
	char *end;
	long code = strtol(text, &end, 10);
	if (end == text) {
		int number = wrap_signal_name(text);
		return number ? 128 + number : -1;
	}
	return *end == 0 && code >= 0 && code <= 255 ? (int)code : -1;
}

static int take_exit_code(const char *value)
{
	char name[16];
	const char *target;
	int from = -1, to = -1;
	if (split(value, name, &target)) {
		from = exit_code(name);
		to = exit_code(target);
	}
	if (from < 0 || to < 0)
		return refuse("exit-code", value, "FROM:TO, each from 0 to 255 or a signal, for example TERM:0");
	wrap.exit_codes[from] = (short)(to + 1);
	return WRAP_GO_ON;
}

static int take_log_format(const char *value)
{
	json = strcmp(value, "json") == 0;
	return json || strcmp(value, "pretty") == 0 ? WRAP_GO_ON : refuse("log-format", value, "json or pretty");
}

static int take_log_level(const char *value)
{
	static const struct {
		const char *word;
		int level;
	} levels[] = {{"trace", DEBUG}, {"debug", DEBUG}, {"info", INFO}, {"warn", WARN},
		      {"error", ERROR}, {"fatal", ERROR}, {"silent", 100}};
	for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
		if (strcmp(value, levels[i].word) == 0) {
			lowest_level = levels[i].level;
			return WRAP_GO_ON;
		}
	}
	return refuse("log-level", value, "trace, debug, info, warn, error, fatal or silent");
}

static const struct wrap_option options[] = {
	{0, "wait", true, take_wait},
	{0, "group", false, take_group},
	{0, "single-child", false, take_single_child},
	{0, "session", false, take_session},
	{0, "stop-signal", true, take_stop_signal},
	{0, "rewrite", true, take_rewrite},
	{0, "exit-code", true, take_exit_code},
	{0, "parent-death-signal", true, take_death_signal},
	{0, "subreaper", false, take_subreaper},
	{0, "warn-reaped", false, take_warn_reaped},
	{0, "pause", false, take_pause},
	{0, "verbose", false, take_verbose},
	{0, "log-level", true, take_log_level},
	{0, "log-format", true, take_log_format},
	{0},
};

/* The row for "--name" or "--name=value". */
static const struct wrap_option *find_option(const char *word, const char **value)
{
	size_t length = strcspn(word, "=");
	*value = word[length] ? word + length + 1 : NULL;
	for (const struct wrap_option *option = options; option->name; option++) {
		if (strlen(option->name) + 2 == length && strncmp(word + 2, option->name, length - 2) == 0)
			return option;
	}
	return NULL;
}

/* Exact names only, and "--" before the command: anything else is for the rest of usher, which also explains
 * errors. */
static int read_options(void)
{
	int i = 1;
	for (; i < wrap.argc && strcmp(wrap.argv[i], "--") != 0; i++) {
		const char *value;
		const struct wrap_option *option =
			strncmp(wrap.argv[i], "--", 2) == 0 ? find_option(wrap.argv[i], &value) : NULL;
		if (!option || (!option->has_value && value))
			return WRAP_NOT_MINE;
		if (option->has_value && !value)
			value = ++i < wrap.argc ? wrap.argv[i] : "";
		int status = option->take(value);
		if (status != WRAP_GO_ON)
			return status;
	}
	wrap.command = i < wrap.argc ? wrap.argv + i + 1 : wrap.argv + wrap.argc;
	if (wrap.pause)
		return *wrap.command ? WRAP_NOT_MINE : WRAP_GO_ON;
	return *wrap.command ? WRAP_GO_ON : WRAP_NOT_MINE;
}

/* ------------------------------------------------------------------------------------------------------------ steps */

/* With units around, the command is the main process beside them, and starting it is the engine's task. */
static bool has_units(void)
{
	const char *path = getenv("USHER_UNIT_PATH");
	return (path && *path) || access("/etc/usher/units", F_OK) == 0;
}

static void read_variable(const char *name, int (*read)(const char *value))
{
	const char *value = getenv(name);
	variable = name;
	if (value && *value)
		read(value);
	variable = NULL;
}

static int begin(void)
{
	if (wrap.argc < 2 || has_units())
		return WRAP_NOT_MINE;
	read_variable("USHER_LOG_FORMAT", take_log_format);
	read_variable("USHER_LOG_LEVEL", take_log_level);
	wrap.place = WRAP_PLACE_GROUP;
	wrap.leave_directory = true;
	wrap.close_files = true;
	wrap.actions[SIGTTIN] = wrap.actions[SIGTTOU] = WRAP_SWALLOW;
	return WRAP_GO_ON;
}

static int misused(void)
{
	return USAGE_ERROR;
}

/* As dumb-init does: the stop signals of a terminal do not reach a session of its own, STOP does. */
static void prepare_session(void)
{
	static const int stops[] = {SIGTSTP, SIGTTOU, SIGTTIN};
	for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++) {
		wrap.actions[stops[i]] = WRAP_SUSPEND;
		if (wrap.rewrite[stops[i]] == 0)
			wrap.rewrite[stops[i]] = SIGSTOP;
	}
	wrap_release_terminal();
}

static bool in_foreground;

static int ready(void)
{
	/* What container runtimes send to halt an init (SIGRTMIN+3) is a stop here too. */
	if (wrap.rewrite[SIGRTMIN + 3] == 0)
		wrap.rewrite[SIGRTMIN + 3] = wrap.rewrite[SIGTERM] ? wrap.rewrite[SIGTERM] : SIGTERM;
	wrap.sweep = !single_child && !wrap.wait_all;
	if (death_signal)
		prctl(PR_SET_PDEATHSIG, (unsigned long)death_signal);
	if (getpid() != 1) {
		int error = wrap_become_subreaper();
		if (error)
			log_line(WARN, "cannot become a subreaper: %s, ignoring", wrap_error(error));
	}
	if (wrap.place == WRAP_PLACE_SESSION)
		prepare_session();
	in_foreground = tcgetpgrp(STDIN_FILENO) == getpgrp();
	wrap.job_control = in_foreground && getpid() != 1;
	return WRAP_GO_ON;
}

static int in_child(void)
{
	if (wrap.place == WRAP_PLACE_SESSION) {
		setsid();
		ioctl(STDIN_FILENO, TIOCSCTTY, 0);
		return WRAP_GO_ON;
	}
	setpgid(0, 0);
	if (in_foreground)
		tcsetpgrp(STDIN_FILENO, getpgrp());
	return WRAP_GO_ON;
}

static int exec_status(int error)
{
	return error == ENOENT ? 127 : 126;
}

const struct wrap_face wrap_usher = {
	.name = "usher",
	.options = options,
	.takes_faults = true,
	.begin = begin,
	.read_options = read_options,
	.misused = misused,
	.no_command = misused,
	.ready = ready,
	.in_child = in_child,
	.exec_status = exec_status,
	.tell = tell,
};
