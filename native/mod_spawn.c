/*
 * From the script's SpawnRequest to a plan, and from the plan's outcome back. See spawn.h for the model.
 */
#include "spawn.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#define PID_DIGITS 12

static JSValue on_spawned;

/* ------------------------------------------------------------------------------------------------ the plan's memory */

/* Memory that lives as long as the plan; zeroed. NULL: an exception is pending. */
static void *allot(JSContext *ctx, struct spawn_plan *plan, size_t size)
{
	struct chunk *chunk = calloc(1, sizeof *chunk + 16 + size);
	if (!chunk) {
		JS_ThrowOutOfMemory(ctx);
		return NULL;
	}
	chunk->next = plan->chunks;
	plan->chunks = chunk;
	return (char *)chunk + 16;
}

static void release(struct spawn_plan *plan)
{
	while (plan->chunks) {
		struct chunk *next = plan->chunks->next;
		free(plan->chunks);
		plan->chunks = next;
	}
}

static char *copy_value(JSContext *ctx, struct spawn_plan *plan, JSValueConst value, size_t extra)
{
	struct text text = {0};
	if (!take_text(ctx, value, &text))
		return NULL;
	/* A NUL inside would silently cut an argument short; up to there is what exec would see anyway. */
	char *copy = allot(ctx, plan, text.len + 1 + extra);
	if (copy)
		memcpy(copy, text.bytes, text.len);
	free_text(ctx, &text);
	return copy;
}

/* Optional string property: false only on an exception. */
static bool copy_property(JSContext *ctx, struct spawn_plan *plan, JSValueConst object, const char *name,
			  const char **out)
{
	JSValue value = JS_GetPropertyStr(ctx, object, name);
	bool fine = true;
	if (JS_IsString(value)) {
		*out = copy_value(ctx, plan, value, 0);
		fine = *out != NULL;
	}
	JS_FreeValue(ctx, value);
	return fine;
}

static bool copy_hex(JSContext *ctx, JSValueConst object, const char *name, bool *has, uint64_t *out)
{
	JSValue value = JS_GetPropertyStr(ctx, object, name);
	struct text text = {0};
	bool fine = true;
	if (JS_IsString(value)) {
		fine = take_text(ctx, value, &text);
		if (fine) {
			*has = true;
			*out = strtoull(text.bytes, NULL, 16);
		}
		free_text(ctx, &text);
	}
	JS_FreeValue(ctx, value);
	return fine;
}

/* Array of strings → vector with room for `room` more; NULL on an exception. */
static char **copy_vector(JSContext *ctx, struct spawn_plan *plan, JSValueConst array, uint32_t room, uint32_t *count)
{
	*count = array_length(ctx, array);
	char **vector = allot(ctx, plan, ((size_t)*count + room + 1) * sizeof *vector);
	for (uint32_t i = 0; vector && i < *count; i++) {
		JSValue item = JS_GetPropertyUint32(ctx, array, i);
		vector[i] = copy_value(ctx, plan, item, 0);
		JS_FreeValue(ctx, item);
		if (!vector[i])
			return NULL;
	}
	return vector;
}

/* ---------------------------------------------------------------------------------------------- parts of a request */

static bool read_environment(JSContext *ctx, struct spawn_plan *plan, JSValueConst request)
{
	JSValue env = JS_GetPropertyStr(ctx, request, "env");
	JSValue pids = JS_GetPropertyStr(ctx, request, "pidEnv");
	uint32_t count, pid_count = array_length(ctx, pids);
	bool fine = false;
	plan->envp = copy_vector(ctx, plan, env, pid_count, &count);
	plan->pid_slots = allot(ctx, plan, ((size_t)pid_count + 1) * sizeof(char *));
	if (!plan->envp || !plan->pid_slots)
		goto out;
	for (uint32_t i = 0; i < pid_count; i++) {
		JSValue name = JS_GetPropertyUint32(ctx, pids, i);
		char *entry = copy_value(ctx, plan, name, 1 + PID_DIGITS);
		JS_FreeValue(ctx, name);
		if (!entry)
			goto out;
		size_t len = strlen(entry);
		entry[len] = '=';
		plan->envp[count + i] = entry;
		plan->pid_slots[i] = entry + len + 1;
	}
	fine = true;
out:
	JS_FreeValue(ctx, env);
	JS_FreeValue(ctx, pids);
	return fine;
}

/* Can opening this wait for somebody? Only what is (or will be) a plain file or /dev/null surely doesn't. */
static bool may_wait(const struct spawn_plan *plan, const char *path, int flags)
{
	struct stat status;
	if (plan->chroot_path)
		return true;
	if (stat(path, &status) < 0)
		return errno != ENOENT;
	return !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode) && !(flags & O_NONBLOCK) &&
	       strcmp(path, "/dev/null") != 0;
}

