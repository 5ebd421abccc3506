/*
 * Other processes: reaping, signalling, and what /proc tells about them.
 */
#include "host.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define REAP_PORTION 2048
#define MAX_PROC_FILE (4 * 1024 * 1024)
#define PID_LIMIT (4 * 1024 * 1024) /* the kernel's PID_MAX_LIMIT */

/* A bit for each process id: a child that we spawned and have not reaped. Pages are touched where the ids lie. */
static uint8_t spawned[PID_LIMIT / 8];
static int spawned_count;

void process_spawned(pid_t pid)
{
	lastline_note_child(pid);
	spawned_count++;
	if (pid < PID_LIMIT)
		spawned[pid / 8] |= (uint8_t)(1U << (pid % 8));
}

static bool is_spawned(long pid)
{
	return pid < PID_LIMIT && (spawned[pid / 8] >> (pid % 8)) & 1;
}

static void process_reaped(pid_t pid)
{
	lastline_forget_child(pid);
	if (is_spawned(pid))
		spawned_count--;
	if (pid < PID_LIMIT)
		spawned[pid / 8] &= (uint8_t) ~(1U << (pid % 8));
}

/*
 * Looking for dead children means that the kernel goes through all of them, which costs more than all else where there
 * are thousands. The signal names one of those that died; where there are so many, the others are looked for when the
 * last look is a while ago.
 */
#define MANY_CHILDREN 256
#define BETWEEN_LOOKS 10000 /* usec */

static bool wait_for(idtype_t type, pid_t pid, siginfo_t *info)
{
	*info = (siginfo_t){0};
	return waitid(type, (id_t)pid, info, WEXITED | WNOHANG) == 0 && info->si_pid != 0;
}

static bool find_dead(siginfo_t *info)
{
	static uint64_t looked_at;
	pid_t named = loop_take_dead_child();
	if (named > 0 && wait_for(P_PID, named, info))
		return true;
	bool many = spawned_count > MANY_CHILDREN;
	if (many && now_monotonic() < looked_at + BETWEEN_LOOKS) {
		loop_more_children_at(looked_at + BETWEEN_LOOKS);
		return false;
	}
	if (wait_for(P_ALL, 0, info))
		return true;
	if (many)
		looked_at = now_monotonic();
	return false;
}

static JSValue js_reap(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int count = 0;
	for (; count < REAP_PORTION; count++) {
		siginfo_t info;
		if (!find_dead(&info))
			return JS_NewInt32(ctx, count);
		process_reaped(info.si_pid);
		spawn_settle(info.si_pid);
		JSValue args[3] = {JS_NewInt32(ctx, info.si_pid), JS_NewInt32(ctx, info.si_code),
				   JS_NewInt32(ctx, info.si_status)};
		JSValue result = JS_Call(ctx, argv[0], JS_UNDEFINED, 3, (JSValueConst *)args);
		if (JS_IsException(result)) {
			/* This child is gone and can't be asked again; the others must not be lost with it. */
			script_report();
			loop_more_children();
		}
		JS_FreeValue(ctx, result);
	}
	/* An endless stream of orphans must not keep the loop from its other work. */
	loop_more_children();
	return JS_NewInt32(ctx, count);
}

/* -------------------------------------------------------------------------------------------------------- signals */

static JSValue js_kill(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int pid, signal;
	if (!take(ctx, argv, "ii", &pid, &signal))
		return JS_EXCEPTION;
	/* 0 is our own group, -1 is everybody: never what a unit's bookkeeping means. */
	if (pid == 0 || pid == -1)
		return new_errno(ctx, EINVAL);
	return new_code(ctx, kill(pid, signal));
}

static JSValue js_sigqueue(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int pid, signal, value;
	if (!take(ctx, argv, "iii", &pid, &signal, &value))
		return JS_EXCEPTION;
	if (pid <= 0)
		return new_errno(ctx, EINVAL);
	return new_code(ctx, sigqueue(pid, signal, (union sigval){.sival_int = value}));
}

static JSValue js_kill_all(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int signal;
	if (!take(ctx, argv, "i", &signal))
		return JS_EXCEPTION;
	/* Only where everybody else is ours: outside a process namespace of our own it would end the machine. */
	if (!boot.is_pid1)
		return new_errno(ctx, EPERM);
	return new_code(ctx, kill(-1, signal));
}

/* ----------------------------------------------------------------------------------------------------------- /proc */

