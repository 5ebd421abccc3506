/*
 * The child's side of a start, between fork and exec. Nothing here may allocate, lock, use stdio, or call a libc
 * wrapper that talks to other threads (setuid and its kin): the memory may be the parent's.
 *
 * The order is systemd's: what needs privilege first, then descriptors, then limits, groups, bounding set, user,
 * working directory (which only the user may be able to reach), and exec.
 */
#include "adopt.h"
#include "spawn.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif
#ifndef SCHED_RESET_ON_FORK
#define SCHED_RESET_ON_FORK 0x40000000
#endif

/* The one table from step to word and exit status (systemd.exec(5), "Process exit codes"). */
const struct step_info spawn_steps[STEP_COUNT] = {
	[STEP_NONE] = {"", 0},
	[STEP_FORK] = {"fork", 0},
	[STEP_SESSION] = {"setsid", 220},
	[STEP_FDS] = {"fds", 202},
	[STEP_STDIN] = {"stdin", 208},
	[STEP_STDOUT] = {"stdout", 209},
	[STEP_STDERR] = {"stderr", 222},
	[STEP_TERMINAL] = {"terminal", 208},
	[STEP_OOM_ADJUST] = {"oom-score-adjust", 206},
	[STEP_COREDUMP] = {"coredump-filter", 205},
	[STEP_NICE] = {"nice", 201},
	[STEP_SCHEDULER] = {"scheduling policy", 214},
	[STEP_AFFINITY] = {"CPU affinity", 215},
	[STEP_IOPRIO] = {"I/O priority", 211},
	[STEP_PERSONALITY] = {"personality", 230},
	[STEP_TIMERSLACK] = {"timer slack", 212},
	[STEP_KSM] = {"memory KSM", 246},
	[STEP_LIMITS] = {"limits", 205},
	[STEP_CGROUP] = {"cgroup", 219},
	[STEP_CHROOT] = {"chroot", 210},
	[STEP_GROUP] = {"group", 216},
	[STEP_USER] = {"user", 217},
	[STEP_CAPABILITIES] = {"capabilities", 218},
	[STEP_SECUREBITS] = {"secure bits", 213},
	[STEP_NO_NEW_PRIVILEGES] = {"no-new-privileges", 227},
	[STEP_DEATH_SIGNAL] = {"parent-death signal", 207},
	[STEP_SIGNAL_MASK] = {"signal mask", 207},
	[STEP_ADOPT] = {"adopt sockets", 228},
	[STEP_CHDIR] = {"chdir", 200},
	[STEP_EXEC] = {"exec", 203},
};

static _Noreturn void fail(struct spawn_plan *plan, int report_fd, int step)
{
	plan->failed_step = step;
	plan->failed_errno = errno;
	if (report_fd >= 0) {
		int report[2] = {step, plan->failed_errno};
		ssize_t ignored = write(report_fd, report, sizeof report);
		(void)ignored;
	}
	_exit(spawn_steps[step].status);
}

static bool write_file(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return false;
	ssize_t n = write(fd, text, len);
	int error = errno;
	close(fd);
	errno = error;
	return n == (ssize_t)len;
}

/* snprintf isn't async-signal-safe. Writes the digits' end-aligned form into out[24]; returns its start. */
static char *format_number(char out[24], int64_t value, unsigned base, size_t *len)
{
	uint64_t rest = value < 0 && base == 10 ? 0 - (uint64_t)value : (uint64_t)value;
	char *p = out + 24;
	do {
		*--p = "0123456789abcdef"[rest % base];
		rest /= base;
	} while (rest);
	if (value < 0 && base == 10)
		*--p = '-';
	if (base == 16) {
		*--p = 'x';
		*--p = '0';
	}
	*len = (size_t)(out + 24 - p);
	return p;
}

static bool write_number(const char *path, int64_t value, unsigned base)
{
	char digits[24];
	size_t len;
	char *p = format_number(digits, value, base, &len);
	return write_file(path, p, len);
}

static void reset_signals(const struct spawn_plan *plan)
{
	/* exec puts handlers back to default by itself, and leaves what is ignored ignored. */
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigemptyset(&action.sa_mask);
	lastline_forget();
	for (int s = 1; s < NSIG; s++) {
		bool was_ignored = sigismember(&boot.ignored, s) == 1;
		if (plan->inherit_signals) {
			if (s == SIGPIPE && !was_ignored)
				sigaction(s, &action, NULL);
			else if (was_ignored)
				signal(s, SIG_IGN);
		} else if (s == SIGPIPE) {
			if (!plan->ignore_sigpipe)
				sigaction(s, &action, NULL);
		} else if (was_ignored) {
			sigaction(s, &action, NULL);
		}
	}
}