static bool read_descriptors(JSContext *ctx, struct spawn_plan *plan, JSValueConst request)
{
	JSValue fds = JS_GetPropertyStr(ctx, request, "fds");
	JSValue opens = JS_GetPropertyStr(ctx, request, "opens");
	uint32_t fd_count = array_length(ctx, fds), open_count = array_length(ctx, opens);
	bool fine = false;
	plan->fds = allot(ctx, plan, (size_t)fd_count * sizeof(int));
	plan->opens = allot(ctx, plan, (size_t)open_count * sizeof(struct spawn_open));
	if (!plan->fds || !plan->opens)
		goto out;
	for (uint32_t i = 0; i < fd_count; i++) {
		JSValue item = JS_GetPropertyUint32(ctx, fds, i);
		int failed = JS_ToInt32(ctx, &plan->fds[i], item);
		JS_FreeValue(ctx, item);
		if (failed)
			goto out;
		if (plan->fds[i] < -2 && (uint32_t)COPY_OF(plan->fds[i]) >= i) {
			JS_ThrowTypeError(ctx, "a copy in fds must be of an earlier descriptor");
			goto out;
		}
	}
	plan->fd_count = (int)fd_count;
	for (uint32_t i = 0; i < open_count; i++) {
		struct spawn_open *o = &plan->opens[i];
		JSValue item = JS_GetPropertyUint32(ctx, opens, i);
		o->slot = (int)get_int(ctx, item, "slot", -1);
		o->flags = (int)get_int(ctx, item, "flags", O_RDONLY) | O_NOCTTY;
		o->mode = (mode_t)get_int(ctx, item, "mode", 0666);
		bool copied = copy_property(ctx, plan, item, "path", &o->path);
		JS_FreeValue(ctx, item);
		if (!copied)
			goto out;
		if (o->slot < 0 || o->slot >= plan->fd_count || !o->path) {
			JS_ThrowTypeError(ctx, "an entry of opens needs a path and a slot within fds");
			goto out;
		}
		plan->fds[o->slot] = -1;
		if (may_wait(plan, o->path, o->flags))
			plan->may_block = true;
	}
	plan->open_count = (int)open_count;
	fine = true;
out:
	JS_FreeValue(ctx, fds);
	JS_FreeValue(ctx, opens);
	return fine;
}

static bool read_leader(JSContext *ctx, struct spawn_plan *plan, JSValueConst request)
{
	const char *word = "session";
	if (!copy_property(ctx, plan, request, "leader", &word))
		return false;
	plan->leader = strcmp(word, "group") == 0  ? LEAD_GROUP
		       : strcmp(word, "none") == 0 ? LEAD_NOTHING
						   : LEAD_SESSION;
	plan->terminal_fd = (int)get_int(ctx, request, "controllingTerminal", UNSET);
	plan->steal_terminal = get_bool(ctx, request, "stealTerminal", false);
	plan->foreground_fd = (int)get_int(ctx, request, "foreground", UNSET);
	return true;
}

static bool read_identity(JSContext *ctx, struct spawn_plan *plan, JSValueConst request)
{
	int64_t uid = get_int(ctx, request, "uid", -1), gid = get_int(ctx, request, "gid", -1);
	plan->has_uid = uid >= 0;
	plan->has_gid = gid >= 0;
	plan->uid = (uid_t)uid;
	plan->gid = (gid_t)gid;
	JSValue groups = JS_GetPropertyStr(ctx, request, "groups");
	uint32_t count = array_length(ctx, groups);
	bool given = JS_IsObject(groups);
	plan->groups = allot(ctx, plan, (size_t)count * sizeof(gid_t));
	for (uint32_t i = 0; plan->groups && i < count; i++) {
		JSValue item = JS_GetPropertyUint32(ctx, groups, i);
		JS_ToUint32(ctx, &plan->groups[i], item);
		JS_FreeValue(ctx, item);
	}
	JS_FreeValue(ctx, groups);
	plan->group_count = (int)count;
	plan->has_groups = given || (plan->has_uid && plan->uid != getuid());
	return plan->groups != NULL;
}

static rlim_t to_limit(int64_t value)
{
	return value < 0 ? RLIM_INFINITY : (rlim_t)value;
}

