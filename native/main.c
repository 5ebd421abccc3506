/*
 * Boot: which face is this, and what did we find. A face that runs one command never comes further than its first line
 * of main(); see wrap.h.
 *
 * Order matters. Signals are blocked before anything else, so that none is lost or kills us; the descriptors that we
 * were given become close-on-exec before the first child.
 */
#include "host.h"
#include "wrap.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "version.h"

struct boot boot = {.face = "usher", .null_fd = -1};

const char host_reader[] = ENGINE_FINGERPRINT;

/* Faces, and the blob that each loads. One with `wrap` runs a command; only `usher` may decline that and be an init. */
static const struct face {
	const char *name;
	const char *blob;
	const struct wrap_face *wrap;
} faces[] = {
	{"usher", "init", &wrap_usher},
	{"tini", NULL, &wrap_tini},
	{"tini-static", NULL, &wrap_tini},
	{"docker-init", NULL, &wrap_tini},
	{"dumb-init", NULL, &wrap_dumb_init},
	{"catatonit", NULL, &wrap_catatonit},
	{"podman-init", NULL, &wrap_catatonit},
	{"usherctl", "tools", NULL},
	{"systemctl", "tools", NULL},
	{"systemd-notify", "tools", NULL},
	{"systemd-socket-proxyd", "tools", NULL},
	{"systemd-socket-activate", "tools", NULL},
	{"halt", "tools", NULL},
	{"poweroff", "tools", NULL},
	{"reboot", "tools", NULL},
	{"runlevel", "tools", NULL},
	{"shutdown", "tools", NULL},
	{"telinit", "tools", NULL},
};

static const struct face *find_face(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	for (int i = 0; i < ARRAY_LEN(faces); i++) {
		if (strcmp(faces[i].name, name) == 0)
			return &faces[i];
	}
	return &faces[0];
}

/* ------------------------------------------------------------------------------------------------------ descriptors */

/*
 * /dev/null, or, in an image without it, an empty file sealed against growing: reads give end of file, and writes fail
 * with EPERM instead of raising SIGPIPE or filling memory.
 */
static int open_null(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	fd = memfd_create("null", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0)
		fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_WRITE | F_SEAL_SEAL);
	return fd;
}

/* A closed standard descriptor would be taken by the next open(2), and then written to. */
static void fill_stdio(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			boot.closed_stdio |= 1 << fd;
	}
	boot.null_fd = open_null();
	if (boot.null_fd >= 0 && boot.null_fd <= 2) {
		int moved = fcntl(boot.null_fd, F_DUPFD_CLOEXEC, 3);
		close(boot.null_fd);
		boot.null_fd = moved;
	}
	for (int fd = 0; fd <= 2; fd++) {
		if (boot.closed_stdio >> fd & 1)
			dup3(boot.null_fd, fd, O_CLOEXEC);
	}
}

static void note_inherited(int fd)
{
	static int capacity;
	if (fd < 3 || fd == boot.null_fd)
		return;
	if (boot.inherited_count == capacity) {
		int *grown = realloc(boot.inherited, ((size_t)capacity * 2 + 8) * sizeof *grown);
		if (!grown)
			return;
		boot.inherited = grown;
		capacity = capacity * 2 + 8;
	}
	boot.inherited[boot.inherited_count++] = fd;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static int compare_ints(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void find_inherited(void)
{
	DIR *dir = opendir("/proc/self/fd");
	if (!dir) {
		/* /proc may be masked or not there. */
		for (int fd = 3; fd < 1024; fd++) {
			if (fcntl(fd, F_GETFD) >= 0)
				note_inherited(fd);
		}
		return;
	}
	for (struct dirent *entry; (entry = readdir(dir));) {
		int fd = atoi(entry->d_name);
		if (entry->d_name[0] != '.' && fd != dirfd(dir))
			note_inherited(fd);
	}
	closedir(dir);
	if (boot.inherited_count > 1)
		qsort(boot.inherited, (size_t)boot.inherited_count, sizeof(int), compare_ints);
}

/* ---------------------------------------------------------------------------------------------------------- signals */

static void take_signals(void)
{
	sigset_t all;
	sigfillset(&all);
	/* Faults can't be held back: a blocked one would end the process. They belong to the last line. */
	static const int faults[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGTRAP, SIGSYS};
	for (int i = 0; i < ARRAY_LEN(faults); i++)
		sigdelset(&all, faults[i]);
	sigprocmask(SIG_SETMASK, &all, &boot.blocked);
	sigemptyset(&boot.ignored);
	for (int s = 1; s <= SIGRTMAX; s++) {
		struct sigaction action;
		if (sigaction(s, NULL, &action) == 0 && action.sa_handler == SIG_IGN) {
			sigaddset(&boot.ignored, s);
			/* An ignored signal never reaches a signalfd; and an ignored SIGCHLD takes the exit statuses
			 * away. */
			signal(s, SIG_DFL);
		}
	}
	signal(SIGPIPE, SIG_IGN);
}

/* ------------------------------------------------------------------------------------------------------------- boot */

/*
 * Without these the bytecode of one library could be fed to another, which crashes at best. The build compares them
 * too; this is for a binary put together by hand.
 */
static bool engine_matches(void)
{
	if (strcmp(blobs_writer, host_reader) == 0)
		return true;
	complain("bytecode was written by %s, this is %s", blobs_writer, host_reader);
	return false;
}

/* The face's blob; test builds run any script: usher --script FILE. */
static int run_blob(const char *name)
{
	JSValue result;
#ifdef USHER_TEST_HOOKS
	if (boot.argc > 2 && strcmp(boot.argv[1], "--script") == 0)
		result = script_run_file(boot.argv[2]);
	else
#endif
		result = script_load(name);
	if (JS_IsException(result)) {
		script_report();
		/* An init that failed in the middle of its boot goes on with what it has: it can still be told to stop. */
		return lastline_is_set() && loop_is_served() ? loop_run() : 1;
	}
	JS_FreeValue(script.context, result);
	return 0;
}

int main(int argc, char **argv, char **envp)
{
	const struct face *face = find_face(argc > 0 ? argv[0] : "usher");
	if (face->wrap)
		wrap_run(face->wrap, argc, argv);
	boot.start_usec = now_monotonic();
	boot.argc = argc;
	boot.argv = argv;
	boot.envp = envp;
	boot.is_pid1 = getpid() == 1;
	take_signals();
	fill_stdio();
	find_inherited();
	boot.face = face->name;
	lastline_start();
	if (!engine_matches())
		return 1;
	if (!loop_start() || !script_start(face->blob)) {
		complain("cannot start: %s", strerror(errno));
		return 1;
	}
	int status = run_blob(face->blob);
	output_flush(500 * 1000);
	_exit(status);
}