/* ----------------------------------------------------------------------------------------------------- descriptors */

static int step_of_slot(int slot)
{
	static const int steps[] = {STEP_STDIN, STEP_STDOUT, STEP_STDERR};
	return slot >= 0 && slot <= 2 ? steps[slot] : STEP_FDS;
}

/*
 * Puts fds[i] at number i. Sources that stand where another belongs move up first. Close-on-exec is cleared on exactly
 * these (dup2 does, and FD_CLOEXEC by hand where source and place are one).
 */
static void place_fds(struct spawn_plan *plan, int *report_fd)
{
	int n = plan->fd_count;
	if (*report_fd >= 0 && *report_fd < n) {
		*report_fd = fcntl(*report_fd, F_DUPFD_CLOEXEC, n);
		if (*report_fd < 0)
			fail(plan, -1, STEP_FDS);
	}
	if (plan->adopt_channel != UNSET && plan->adopt_channel < n) {
		plan->adopt_channel = fcntl(plan->adopt_channel, F_DUPFD_CLOEXEC, n);
		if (plan->adopt_channel < 0)
			fail(plan, *report_fd, STEP_FDS);
	}
	for (int i = 0; i < n; i++) {
		if (plan->fds[i] == -1)
			plan->fds[i] = boot.null_fd;
		if (plan->fds[i] >= 0 && plan->fds[i] < n && plan->fds[i] != i) {
			int moved = fcntl(plan->fds[i], F_DUPFD_CLOEXEC, n);
			if (moved < 0)
				fail(plan, *report_fd, step_of_slot(i));
			plan->fds[i] = moved;
		}
	}
	for (int i = 0; i < n; i++) {
		if (plan->fds[i] < 0)
			continue;
		int result = plan->fds[i] == i ? fcntl(i, F_SETFD, 0) : dup2(plan->fds[i], i);
		if (result < 0)
			fail(plan, *report_fd, step_of_slot(i));
	}
	for (int i = 0; i < plan->open_count; i++) {
		const struct spawn_open *o = &plan->opens[i];
		/* Where the parent waits for us it has seen a plain file there; somebody may have put a FIFO in its place. */
		int not_waiting = plan->may_block ? 0 : O_NONBLOCK;
		int fd = open(o->path, o->flags | O_CLOEXEC | not_waiting, o->mode);
		if (fd >= 0 && not_waiting && !(o->flags & O_NONBLOCK))
			fcntl(fd, F_SETFL, o->flags);
		if (fd < 0 || dup2(fd, o->slot) < 0)
			fail(plan, *report_fd, step_of_slot(o->slot));
		if (fd == o->slot)
			fcntl(fd, F_SETFD, 0);
		else
			close(fd);
	}
	for (int i = 0; i < n; i++) {
		if (plan->fds[i] == -2)
			close(i);
		else if (plan->fds[i] < -2 && dup2(COPY_OF(plan->fds[i]), i) < 0)
			fail(plan, *report_fd, step_of_slot(i));
	}
	/* Everything is close-on-exec from birth; this is the belt to those braces (Linux 5.11, else -1). */
	syscall(SYS_close_range, (unsigned)n, ~0U, CLOSE_RANGE_CLOEXEC);
}

static void take_terminal(struct spawn_plan *plan, int report_fd)
{
	if (plan->terminal_fd != UNSET && ioctl(plan->terminal_fd, TIOCSCTTY, plan->steal_terminal ? 1 : 0) < 0)
		fail(plan, report_fd, STEP_TERMINAL);
	/* Every signal is blocked, so a background process may do this without being stopped by SIGTTOU. */
	if (plan->foreground_fd != UNSET && tcsetpgrp(plan->foreground_fd, getpgrp()) < 0 &&
	    !plan->foreground_best_effort)
		fail(plan, report_fd, STEP_TERMINAL);
}

/* ------------------------------------------------------------------------------------------- priorities and limits */

static void check_priority(struct spawn_plan *plan, int report_fd, bool done, int step)
{
	if (!done &&
	    !(plan->priorities_best_effort && (errno == EPERM || errno == EACCES || errno == EROFS || errno == ENOENT)))
		fail(plan, report_fd, step);
}