static bool read_limits(JSContext *ctx, struct spawn_plan *plan, JSValueConst request)
{
	JSValue limits = JS_GetPropertyStr(ctx, request, "limits");
	uint32_t count = array_length(ctx, limits);
	plan->limits = allot(ctx, plan, (size_t)count * sizeof(struct spawn_limit));
	for (uint32_t i = 0; plan->limits && i < count; i++) {
		int64_t parts[3] = {0};
		JSValue row = JS_GetPropertyUint32(ctx, limits, i);
		for (uint32_t j = 0; j < 3; j++) {
			JSValue item = JS_GetPropertyUint32(ctx, row, j);
			JS_ToInt64(ctx, &parts[j], item);
			JS_FreeValue(ctx, item);
		}
		JS_FreeValue(ctx, row);
		plan->limits[i].resource = (int)parts[0];
		plan->limits[i].limit = (struct rlimit){.rlim_cur = to_limit(parts[1]), .rlim_max = to_limit(parts[2])};
	}
	JS_FreeValue(ctx, limits);
	plan->limit_count = (int)count;
	plan->limits_best_effort = get_bool(ctx, request, "limitsBestEffort", true);
	return plan->limits != NULL;
}

static bool read_affinity(JSContext *ctx, struct spawn_plan *plan, JSValueConst request)
{
	JSValue cpus = JS_GetPropertyStr(ctx, request, "cpuAffinity");
	uint32_t count = array_length(ctx, cpus);
	plan->affinity_size = 1024;
	if (count > 0) {
		plan->affinity = allot(ctx, plan, plan->affinity_size);
		plan->has_affinity = plan->affinity != NULL;
	}
	for (uint32_t i = 0; plan->affinity && i < count; i++) {
		uint32_t cpu = UINT32_MAX;
		JSValue item = JS_GetPropertyUint32(ctx, cpus, i);
		JS_ToUint32(ctx, &cpu, item);
		JS_FreeValue(ctx, item);
		if (cpu / 8 < plan->affinity_size) {
			/* The kernel's mask is an array of unsigned long. */
			unsigned long *words = (unsigned long *)(void *)plan->affinity;
			words[cpu / (8 * sizeof *words)] |= 1UL << (cpu % (8 * sizeof *words));
		}
	}
	JS_FreeValue(ctx, cpus);
	return count == 0 || plan->affinity;
}

static void read_priorities(JSContext *ctx, struct spawn_plan *plan, JSValueConst request)
{
	int64_t none = INT64_MIN;
	int64_t nice = get_int(ctx, request, "nice", none), oom = get_int(ctx, request, "oomScoreAdjust", none);
	plan->has_nice = nice != none;
	plan->nice = (int)nice;
	plan->has_oom = oom != none;
	plan->oom_score = (int)oom;
	plan->priorities_best_effort = get_bool(ctx, request, "prioritiesBestEffort", true);
	plan->ioprio = (int)get_int(ctx, request, "ioprio", UNSET);
	plan->sched_policy = (int)get_int(ctx, request, "schedPolicy", UNSET);
	plan->sched_priority = (int)get_int(ctx, request, "schedPriority", UNSET);
	plan->sched_reset = get_bool(ctx, request, "schedResetOnFork", false);
	plan->personality = (long)get_int(ctx, request, "personality", UNSET);
	plan->timer_slack = get_int(ctx, request, "timerSlackNsec", UNSET);
	plan->coredump_filter = get_int(ctx, request, "coredumpFilter", UNSET);
	plan->ksm = get_bool(ctx, request, "memoryKsm", false);
}

static bool read_request(JSContext *ctx, struct spawn_plan *plan, JSValueConst request)
{
	JSValue argv = JS_GetPropertyStr(ctx, request, "argv");
	uint32_t count;
	plan->argv = copy_vector(ctx, plan, argv, 0, &count);
	JS_FreeValue(ctx, argv);
	if (!plan->argv || !copy_property(ctx, plan, request, "file", &plan->file) ||
	    !copy_property(ctx, plan, request, "searchPath", &plan->search_path) ||
	    !copy_property(ctx, plan, request, "chroot", &plan->chroot_path) ||
	    !copy_property(ctx, plan, request, "cwd", &plan->cwd) ||
	    !copy_property(ctx, plan, request, "cgroupProcs", &plan->cgroup_procs) ||
	    !copy_hex(ctx, request, "capBounding", &plan->has_caps_bounding, &plan->caps_bounding) ||
	    !copy_hex(ctx, request, "capAmbient", &plan->has_caps_ambient, &plan->caps_ambient) ||
	    !copy_hex(ctx, request, "capInheritable", &plan->has_caps_inheritable, &plan->caps_inheritable))
		return false;
	if (!plan->file) {
		JS_ThrowTypeError(ctx, "spawn needs a file");
		return false;
	}
	plan->cwd_missing_ok = get_bool(ctx, request, "cwdMissingOk", false);
	plan->umask = (int)get_int(ctx, request, "umask", UNSET);
	plan->secure_bits = (int)get_int(ctx, request, "secureBits", UNSET);
	plan->no_new_privileges = get_bool(ctx, request, "noNewPrivileges", false);
	plan->death_signal = (int)get_int(ctx, request, "parentDeathSignal", 0);
	plan->ignore_sigpipe = get_bool(ctx, request, "ignoreSigpipe", true);
	plan->inherit_signals = get_bool(ctx, request, "inheritSignals", false);
	plan->adopt_channel = (int)get_int(ctx, request, "adoptChannel", UNSET);
	plan->adopt_best_effort = get_bool(ctx, request, "adoptBestEffort", false);
	plan->may_block = get_bool(ctx, request, "alwaysFork", false);
	read_priorities(ctx, plan, request);
	return read_environment(ctx, plan, request) && read_descriptors(ctx, plan, request) &&
	       read_leader(ctx, plan, request) && read_identity(ctx, plan, request) &&
	       read_limits(ctx, plan, request) && read_affinity(ctx, plan, request);
}

