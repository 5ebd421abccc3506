/*
 * The event loop: one epoll, one signalfd, one timerfd.
 *
 * - A descriptor has at most one watcher: a C function. The script's watchers are one such function with the callback
 *   kept beside it.
 * - An event carries the descriptor and a generation, so that an event still in the batch for a descriptor that was
 *   closed and opened anew meanwhile reaches nobody.
 * - Signals are handled last in a batch: what a process sent before it died is seen before its death. A full batch
 *   may have left such messages behind, so signals then wait for the next one (a few times at most).
 * - Deferred work (one slot each, no allocation) runs at the end of a turn.
 */
#include "host.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define BATCH 128
#define SIGNAL_PATIENCE 4

struct watch {
	watch_fn *fn; /* NULL: free */
	void *opaque;
	JSValue callback;
	uint32_t events;
	uint32_t generation;
};

static struct {
	int epoll_fd, signal_fd, timer_fd, clock_fd;
	struct watch *watches;
	int capacity;
	uint32_t generation;
	bool stopped;
	int stop_value;
	uint64_t timer_at, timer_wanted; /* as the kernel has it, and as it is to have it while we wait */
	bool signals_ready, more_children;
	uint64_t more_children_at; /* 0: not asked for */
	pid_t dead_child;
	struct deferral *deferrals;
	JSValue on_timer, on_signal, on_clock; /* all zero is the number 0: no function, nothing to free */
} loop = {.epoll_fd = -1, .signal_fd = -1, .timer_fd = -1, .clock_fd = -1};