static void set_priorities(struct spawn_plan *plan, int report_fd)
{
	if (plan->has_oom)
		check_priority(plan, report_fd, write_number("/proc/self/oom_score_adj", plan->oom_score, 10),
			       STEP_OOM_ADJUST);
	if (plan->coredump_filter != UNSET)
		check_priority(plan, report_fd, write_number("/proc/self/coredump_filter", plan->coredump_filter, 16),
			       STEP_COREDUMP);
	if (plan->has_nice)
		check_priority(plan, report_fd, setpriority(PRIO_PROCESS, 0, plan->nice) == 0, STEP_NICE);
	if (plan->sched_policy != UNSET) {
		struct sched_param param = {.sched_priority = plan->sched_priority == UNSET ? 0 : plan->sched_priority};
		int policy = plan->sched_policy | (plan->sched_reset ? SCHED_RESET_ON_FORK : 0);
		if (sched_setscheduler(0, policy, &param) < 0)
			fail(plan, report_fd, STEP_SCHEDULER);
	}
	if (plan->has_affinity && syscall(SYS_sched_setaffinity, 0, plan->affinity_size, plan->affinity) < 0)
		fail(plan, report_fd, STEP_AFFINITY);
	/* IOPRIO_WHO_PROCESS is 1. */
	if (plan->ioprio != UNSET && syscall(SYS_ioprio_set, 1, 0, plan->ioprio) < 0)
		fail(plan, report_fd, STEP_IOPRIO);
	if (plan->personality != UNSET && syscall(SYS_personality, plan->personality) < 0)
		fail(plan, report_fd, STEP_PERSONALITY);
	if (plan->timer_slack != UNSET && prctl(PR_SET_TIMERSLACK, (unsigned long)plan->timer_slack, 0, 0, 0) < 0)
		fail(plan, report_fd, STEP_TIMERSLACK);
	if (plan->ksm && prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0) < 0 && errno != EINVAL)
		fail(plan, report_fd, STEP_KSM);
}

static void set_limits(struct spawn_plan *plan, int report_fd)
{
	for (int i = 0; i < plan->limit_count; i++) {
		const struct spawn_limit *l = &plan->limits[i];
		__rlimit_resource_t resource = (__rlimit_resource_t)l->resource;
		if (setrlimit(resource, &l->limit) == 0)
			continue;
		struct rlimit now;
		if (errno != EPERM || !plan->limits_best_effort || getrlimit(resource, &now) < 0)
			fail(plan, report_fd, STEP_LIMITS);
		/* As systemd does without privilege: the soft limit as far as the hard one allows. */
		now.rlim_cur = l->limit.rlim_cur < now.rlim_max ? l->limit.rlim_cur : now.rlim_max;
		if (l->limit.rlim_max < now.rlim_max)
			now.rlim_max = l->limit.rlim_max;
		if (setrlimit(resource, &now) < 0)
			fail(plan, report_fd, STEP_LIMITS);
	}
}

/* ------------------------------------------------------------------------------------------------------ privileges */