/* --------------------------------------------------------------------------------------------------------- outcome */

/* Starts whose outcome is still to come. */
static struct pending {
	pid_t pid;
	int fd;
	struct pending *next;
} * pending_starts;

static void tell_outcome(struct pending *start)
{
	int report[2] = {STEP_NONE, 0};
	ssize_t n = read(start->fd, report, sizeof report);
	if (n != (ssize_t)sizeof report || report[0] < 0 || report[0] >= STEP_COUNT)
		report[0] = report[1] = 0;
	loop_unwatch(start->fd);
	close(start->fd);
	struct pending **at = &pending_starts;
	while (*at != start)
		at = &(*at)->next;
	*at = start->next;
	JSContext *ctx = script.context;
	JSValue args[4] = {JS_NewInt32(ctx, start->pid), JS_NewInt32(ctx, spawn_steps[report[0]].status),
			   JS_NewString(ctx, spawn_steps[report[0]].word), JS_NewInt32(ctx, report[1])};
	free(start);
	script_call(on_spawned, 4, args);
}

static void on_report(int fd, uint32_t events, void *opaque)
{
	(void)fd;
	(void)events;
	tell_outcome(opaque);
}

static bool await_outcome(pid_t pid, int fd)
{
	struct pending *start = malloc(sizeof *start);
	if (!start)
		return false;
	*start = (struct pending){.pid = pid, .fd = fd, .next = pending_starts};
	if (loop_watch(fd, EPOLLIN, on_report, start) < 0) {
		free(start);
		return false;
	}
	pending_starts = start;
	return true;
}

void spawn_settle(pid_t pid)
{
	for (struct pending *start = pending_starts; start; start = start->next) {
		if (start->pid == pid) {
			tell_outcome(start);
			return;
		}
	}
}

void spawn_describe(JSContext *ctx, JSValueConst object, const struct spawn_result *result)
{
	set_int(ctx, object, "pid", result->pid);
	set_int(ctx, object, "stage", spawn_steps[result->step].status);
	set_text(ctx, object, "step", spawn_steps[result->step].word);
	set_int(ctx, object, "errno", result->error);
	set_value(ctx, object, "pending", JS_NewBool(ctx, result->pending));
}

static JSValue js_spawn(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	struct spawn_plan plan;
	spawn_defaults(&plan);
	if (!read_request(ctx, &plan, argv[0])) {
		release(&plan);
		return JS_EXCEPTION;
	}
	int report_fd;
	struct spawn_result result = spawn_run(&plan, &report_fd);
	release(&plan);
	if (report_fd >= 0 && !await_outcome(result.pid, report_fd)) {
		/* No memory to wait for the report: the child's end will tell. */
		close(report_fd);
		result.pending = false;
	}
	JSValue object = JS_NewObject(ctx);
	spawn_describe(ctx, object, &result);
	return object;
}

static JSValue js_on_spawned(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	JSValue old = on_spawned;
	on_spawned = JS_DupValue(ctx, argv[0]);
	JS_FreeValue(ctx, old);
	return JS_UNDEFINED;
}

static const JSCFunctionListEntry functions[] = {
	JS_CFUNC_DEF("spawn", 1, js_spawn),
	JS_CFUNC_DEF("onSpawned", 1, js_on_spawned),
};

void mod_spawn_init(JSContext *ctx, JSValueConst host)
{
	JS_SetPropertyFunctionList(ctx, host, functions, ARRAY_LEN(functions));
}
