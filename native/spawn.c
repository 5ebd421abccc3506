/*
 * The parent's side of a start: which kind of fork, and what it told.
 */
#include "spawn.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_STACK (64 * 1024)

#if defined(__SANITIZE_ADDRESS__)
#define MAY_SHARE_MEMORY false /* the sanitizer tracks stacks, and a child on a borrowed one confuses it */
#else
#define MAY_SHARE_MEMORY true
#endif

#if defined(USHER_FOR_VALGRIND)
#define MAY_NOT_SHARE_FILES true /* it knows no such clone */
#else
#define MAY_NOT_SHARE_FILES false
#endif

void spawn_defaults(struct spawn_plan *plan)
{
	*plan = (struct spawn_plan){
		.leader = LEAD_SESSION,
		.terminal_fd = UNSET,
		.foreground_fd = UNSET,
		.umask = UNSET,
		.limits_best_effort = true,
		.priorities_best_effort = true,
		.ioprio = UNSET,
		.sched_policy = UNSET,
		.sched_priority = UNSET,
		.secure_bits = UNSET,
		.personality = UNSET,
		.timer_slack = UNSET,
		.coredump_filter = UNSET,
		.adopt_channel = UNSET,
		.ignore_sigpipe = true,
	};
}

/* --------------------------------------------------------------------------------------------- many descriptors */

/*
 * PID 1 has a descriptor for each live connection. A child would get a copy of all of them and close all at exec, which
 * with 10,000 costs more than everything else. So where there are many, the child shares the table of descriptors at
 * first, and then takes the lower part of it for its own, which copies that part alone. What it needs from the upper
 * part stands in a few low places for as long as it is being made. These are taken when the numbers begin to grow, and
 * hold /dev/null.
 *
 * The kernel must know close_range's CLOSE_RANGE_UNSHARE (Linux 5.9), and a seccomp filter let it pass; else it is done
 * without, from then on.
 */
#define FEW 16   /* when all below are taken, places are set aside */
#define MANY 256 /* from here on the child gets the lower part */
#define PLACES 8

static struct {
	int fd[PLACES];
	int end; /* first number beyond them; 0: none yet */
	bool refused;
} gate = {.refused = MAY_NOT_SHARE_FILES};

static int highest_fd(const struct spawn_plan *plan)
{
	int highest = plan->adopt_channel;
	for (int i = 0; i < plan->fd_count; i++) {
		if (plan->fds[i] > highest)
			highest = plan->fds[i];
	}
	return highest;
}

static void set_places_aside(void)
{
	int end = 0;
	for (int i = 0; i < PLACES; i++) {
		int fd = fcntl(boot.null_fd, F_DUPFD_CLOEXEC, 3);
		gate.fd[i] = fd;
		if (fd >= FEW && fd < MANY) {
			end = fd >= end ? fd + 1 : end;
			continue;
		}
		/* Few there are, however high their numbers; or they are too many already. */
		gate.refused = fd >= MANY;
		while (i >= 0)
			close(gate.fd[i--]);
		return;
	}
	gate.end = end;
}

/* Puts what stands too high into a place. False: there are more of these than places. */
static bool bring_down(int *fds, int count, int *used)
{
	for (int i = 0; i < count; i++) {
		if (fds[i] < gate.end)
			continue;
		if (*used == PLACES || dup3(fds[i], gate.fd[*used], O_CLOEXEC) < 0)
			return false;
		fds[i] = gate.fd[(*used)++];
	}
	return true;
}

static void clear_places(int used)
{
	while (used > 0)
		dup3(boot.null_fd, gate.fd[--used], O_CLOEXEC);
}

static int run_in_lower_part(void *opaque)
{
	struct spawn_plan *plan = opaque;
	if (syscall(SYS_close_range, (unsigned)gate.end, ~0U, CLOSE_RANGE_UNSHARE) < 0) {
		gate.refused = true; /* in memory that is ours, too */
		_exit(0);
	}
	spawn_in_child(plan, -1);
}

