/*
 * The way through that all wrapper faces share; see wrap.h for the model.
 */
#include "wrap.h"

#include "pages.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct wrap wrap = {.status = WRAP_GO_ON};

static void tell(struct wrap_event event)
{
	wrap.face->tell(&event);
}

/* ---------------------------------------------------------------------------------------------------------- options */

#define MAX_OPTIONS 32
#define LONG_ONLY_FIRST 1000

/* getopt(3)'s two spellings of a face's table. */
struct getopt_table {
	char letters[3 * MAX_OPTIONS + 2];
	struct option names[MAX_OPTIONS + 1];
	int name_count;
};

static void fill_table(struct getopt_table *table, const struct wrap_face *face)
{
	char *letter = table->letters;
	if (!face->options_anywhere)
		*letter++ = '+';
	for (int i = 0; i < MAX_OPTIONS && (face->options[i].letter || face->options[i].name); i++) {
		const struct wrap_option *option = &face->options[i];
		if (option->letter) {
			*letter++ = option->letter;
			if (option->has_value)
				*letter++ = ':';
		}
		if (option->name) {
			struct option *row = &table->names[table->name_count++];
			row->name = option->name;
			row->has_arg = option->has_value ? required_argument : no_argument;
			row->val = option->letter ? option->letter : LONG_ONLY_FIRST + i;
		}
	}
}

static const struct wrap_option *find_option(const struct wrap_face *face, int found)
{
	if (found >= LONG_ONLY_FIRST)
		return &face->options[found - LONG_ONLY_FIRST];
	for (const struct wrap_option *option = face->options; option->letter || option->name; option++) {
		if (option->letter == found)
			return option;
	}
	return NULL;
}

/* The C library's getopt reads the options and words its complaints, as it does for the peers. */
static int read_options(const struct wrap_face *face)
{
	struct getopt_table table = {0};
	fill_table(&table, face);
	for (;;) {
		int found = table.name_count > 0 ? getopt_long(wrap.argc, wrap.argv, table.letters, table.names, NULL)
						 : getopt(wrap.argc, wrap.argv, table.letters);
		if (found == -1)
			break;
		const struct wrap_option *option = found == '?' ? NULL : find_option(face, found);
		if (!option)
			return face->misused();
		int status = option->take(optarg);
		if (status != WRAP_GO_ON)
			return status;
	}
	wrap.command = wrap.argv + optind;
	if (!*wrap.command && !wrap.pause)
		return face->no_command();
	return WRAP_GO_ON;
}

/* ------------------------------------------------------------------------------------------------------------ start */

/*
 * Where the container itself was socket-activated, the descriptors are the command's, and the variable that names
 * their owner (sd_listen_fds(3)) must name it: the child fills in its own process id. LISTEN_PIDFDID would still name
 * us; without it the process id alone counts.
 */
static char listen_pid[32];

static void hand_on_listen_pid(void)
{
	const char *value = getenv("LISTEN_PID");
	if (!value || strtol(value, NULL, 10) != getpid())
		return;
	strcpy(listen_pid, "LISTEN_PID=");
	unsetenv("LISTEN_PIDFDID");
	for (char **entry = environ; *entry; entry++) {
		if (strncmp(*entry, "LISTEN_PID=", 11) == 0)
			*entry = listen_pid;
	}
}

/*
 * Where we were started is the command's business. It is left before the command runs, so that nobody ever sees us hold
 * on to it, and the child goes back by this descriptor; where it could not (permission), it is left afterwards.
 */
static int directory = -1;

static void change_to_root(void)
{
	if (wrap.leave_directory && chdir("/") < 0)
		tell((struct wrap_event){.kind = WRAP_NO_CHDIR, .error = errno});
}

static void open_directory(void)
{
	int found = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (found >= 0 && fchdir(found) == 0)
		/* Where standard input is closed, its number must not be taken. */
		directory = fcntl(found, F_DUPFD_CLOEXEC, 3);
	if (found >= 0)
		close(found);
	if (directory >= 0)
		change_to_root();
}

