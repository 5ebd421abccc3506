/*
 * Starting a process.
 *
 * Model. A plan is flat data in one block of memory: everything the child needs is decided and laid out before the
 * fork. spawn_run makes the child; spawn_child.c holds the one function that runs in it, which calls nothing that isn't
 * async-signal-safe and changes nothing in the parent's memory but the plan itself.
 *
 * Where no step can block, the child shares the parent's memory until exec (CLONE_VM | CLONE_VFORK): no page tables to
 * copy, and a failure is known at once, since the child writes it into the plan. Where a step may block (opening a FIFO
 * or a terminal, say), it is a fork, and a close-on-exec pipe tells how it ended; the loop goes on meanwhile.
 */
#ifndef USHER_SPAWN_H
#define USHER_SPAWN_H

#include "host.h"

#include <sys/resource.h>

/* Every step that can fail; the table in spawn_child.c gives each its word and systemd's exit status. */
enum spawn_step {
	STEP_NONE,
	STEP_FORK,
	STEP_SESSION,
	STEP_FDS,
	STEP_STDIN,
	STEP_STDOUT,
	STEP_STDERR,
	STEP_TERMINAL,
	STEP_OOM_ADJUST,
	STEP_COREDUMP,
	STEP_NICE,
	STEP_SCHEDULER,
	STEP_AFFINITY,
	STEP_IOPRIO,
	STEP_PERSONALITY,
	STEP_TIMERSLACK,
	STEP_KSM,
	STEP_LIMITS,
	STEP_CGROUP,
	STEP_CHROOT,
	STEP_GROUP,
	STEP_USER,
	STEP_CAPABILITIES,
	STEP_SECUREBITS,
	STEP_NO_NEW_PRIVILEGES,
	STEP_DEATH_SIGNAL,
	STEP_SIGNAL_MASK,
	STEP_ADOPT,
	STEP_CHDIR,
	STEP_EXEC,
	STEP_COUNT
};

/* fds[i] below -2: a copy of that earlier descriptor of the child, made when all else is in place. */
#define COPY_OF(value) (-3 - (value))

struct spawn_open {
	int slot;
	const char *path;
	int flags;
	mode_t mode;
};

struct spawn_limit {
	int resource;
	struct rlimit limit;
};

enum spawn_leader { LEAD_NOTHING, LEAD_GROUP, LEAD_SESSION };

#define UNSET (-1)

struct spawn_plan {
	const char *file;
	const char *search_path; /* NULL: file is a path */
	char **argv;
	char **envp;
	char **pid_slots; /* where in the environment's strings the child's pid goes; NULL-terminated */
	int *fds;
	int fd_count;
	struct spawn_open *opens;
	int open_count;
	enum spawn_leader leader;
	int terminal_fd; /* child's numbers, or UNSET */
	int foreground_fd;
	bool steal_terminal;
	bool foreground_best_effort;
	bool has_uid, has_gid, has_groups;
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	int group_count;
	const char *chroot_path, *cwd;
	bool cwd_missing_ok;
	int umask; /* UNSET */
	struct spawn_limit *limits;
	int limit_count;
	bool limits_best_effort, priorities_best_effort;
	bool has_nice, has_oom, has_caps_bounding, has_caps_ambient, has_caps_inheritable, has_affinity;
	int nice, oom_score;
	int ioprio, sched_policy, sched_priority; /* UNSET */
	bool sched_reset, no_new_privileges, ksm;
	unsigned char *affinity;
	size_t affinity_size;
	uint64_t caps_bounding, caps_ambient, caps_inheritable;
	int secure_bits, death_signal; /* UNSET, 0 */
	long personality;              /* UNSET */
	int64_t timer_slack, coredump_filter;
	const char *cgroup_procs;
	int adopt_channel; /* where the filter for adopted sockets goes (adopt.h), or UNSET */
	bool adopt_best_effort;
	bool ignore_sigpipe, inherit_signals;
	bool may_block;
	/* Written by the child. */
	int failed_step, failed_errno;
	/* Own memory, for the arena of mod_spawn.c. */
	struct chunk {
		struct chunk *next;
	} *chunks;
};

extern const struct step_info {
	const char *word;
	int status;
} spawn_steps[STEP_COUNT];

/* Runs in the child; returns only where it shares no memory with the parent and never otherwise. */
_Noreturn void spawn_in_child(struct spawn_plan *plan, int report_fd);
/* Plan with nothing asked for. */
void spawn_defaults(struct spawn_plan *plan);
/* Makes the child. With result.pending the report arrives on *report_fd. */
struct spawn_result spawn_run(struct spawn_plan *plan, int *report_fd);

#endif