/* 0: it has to be done without, and nothing has happened. */
static pid_t clone_lower_part(struct spawn_plan *plan, char *stack)
{
	int highest = highest_fd(plan), used = 0, fds[PLACES * 2], channel = plan->adopt_channel;
	if (highest >= FEW && gate.end == 0 && !gate.refused)
		set_places_aside();
	if (highest < MANY || gate.end == 0 || gate.refused || plan->fd_count > ARRAY_LEN(fds))
		return 0;
	memcpy(fds, plan->fds, (size_t)plan->fd_count * sizeof *fds);
	pid_t pid = 0;
	if (bring_down(plan->fds, plan->fd_count, &used) && bring_down(&plan->adopt_channel, 1, &used))
		pid = clone(run_in_lower_part, stack + CHILD_STACK, CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, plan);
	int error = errno;
	clear_places(used);
	if (gate.refused && pid > 0) {
		waitpid(pid, NULL, 0);
		pid = 0;
	}
	if (pid == 0) {
		memcpy(plan->fds, fds, (size_t)plan->fd_count * sizeof *fds);
		plan->adopt_channel = channel;
	}
	errno = error;
	return pid;
}

/* -------------------------------------------------------------------------------------------------- kinds of fork */

static int run_shared(void *opaque)
{
	spawn_in_child(opaque, -1);
}

/* One stack for all: the parent sleeps until the child has executed or ended, so there is never more than one. */
static char *child_stack(void)
{
	static char *stack;
	if (!stack) {
		void *map =
			mmap(NULL, CHILD_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
		if (map != MAP_FAILED)
			stack = map;
	}
	return stack;
}

static struct spawn_result run_vfork(struct spawn_plan *plan, char *stack)
{
	struct spawn_result result = {0};
	plan->failed_step = STEP_NONE;
	result.pid = clone_lower_part(plan, stack);
	if (result.pid == 0)
		result.pid = clone(run_shared, stack + CHILD_STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, plan);
	/*
	 * A child that changed its user made the memory it shared with us non-dumpable, which would give /proc/1 to
	 * root alone and deny us our own /proc files where we aren't root.
	 */
	if (plan->has_uid || plan->has_gid || plan->has_caps_ambient || plan->has_caps_inheritable)
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	if (result.pid < 0) {
		result.step = STEP_FORK;
		result.error = errno;
		result.pid = -errno;
		return result;
	}
	process_spawned(result.pid);
	result.step = plan->failed_step;
	result.error = plan->failed_step ? plan->failed_errno : 0;
	return result;
}

/*
 * Out of vfork(2) nothing but SIGKILL wakes us until the child has executed or ended, and whoever may signal the child
 * could stop it between two steps, and PID 1 with it for good. Its own user may: a service's other processes. Root may
 * do worse to a container anyway.
 */
static bool may_be_stopped(const struct spawn_plan *plan)
{
	return geteuid() != 0 || (plan->has_uid && plan->uid != 0);
}

struct spawn_result spawn_run(struct spawn_plan *plan, int *report_fd)
{
	bool shares = MAY_SHARE_MEMORY && !plan->may_block && !may_be_stopped(plan);
	char *stack = shares ? child_stack() : NULL;
	*report_fd = -1;
	if (stack)
		return run_vfork(plan, stack);

	struct spawn_result result = {0};
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0) {
		result.pid = -errno;
		result.error = errno;
		result.step = STEP_FORK;
		return result;
	}
	result.pid = fork();
	if (result.pid == 0)
		spawn_in_child(plan, ends[1]);
	int error = errno;
	close(ends[1]);
	if (result.pid < 0) {
		close(ends[0]);
		result.pid = -error;
		result.error = error;
		result.step = STEP_FORK;
		return result;
	}
	process_spawned(result.pid);
	result.pending = true;
	*report_fd = ends[0];
	return result;
}