static uint64_t now(clockid_t clock)
{
	struct timespec ts;
	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t now_monotonic(void)
{
	return now(CLOCK_MONOTONIC);
}

uint64_t now_realtime(void)
{
	return now(CLOCK_REALTIME);
}

uint64_t now_processor(void)
{
	return now(CLOCK_THREAD_CPUTIME_ID);
}

/* -------------------------------------------------------------------------------------------------------- watchers */

static uint64_t event_key(int fd)
{
	return (uint64_t)loop.watches[fd].generation << 32 | (uint32_t)fd;
}

static bool reserve(int fd)
{
	if (fd < loop.capacity)
		return true;
	int capacity = loop.capacity ? loop.capacity : 32;
	while (capacity <= fd)
		capacity *= 2;
	struct watch *grown = realloc(loop.watches, (size_t)capacity * sizeof *grown);
	if (!grown)
		return false;
	memset(grown + loop.capacity, 0, (size_t)(capacity - loop.capacity) * sizeof *grown);
	loop.watches = grown;
	loop.capacity = capacity;
	return true;
}

static struct watch *watched(int fd)
{
	return fd >= 0 && fd < loop.capacity && loop.watches[fd].fn ? &loop.watches[fd] : NULL;
}

int loop_watch(int fd, uint32_t events, watch_fn *fn, void *opaque)
{
	if (fd < 0)
		return -EBADF;
	if (!reserve(fd))
		return -ENOMEM;
	struct watch *w = &loop.watches[fd];
	if (w->fn)
		return -EEXIST;
	w->generation = ++loop.generation;
	struct epoll_event event = {.events = events, .data.u64 = event_key(fd)};
	if (epoll_ctl(loop.epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	w->fn = fn;
	w->opaque = opaque;
	w->events = events;
	w->callback = JS_UNDEFINED;
	return 0;
}

int loop_rewatch(int fd, uint32_t events)
{
	struct watch *w = watched(fd);
	if (!w)
		return -ENOENT;
	if (w->events == events)
		return 0;
	/*
	 * EPOLLERR and EPOLLHUP are reported even when nobody asked for them, so a paused descriptor leaves the set: a
	 * level-triggered hang-up would otherwise spin.
	 */
	struct epoll_event event = {.events = events, .data.u64 = event_key(fd)};
	int op = events == 0 ? EPOLL_CTL_DEL : w->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
	if (epoll_ctl(loop.epoll_fd, op, fd, &event) < 0)
		return -errno;
	w->events = events;
	return 0;
}

int loop_unwatch(int fd)
{
	struct watch *w = watched(fd);
	if (!w)
		return 0;
	if (w->events != 0)
		epoll_ctl(loop.epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	JSValue callback = w->callback;
	w->fn = NULL;
	w->callback = JS_UNDEFINED;
	JS_FreeValue(script.context, callback);
	return 0;
}

static void call_watcher(int fd, uint32_t events, void *opaque)
{
	(void)opaque;
	JSValue argument = JS_NewInt64(script.context, events);
	script_call(loop.watches[fd].callback, 1, &argument);
}

void loop_defer(struct deferral *deferral)
{
	if (deferral->queued)
		return;
	deferral->queued = true;
	deferral->next = loop.deferrals;
	loop.deferrals = deferral;
}

void loop_more_children(void)
{
	loop.more_children = true;
}

void loop_more_children_at(uint64_t usec)
{
	loop.more_children_at = usec;
}

pid_t loop_take_dead_child(void)
{
	pid_t pid = loop.dead_child;
	loop.dead_child = 0;
	return pid;
}

/* ------------------------------------------------------------------------------------------- signals, timer, clock */

static void note_signals(int fd, uint32_t events, void *opaque)
{
	(void)fd;
	(void)events;
	(void)opaque;
	loop.signals_ready = true;
}

static void deliver_signal(int signal, int pid, int code)
{
	lastline_stop_asked(signal);
	loop.dead_child = signal == SIGCHLD ? pid : 0;
	JSContext *ctx = script.context;
	JSValue args[3] = {JS_NewInt32(ctx, signal), JS_NewInt32(ctx, pid), JS_NewInt32(ctx, code)};
	script_call(loop.on_signal, 3, args);
}

static void handle_signals(void)
{
	struct signalfd_siginfo infos[16];
	ssize_t n = read(loop.signal_fd, infos, sizeof infos);
	for (ssize_t i = 0; i < n / (ssize_t)sizeof infos[0]; i++)
		deliver_signal((int)infos[i].ssi_signo, (int)infos[i].ssi_pid, infos[i].ssi_code);
}

static void handle_timer(int fd, uint32_t events, void *opaque)
{
	(void)events;
	(void)opaque;
	uint64_t expirations;
	if (read(fd, &expirations, sizeof expirations) < 0)
		return;
	loop.timer_at = loop.timer_wanted = 0;
	script_call(loop.on_timer, 0, NULL);
}

/* A wall-clock timer far away, cancelled by the kernel when the clock is set. */
static int arm_clock_watch(void)
{
	struct itimerspec never = {.it_value.tv_sec = INT64_C(1) << 40};
	return timerfd_settime(loop.clock_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

static void handle_clock_change(int fd, uint32_t events, void *opaque)
{
	(void)events;
	(void)opaque;
	uint64_t expirations;
	if (read(fd, &expirations, sizeof expirations) < 0 && errno == ECANCELED)
		script_call(loop.on_clock, 0, NULL);
	arm_clock_watch();
}

int loop_signal_fd(void)
{
	return loop.signal_fd;
}

bool loop_start(void)
{
	sigset_t all;
	sigfillset(&all);
	loop.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop.signal_fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	loop.timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return loop.epoll_fd >= 0 && loop.signal_fd >= 0 && loop.timer_fd >= 0 &&
	       loop_watch(loop.signal_fd, EPOLLIN, note_signals, NULL) == 0 &&
	       loop_watch(loop.timer_fd, EPOLLIN, handle_timer, NULL) == 0;
}

/* ------------------------------------------------------------------------------------------------------------ turn */

static void run_deferrals(void)
{
	struct deferral *list = loop.deferrals;
	loop.deferrals = NULL;
	while (list) {
		struct deferral *next = list->next;
		list->queued = false;
		list->fn();
		list = next;
	}
}

/* Most timers are set and cleared within one turn: the kernel hears of what is left. */
static void arm_timer(void)
{
	uint64_t usec = loop.timer_wanted;
	if (usec == loop.timer_at)
		return;
	struct itimerspec when = {
		.it_value = {.tv_sec = (time_t)(usec / 1000000), .tv_nsec = (long)(usec % 1000000) * 1000}};
	if (timerfd_settime(loop.timer_fd, TFD_TIMER_ABSTIME, &when, NULL) == 0)
		loop.timer_at = usec;
}

/* Milliseconds; -1: until something happens. */
static int time_to_wait(void)
{
	if (loop.deferrals || loop.more_children || loop.signals_ready)
		return 0;
	if (loop.more_children_at == 0)
		return -1;
	uint64_t now = now_monotonic();
	return now >= loop.more_children_at ? 0 : (int)((loop.more_children_at - now) / 1000 + 1);
}

static void turn(int *patience)
{
	struct epoll_event events[BATCH];
	arm_timer();
	int n = epoll_wait(loop.epoll_fd, events, BATCH, time_to_wait());
	for (int i = 0; i < n && !loop.stopped; i++) {
		int fd = (int)(uint32_t)events[i].data.u64;
		struct watch *w = watched(fd);
		if (w && w->events != 0 && event_key(fd) == events[i].data.u64)
			w->fn(fd, events[i].events, w->opaque);
	}
	run_deferrals();
	if (loop.stopped)
		return;
	if (n == BATCH && (*patience)-- > 0)
		return;
	*patience = SIGNAL_PATIENCE;
	if (loop.signals_ready) {
		loop.signals_ready = false;
		handle_signals();
	}
	bool is_time = loop.more_children_at != 0 && now_monotonic() >= loop.more_children_at;
	if ((loop.more_children || is_time) && !loop.stopped) {
		loop.more_children = false;
		loop.more_children_at = 0;
		deliver_signal(SIGCHLD, 0, SI_KERNEL);
	}
}

int loop_run(void)
{
	/* What the blob did so far had its own time; every callback gets a fresh one. */
	uint64_t outer = script.deadline;
	script.deadline = 0;
	int patience = SIGNAL_PATIENCE;
	/* Promise jobs queued while the script was loading. */
	script_call(JS_UNDEFINED, 0, NULL);
#ifdef USHER_TEST_HOOKS
	faults_begin();
#endif
	loop.stopped = false;
	while (!loop.stopped)
		turn(&patience);
	script.deadline = outer;
	return loop.stop_value;
}

bool loop_is_served(void)
{
	return JS_IsFunction(script.context, loop.on_signal);
}

static JSValue js_run(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	(void)argv;
	return JS_NewInt32(ctx, loop_run());
}

static JSValue js_stop(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int value = 0;
	if (!JS_IsUndefined(argv[0]) && JS_ToInt32(ctx, &value, argv[0]) < 0)
		return JS_EXCEPTION;
	loop.stopped = true;
	loop.stop_value = value;
	return JS_UNDEFINED;
}

/* ------------------------------------------------------------------------------------------------ script interface */

static JSValue js_watch(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd;
	uint32_t events;
	if (!take(ctx, argv, "iu", &fd, &events))
		return JS_EXCEPTION;
	if (!JS_IsFunction(ctx, argv[2]))
		return JS_ThrowTypeError(ctx, "watch needs a function");
	int result = loop_watch(fd, events, call_watcher, NULL);
	if (result == 0)
		loop.watches[fd].callback = JS_DupValue(ctx, argv[2]);
	return JS_NewInt32(ctx, result);
}

static JSValue js_rewatch(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd;
	uint32_t events;
	if (!take(ctx, argv, "iu", &fd, &events))
		return JS_EXCEPTION;
	return JS_NewInt32(ctx, loop_rewatch(fd, events));
}

static JSValue js_unwatch(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd;
	if (!take(ctx, argv, "i", &fd))
		return JS_EXCEPTION;
	return JS_NewInt32(ctx, loop_unwatch(fd));
}

static JSValue js_set_timer(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	double at;
	if (!take(ctx, argv, "d", &at))
		return JS_EXCEPTION;
	loop.timer_wanted = !(at > 0) ? 0 : at > 9e15 ? 0 : (uint64_t)at;
	return JS_NewInt32(ctx, 0);
}

static void replace(JSContext *ctx, JSValue *slot, JSValueConst value)
{
	JSValue old = *slot;
	*slot = JS_DupValue(ctx, value);
	JS_FreeValue(ctx, old);
}

static JSValue js_on_timer(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	replace(ctx, &loop.on_timer, argv[0]);
	return JS_UNDEFINED;
}

static JSValue js_on_signal(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	replace(ctx, &loop.on_signal, argv[0]);
	return JS_UNDEFINED;
}

static JSValue js_on_error(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	script_set_error_callback(JS_DupValue(ctx, argv[0]));
	return JS_UNDEFINED;
}

static JSValue js_on_clock_change(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	replace(ctx, &loop.on_clock, argv[0]);
	if (!JS_IsFunction(ctx, argv[0])) {
		if (loop.clock_fd >= 0) {
			loop_unwatch(loop.clock_fd);
			close(loop.clock_fd);
			loop.clock_fd = -1;
		}
		return JS_NewInt32(ctx, 0);
	}
	if (loop.clock_fd >= 0)
		return JS_NewInt32(ctx, 0);
	loop.clock_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (loop.clock_fd < 0 || arm_clock_watch() < 0)
		return new_code(ctx, -1);
	return JS_NewInt32(ctx, loop_watch(loop.clock_fd, EPOLLIN, handle_clock_change, NULL));
}

static JSValue js_clock(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv, int clock)
{
	(void)this;
	(void)argc;
	(void)argv;
	return JS_NewInt64(ctx, (int64_t)now((clockid_t)clock));
}

static JSValue js_utc_offset(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int64_t usec;
	if (!take(ctx, argv, "l", &usec))
		return JS_EXCEPTION;
	time_t seconds = (time_t)(usec / 1000000);
	struct tm tm;
	tzset();
	return JS_NewInt32(ctx, localtime_r(&seconds, &tm) ? (int)(tm.tm_gmtoff / 60) : 0);
}

/* Without the zone's file the C library takes the first letters of "Europe/Berlin" for a name, and counts as UTC. */
static bool zone_is_known(void)
{
	const char *zone = getenv("TZ");
	char path[PATH_MAX];
	if (!zone || strpbrk(zone, "0123456789"))
		return true;
	zone += zone[0] == ':';
	if (!zone[0])
		return false;
	snprintf(path, sizeof path, zone[0] == '/' ? "%s" : "/usr/share/zoneinfo/%s", zone);
	return access(path, R_OK) == 0;
}

static JSValue js_zone_name(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int64_t usec;
	if (!take(ctx, argv, "l", &usec))
		return JS_EXCEPTION;
	time_t seconds = (time_t)(usec / 1000000);
	struct tm tm;
	tzset();
	bool known = localtime_r(&seconds, &tm) && zone_is_known();
	return new_text_z(ctx, known && tm.tm_zone ? tm.tm_zone : "UTC");
}

static const JSCFunctionListEntry functions[] = {
	JS_CFUNC_DEF("watch", 3, js_watch),
	JS_CFUNC_DEF("rewatch", 2, js_rewatch),
	JS_CFUNC_DEF("unwatch", 1, js_unwatch),
	JS_CFUNC_DEF("setTimer", 1, js_set_timer),
	JS_CFUNC_DEF("onTimer", 1, js_on_timer),
	JS_CFUNC_DEF("onClockChange", 1, js_on_clock_change),
	JS_CFUNC_DEF("onSignal", 1, js_on_signal),
	JS_CFUNC_DEF("onError", 1, js_on_error),
	JS_CFUNC_DEF("run", 0, js_run),
	JS_CFUNC_DEF("stop", 1, js_stop),
	JS_CFUNC_MAGIC_DEF("monotonic", 0, js_clock, CLOCK_MONOTONIC),
	JS_CFUNC_MAGIC_DEF("boottime", 0, js_clock, CLOCK_BOOTTIME),
	JS_CFUNC_MAGIC_DEF("realtime", 0, js_clock, CLOCK_REALTIME),
	JS_CFUNC_DEF("utcOffset", 1, js_utc_offset),
	JS_CFUNC_DEF("zoneName", 1, js_zone_name),
};

void mod_loop_init(JSContext *ctx, JSValueConst host)
{
	JS_SetPropertyFunctionList(ctx, host, functions, ARRAY_LEN(functions));
}