/* Runs in the child, in the parent's memory, while the parent sleeps: nothing here may allocate or keep a lock. */
static _Noreturn void run_child(void)
{
	if (wrap.children_ignored)
		signal(SIGCHLD, SIG_IGN);
	if (directory >= 0 && fchdir(directory) < 0)
		_exit(1); /* it could a moment ago */
	if (listen_pid[0])
		snprintf(listen_pid, sizeof listen_pid, "LISTEN_PID=%d", getpid());
	int status = wrap.face->in_child();
	if (status == WRAP_GO_ON) {
		sigprocmask(SIG_SETMASK, &wrap.child_mask, NULL);
		execvp(wrap.command[0], wrap.command);
		int error = errno;
		tell((struct wrap_event){.kind = WRAP_NO_EXEC, .error = error});
		status = wrap.face->exec_status(error);
	}
	_exit(status);
}

/* vfork: no page tables to copy, and when it returns the command has been executed or has failed. */
static int start_command(void)
{
	hand_on_listen_pid();
	if (wrap.leave_directory)
		open_directory();
	pid_t pid = vfork();
	if (pid == 0)
		run_child();
	int error = errno;
	if (directory >= 0)
		close(directory);
	else
		change_to_root();
	if (pid < 0) {
		tell((struct wrap_event){.kind = WRAP_NO_SPAWN, .error = error});
		return 1;
	}
	wrap.child = pid;
	tell((struct wrap_event){.kind = WRAP_SPAWNED, .pid = pid});
	return WRAP_GO_ON;
}

/* ---------------------------------------------------------------------------------------------------------- pass on */

/* Children by now are all that is left of the command: what it started and what was handed to us. */
static void signal_children(int number)
{
	if (getpid() == 1) {
		kill(-1, number);
		return;
	}
	char text[64];
	snprintf(text, sizeof text, "/proc/self/task/%d/children", getpid());
	FILE *file = fopen(text, "re");
	int pid;
	while (file && fscanf(file, "%d", &pid) == 1)
		kill(pid, number);
	if (file)
		fclose(file);
}

/* 0 or errno. */
static int send_signal(int number)
{
	if (wrap.status == WRAP_GO_ON)
		return kill(wrap.to_group ? -wrap.child : wrap.child, number) < 0 ? errno : 0;
	/* The command is reaped; its process id may be another's by now. Its group is its own while it has members. */
	if (wrap.wait_all)
		signal_children(number);
	else if (wrap.sweep)
		kill(-wrap.child, number);
	return 0;
}

static void pass_on(int number)
{
	int out = number;
	if (wrap.rewrite[number] != 0) {
		out = wrap.rewrite[number] > 0 ? wrap.rewrite[number] : 0;
		tell((struct wrap_event){.kind = WRAP_TRANSLATED, .number = number, .other = out});
	}
	if (out == 0) {
		tell((struct wrap_event){.kind = WRAP_DROPPED, .number = out});
		return;
	}
	tell((struct wrap_event){.kind = WRAP_PASSING, .number = out});
	int error = send_signal(out);
	tell((struct wrap_event){.kind = error ? WRAP_NOT_PASSED : WRAP_PASSED, .number = out, .error = error});
}

static void handle_signal(int number)
{
	enum wrap_action action = wrap.actions[number];
	if (action == WRAP_SWALLOW) {
		tell((struct wrap_event){.kind = WRAP_SWALLOWED, .number = number});
		return;
	}
	if (wrap.pause) {
		if (number == SIGTERM || number == SIGINT)
			wrap.status = 0;
		return;
	}
	pass_on(number);
	if (action == WRAP_SUSPEND) {
		tell((struct wrap_event){.kind = WRAP_SUSPENDING, .number = number});
		kill(getpid(), SIGSTOP);
	}
}

/* ------------------------------------------------------------------------------------------------------------- reap */

static int exit_status(int code)
{
	return wrap.exit_codes[code] > 0 ? wrap.exit_codes[code] - 1 : code;
}

/*
 * Stopped by the terminal (Ctrl-Z), as a job of a shell that only knows this process: stop too, so that the shell
 * notices. When the shell continues us, the terminal is our group's, and the command needs it back.
 */
static void stop_together(void)
{
	kill(getpid(), SIGSTOP);
	if (tcgetpgrp(STDIN_FILENO) == getpgrp())
		tcsetpgrp(STDIN_FILENO, wrap.child);
	kill(-wrap.child, SIGCONT);
}