/* Reads a whole small file of /proc. malloc'ed, NUL-terminated; NULL with errno. */
static char *read_proc(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return NULL;
	size_t size = 4096, used = 0;
	char *text = malloc(size);
	while (text) {
		ssize_t n = read(fd, text + used, size - used - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int error = errno;
			free(text);
			text = NULL;
			errno = error;
			break;
		}
		used += (size_t)n;
		if (n == 0 || used >= MAX_PROC_FILE)
			break;
		if (used == size - 1) {
			char *grown = realloc(text, size * 2);
			if (!grown) {
				free(text);
				text = NULL;
				errno = ENOMEM;
				break;
			}
			text = grown;
			size *= 2;
		}
	}
	int error = errno;
	close(fd);
	errno = error;
	if (text)
		text[used] = 0;
	*len = used;
	return text;
}

/* pid, ppid, group, session, start time, state. The name in parentheses may itself hold parentheses and spaces. */
static bool parse_stat(const char *text, double fields[6])
{
	const char *p = strrchr(text, ')');
	char state;
	int ppid, group, session;
	unsigned long long start;
	if (!p || sscanf(p + 1, " %c %d %d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &state,
			 &ppid, &group, &session, &start) != 5)
		return false;
	fields[0] = (double)strtol(text, NULL, 10);
	fields[1] = ppid;
	fields[2] = group;
	fields[3] = session;
	fields[4] = (double)start;
	fields[5] = (unsigned char)state;
	return true;
}

static bool stat_process(int proc_fd, const char *pid, double fields[6])
{
	char path[32], text[1024];
	snprintf(path, sizeof path, "%.16s/stat", pid);
	int fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, text, sizeof text - 1);
	int error = n < 0 ? errno : ESRCH;
	close(fd);
	errno = error;
	if (n <= 0)
		return false;
	text[n] = 0;
	return parse_stat(text, fields);
}

enum { ALL_PROCESSES, STRANGERS };

static JSValue js_processes(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv, int which)
{
	(void)this;
	(void)argc;
	(void)argv;
	DIR *dir = opendir("/proc");
	if (!dir)
		return new_code(ctx, -1);
	JSValue array = JS_NewArray(ctx);
	uint32_t n = 0;
	long own = getpid();
	for (struct dirent *entry; (entry = readdir(dir));) {
		double fields[6];
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		long pid = strtol(entry->d_name, NULL, 10);
		if (which == STRANGERS && (pid == own || is_spawned(pid)))
			continue;
		if (!stat_process(dirfd(dir), entry->d_name, fields))
			continue;
		for (int i = 0; i < 6; i++)
			JS_SetPropertyUint32(ctx, array, n++, JS_NewInt64(ctx, (int64_t)fields[i]));
	}
	closedir(dir);
	return array;
}

static JSValue js_process(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int pid;
	if (!take(ctx, argv, "i", &pid))
		return JS_EXCEPTION;
	char path[32];
	double fields[6];
	snprintf(path, sizeof path, "/proc/%d", pid);
	if (!stat_process(AT_FDCWD, path, fields))
		return new_code(ctx, -1);
	JSValue array = JS_NewArray(ctx);
	for (uint32_t i = 0; i < 6; i++)
		JS_SetPropertyUint32(ctx, array, i, JS_NewInt64(ctx, (int64_t)fields[i]));
	return array;
}

/* Asked for at the end of each connection's process, so the file stays open. */
static JSValue js_last_pid(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	(void)argv;
	static int fd = -1;
	char text[32];
	if (fd < 0)
		fd = open("/proc/sys/kernel/ns_last_pid", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof text - 1, 0);
	if (n <= 0)
		return new_code(ctx, -1);
	text[n] = 0;
	return JS_NewInt64(ctx, strtol(text, NULL, 10));
}

/*
 * Reads /proc/PID/NAME as the process's own user: root without CAP_SYS_PTRACE may not read another user's environment,
 * but that user may. Only the file system ids change; nobody can signal us meanwhile, as they could with the effective
 * ids.
 */