static bool setgroups_denied(void)
{
	char word[4] = {0};
	int fd = open("/proc/self/setgroups", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool denied = read(fd, word, 4) == 4 && memcmp(word, "deny", 4) == 0;
	close(fd);
	return denied;
}

static void change_groups(struct spawn_plan *plan, int report_fd)
{
	if (plan->has_groups && syscall(SYS_setgroups, plan->group_count, plan->groups) < 0) {
		/* A user namespace may forbid setgroups altogether; that nothing is left to drop is then all one can
		 * ask. */
		int error = errno;
		if (plan->group_count > 0 || error != EPERM || !setgroups_denied()) {
			errno = error;
			fail(plan, report_fd, STEP_GROUP);
		}
	}
	if (plan->has_gid && syscall(SYS_setresgid, plan->gid, plan->gid, plan->gid) < 0)
		fail(plan, report_fd, STEP_GROUP);
}

static bool get_caps(struct __user_cap_header_struct *header, struct __user_cap_data_struct data[2])
{
	header->version = _LINUX_CAPABILITY_VERSION_3;
	header->pid = 0;
	return syscall(SYS_capget, header, data) == 0;
}

static void drop_bounding(struct spawn_plan *plan, int report_fd)
{
	for (unsigned long cap = 0; cap < 64; cap++) {
		if (plan->caps_bounding >> cap & 1 || prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != 1)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			fail(plan, report_fd, STEP_CAPABILITIES);
	}
}

static void change_user(struct spawn_plan *plan, int report_fd)
{
	bool keep = plan->has_caps_ambient && plan->caps_ambient != 0 && plan->has_uid && plan->uid != 0;
	if (keep && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		fail(plan, report_fd, STEP_CAPABILITIES);
	if (plan->has_uid && syscall(SYS_setresuid, plan->uid, plan->uid, plan->uid) < 0)
		fail(plan, report_fd, STEP_USER);
}

/* Ambient needs the capability permitted and inheritable; both survive the change of user by PR_SET_KEEPCAPS. */
static void set_caps(struct spawn_plan *plan, int report_fd)
{
	if (!plan->has_caps_ambient && !plan->has_caps_inheritable && !plan->has_caps_bounding)
		return;
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[2] = {0};
	if (!get_caps(&header, data))
		fail(plan, report_fd, STEP_CAPABILITIES);
	uint64_t inheritable = (uint64_t)data[1].inheritable << 32 | data[0].inheritable;
	if (plan->has_caps_inheritable)
		inheritable = plan->caps_inheritable;
	if (plan->has_caps_bounding)
		inheritable &= plan->caps_bounding;
	if (plan->has_caps_ambient)
		inheritable |= plan->caps_ambient;
	data[0].inheritable = (uint32_t)inheritable;
	data[1].inheritable = (uint32_t)(inheritable >> 32);
	if (syscall(SYS_capset, &header, data) < 0)
		fail(plan, report_fd, STEP_CAPABILITIES);
	if (!plan->has_caps_ambient)
		return;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (unsigned long cap = 0; cap < 64; cap++) {
		if (plan->caps_ambient >> cap & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			fail(plan, report_fd, STEP_CAPABILITIES);
	}
}

/* ------------------------------------------------------------------------------------------------------------ exec */

static _Noreturn void execute(struct spawn_plan *plan, int report_fd)
{
	if (!plan->search_path || strchr(plan->file, '/')) {
		execve(plan->file, plan->argv, plan->envp);
		fail(plan, report_fd, STEP_EXEC);
	}
	/* As execvp: go on past what isn't there; remember that something was there but could not be executed. */
	char path[4096];
	int error = ENOENT;
	size_t name = strlen(plan->file);
	for (const char *p = plan->search_path;; p++) {
		const char *end = strchrnul(p, ':');
		size_t dir = (size_t)(end - p);
		if (dir + name + 2 <= sizeof path) {
			memcpy(path, p, dir);
			if (dir > 0)
				path[dir++] = '/';
			memcpy(path + dir, plan->file, name + 1);
			execve(path, plan->argv, plan->envp);
			if (errno == EACCES)
				error = EACCES;
			else if (errno != ENOENT && errno != ENOTDIR) {
				fail(plan, report_fd, STEP_EXEC);
			}
		}
		p = end;
		if (!*p)
			break;
	}
	errno = error;
	fail(plan, report_fd, STEP_EXEC);
}

_Noreturn void spawn_in_child(struct spawn_plan *plan, int report_fd)
{
	reset_signals(plan);
	for (char **slot = plan->pid_slots; slot && *slot; slot++) {
		char digits[24];
		size_t len;
		char *p = format_number(digits, getpid(), 10, &len);
		memcpy(*slot, p, len);
		(*slot)[len] = 0;
	}
	if (plan->leader == LEAD_SESSION && setsid() < 0 && errno != EPERM)
		fail(plan, report_fd, STEP_SESSION);
	if (plan->leader == LEAD_GROUP && setpgid(0, 0) < 0)
		fail(plan, report_fd, STEP_SESSION);
	if (plan->cgroup_procs && !write_file(plan->cgroup_procs, "0", 1))
		fail(plan, report_fd, STEP_CGROUP);
	set_priorities(plan, report_fd);
	if (plan->umask != UNSET)
		umask((mode_t)plan->umask);
	place_fds(plan, &report_fd);
	take_terminal(plan, report_fd);
	set_limits(plan, report_fd);
	if (plan->chroot_path && (chroot(plan->chroot_path) < 0 || chdir("/") < 0))
		fail(plan, report_fd, STEP_CHROOT);
	change_groups(plan, report_fd);
	if (plan->has_caps_bounding)
		drop_bounding(plan, report_fd);
	change_user(plan, report_fd);
	set_caps(plan, report_fd);
	if (plan->cwd && chdir(plan->cwd) < 0 && !(plan->cwd_missing_ok && errno == ENOENT))
		fail(plan, report_fd, STEP_CHDIR);
	if (plan->secure_bits != UNSET && prctl(PR_SET_SECUREBITS, (unsigned long)plan->secure_bits, 0, 0, 0) < 0)
		fail(plan, report_fd, STEP_SECUREBITS);
	if (plan->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fail(plan, report_fd, STEP_NO_NEW_PRIVILEGES);
	/* Changing ids clears it, so late. */
	if (plan->death_signal > 0 && prctl(PR_SET_PDEATHSIG, (unsigned long)plan->death_signal, 0, 0, 0) < 0)
		fail(plan, report_fd, STEP_DEATH_SIGNAL);
	sigset_t none;
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, plan->inherit_signals ? &boot.blocked : &none, NULL) < 0)
		fail(plan, report_fd, STEP_SIGNAL_MASK);
	/* Last, so that the filter sees nothing but the program's own calls. */
	if (plan->adopt_channel != UNSET && !adopt_in_child(plan->adopt_channel) && !plan->adopt_best_effort)
		fail(plan, report_fd, STEP_ADOPT);
	execute(plan, report_fd);
}
