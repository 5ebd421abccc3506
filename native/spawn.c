/*
 * The parent's side of a start: which kind of fork, and what it told.
 */
#include "spawn.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_STACK (64 * 1024)

#if defined(__SANITIZE_ADDRESS__)
#define MAY_SHARE_MEMORY false /* the sanitizer tracks stacks, and a child on a borrowed one confuses it */
#else
#define MAY_SHARE_MEMORY true
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