static char *read_as_owner(int pid, const char *name, size_t *len)
{
	char path[64];
	struct stat status;
	snprintf(path, sizeof path, "/proc/%d", pid);
	if (stat(path, &status) < 0)
		return NULL;
	snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
	bool other = geteuid() == 0 && (status.st_uid != 0 || status.st_gid != 0);
	char *text = read_proc(path, len);
	if (text || !other)
		return text;
	setfsgid(status.st_gid);
	setfsuid(status.st_uid);
	text = read_proc(path, len);
	int error = errno;
	setfsuid(geteuid());
	setfsgid(getegid());
	/* Changing ids makes us non-dumpable. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	errno = error;
	return text;
}

static JSValue js_process_has_env(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int pid;
	struct text wanted = {0};
	if (!take(ctx, argv, "is", &pid, &wanted))
		return JS_EXCEPTION;
	size_t len;
	char *env = read_as_owner(pid, "environ", &len);
	int result = env ? 0 : -errno;
	for (const char *p = env; p && p < env + len; p += strlen(p) + 1) {
		if (strcmp(p, wanted.bytes) == 0) {
			result = 1;
			break;
		}
	}
	free(env);
	free_text(ctx, &wanted);
	return JS_NewInt32(ctx, result);
}

static JSValue js_process_argv(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int pid;
	if (!take(ctx, argv, "i", &pid))
		return JS_EXCEPTION;
	char path[64];
	size_t len;
	snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
	char *text = read_proc(path, &len);
	if (!text)
		return new_code(ctx, -1);
	JSValue array = JS_NewArray(ctx);
	uint32_t n = 0;
	for (const char *p = text; p < text + len; p += strlen(p) + 1)
		JS_SetPropertyUint32(ctx, array, n++, new_text_z(ctx, p));
	free(text);
	return array;
}

static JSValue js_process_uid(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int pid;
	if (!take(ctx, argv, "i", &pid))
		return JS_EXCEPTION;
	/* The directory's owner is root for a process that isn't dumpable, so ask the status file. */
	char path[64];
	size_t len;
	unsigned uid;
	snprintf(path, sizeof path, "/proc/%d/status", pid);
	char *text = read_proc(path, &len);
	if (!text)
		return new_code(ctx, -1);
	const char *line = strstr(text, "\nUid:");
	int found = line && sscanf(line + 5, "%u", &uid) == 1;
	free(text);
	return found ? JS_NewInt64(ctx, uid) : new_errno(ctx, ESRCH);
}

static JSValue js_process_exe(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int pid;
	if (!take(ctx, argv, "i", &pid))
		return JS_EXCEPTION;
	char path[64], target[4096];
	snprintf(path, sizeof path, "/proc/%d/exe", pid);
	ssize_t n = readlink(path, target, sizeof target);
	return n < 0 ? new_code(ctx, -1) : new_text(ctx, target, (size_t)n);
}

/* ------------------------------------------------------------------------------------------------ one-number calls */

enum { GETPGID, GETSID, PIDFD_OPEN };

static JSValue js_pid_call(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv, int which)
{
	(void)this;
	(void)argc;
	int pid;
	if (!take(ctx, argv, "i", &pid))
		return JS_EXCEPTION;
	switch (which) {
	case GETPGID:
		return new_code(ctx, getpgid(pid));
	case GETSID:
		return new_code(ctx, getsid(pid));
	default:
		return new_code(ctx, syscall(SYS_pidfd_open, pid, 0)); /* close-on-exec by nature */
	}
}

static JSValue js_tcsetpgrp(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd, group;
	if (!take(ctx, argv, "ii", &fd, &group))
		return JS_EXCEPTION;
	return new_code(ctx, tcsetpgrp(fd, group));
}

static JSValue js_isatty(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd;
	if (!take(ctx, argv, "i", &fd))
		return JS_EXCEPTION;
	return JS_NewBool(ctx, isatty(fd));
}

static const JSCFunctionListEntry functions[] = {
	JS_CFUNC_DEF("reap", 1, js_reap),
	JS_CFUNC_DEF("kill", 2, js_kill),
	JS_CFUNC_DEF("sigqueue", 3, js_sigqueue),
	JS_CFUNC_DEF("killAll", 1, js_kill_all),
	JS_CFUNC_MAGIC_DEF("processes", 0, js_processes, ALL_PROCESSES),
	JS_CFUNC_MAGIC_DEF("strangers", 0, js_processes, STRANGERS),
	JS_CFUNC_DEF("process", 1, js_process),
	JS_CFUNC_DEF("lastPid", 0, js_last_pid),
	JS_CFUNC_DEF("processHasEnv", 2, js_process_has_env),
	JS_CFUNC_DEF("processArgv", 1, js_process_argv),
	JS_CFUNC_DEF("processUid", 1, js_process_uid),
	JS_CFUNC_DEF("processExe", 1, js_process_exe),
	JS_CFUNC_MAGIC_DEF("getpgid", 1, js_pid_call, GETPGID),
	JS_CFUNC_MAGIC_DEF("getsid", 1, js_pid_call, GETSID),
	JS_CFUNC_MAGIC_DEF("pidfdOpen", 1, js_pid_call, PIDFD_OPEN),
	JS_CFUNC_DEF("tcsetpgrp", 2, js_tcsetpgrp),
	JS_CFUNC_DEF("isatty", 1, js_isatty),
};

void mod_process_init(JSContext *ctx, JSValueConst host)
{
	JS_SetPropertyFunctionList(ctx, host, functions, ARRAY_LEN(functions));
}