static void note_end(pid_t pid, int how)
{
	bool killed = WIFSIGNALED(how);
	int number = killed ? WTERMSIG(how) : WEXITSTATUS(how);
	tell((struct wrap_event){.kind = killed ? WRAP_KILLED : WRAP_EXITED, .pid = pid, .number = number});
	if (pid != wrap.child)
		return;
	wrap.status = exit_status((killed ? 128 + number : number) & 0xff);
	if (wrap.sweep || wrap.tell_sweep)
		pass_on(SIGTERM);
}

/* True: there are children left. */
static bool reap(void)
{
	for (;;) {
		int how;
		pid_t pid = waitpid(-1, &how, WNOHANG | (wrap.job_control ? WUNTRACED : 0));
		if (pid <= 0) {
			tell((struct wrap_event){.kind = WRAP_ALL_REAPED, .error = pid < 0 ? errno : 0});
			return pid == 0;
		}
		if (!WIFSTOPPED(how)) {
			note_end(pid, how);
		} else if (pid == wrap.child) {
			stop_together();
		}
		if (wrap.status != WRAP_GO_ON && wrap.leave_first)
			return true;
	}
}

/* ---------------------------------------------------------------------------------------------------------- through */

static int attend(const sigset_t *caught)
{
	bool children = true;
	while (wrap.status == WRAP_GO_ON || (wrap.wait_all && children)) {
		int number = sigwaitinfo(caught, NULL);
		if (number < 0)
			continue;
		tell((struct wrap_event){.kind = WRAP_RECEIVED, .number = number});
		if (wrap.skip_once[number]) {
			wrap.skip_once[number] = false;
			tell((struct wrap_event){.kind = WRAP_SKIPPED, .number = number});
			continue;
		}
		if (number != SIGCHLD)
			handle_signal(number);
		if (number == SIGCHLD || wrap.always_reap)
			children = reap();
	}
	/* A script that goes on after us would otherwise find the terminal with a group that is gone. */
	if (wrap.job_control && tcgetpgrp(STDIN_FILENO) == wrap.child)
		tcsetpgrp(STDIN_FILENO, getpgrp());
	tell((struct wrap_event){.kind = WRAP_LEAVING, .number = wrap.status});
	return wrap.status;
}

static void block_signals(const struct wrap_face *face, sigset_t *caught)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGTRAP, SIGSYS};
	sigfillset(caught);
	for (size_t i = 0; !face->takes_faults && i < sizeof faults / sizeof faults[0]; i++)
		sigdelset(caught, faults[i]);
	sigprocmask(SIG_SETMASK, caught, &wrap.child_mask);
}

/* An ignored SIGCHLD would take the exit statuses away. All others that are ignored stay so: blocked, they queue. */
static void heed_children(void)
{
	struct sigaction found;
	wrap.children_ignored = sigaction(SIGCHLD, NULL, &found) == 0 && found.sa_handler == SIG_IGN;
	if (wrap.children_ignored)
		signal(SIGCHLD, SIG_DFL);
}

void wrap_run(const struct wrap_face *face, int argc, char **argv)
{
	wrap.face = face;
	wrap.argc = argc;
	wrap.argv = argv;
	sigset_t caught;
	block_signals(face, &caught);
	int status = face->begin ? face->begin() : WRAP_GO_ON;
	if (status == WRAP_GO_ON)
		status = face->read_options ? face->read_options() : read_options(face);
	if (status == WRAP_NOT_MINE) {
		sigprocmask(SIG_SETMASK, &wrap.child_mask, NULL);
		return;
	}
	if (status == WRAP_GO_ON) {
		heed_children();
		status = face->ready();
	}
	if (status == WRAP_GO_ON && wrap.pause)
		change_to_root();
	else if (status == WRAP_GO_ON)
		status = start_command();
	if (status == WRAP_GO_ON) {
		if (wrap.close_files)
			syscall(SYS_close_range, 3U, ~0U, 0U);
		/* 1.1 MB resident become 0.35, for 20 us while the command starts. */
		forget_program_pages();
		status = attend(&caught);
	}
	_exit(status);
}
