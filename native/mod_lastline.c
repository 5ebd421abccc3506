/*
 * The last line: what PID 1 does when its script engine has crashed.
 *
 * If PID 1 dies, the kernel kills the whole container. So a fault (SIGSEGV, SIGBUS, SIGILL, SIGFPE, or abort) enters,
 * on a stack of its own, a loop that touches neither the engine nor the heap, both of which may be broken: it reaps,
 * keeps the services' output flowing so that none stalls on a full pipe, passes signals to a wrapper's command, and at
 * SIGTERM, SIGINT or SIGRTMIN+3 ends everything within the stop budget. The services live on until then.
 *
 * A script that fails without crashing gets here too: a request to stop starts a timer of the kernel's, and when the
 * budget is long over and the script has not ended the process, what is left is killed here.
 *
 * Everything here is preallocated; only system calls are made. Signals are read from the loop's signalfd, as before.
 */
#include "host.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_PIPES 512
#define MAX_CHILDREN 1024
#define KILL_WAIT_MS 2000
/* EX_SOFTWARE: whoever looks at the container's exit code shall see that this was no orderly end. */
#define EXIT_CRASHED 70
/*
 * After its budget the script waits at most 0.8 s for what escaped all units and 0.5 s for its output to be read. With
 * the usual budget of 8 s this is still before an engine's usual 10 s are over.
 */
#define OVERDUE_USEC (1600 * 1000)
/* A longer budget means that whoever set it waits. */
#define LONGEST_BUDGET_USEC (UINT64_C(86400) * 1000 * 1000)

static const int faults[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE};

static char alternate_stack[64 * 1024];
static int stop_signal = SIGTERM;
static uint64_t stop_budget = 8 * 1000 * 1000;

/* Whether the script has promised to end the process within the budget; the kernel's timer for that, -1: none. */
static bool has_promised;
static int overdue_timer = -1;
static uint64_t overdue_at;

/* Our direct children, for when we aren't PID 1 and must not signal "everybody". Zero: free. */
static volatile pid_t children[MAX_CHILDREN];

static struct pollfd polled[MAX_PIPES + 1];
static int polled_count;
static char copied[4096];

void lastline_note_child(pid_t pid)
{
	if (boot.is_pid1)
		return;
	for (int i = 0; i < MAX_CHILDREN; i++) {
		if (children[i] == 0) {
			children[i] = pid;
			return;
		}
	}
}

void lastline_forget_child(pid_t pid)
{
	if (boot.is_pid1)
		return;
	for (int i = 0; i < MAX_CHILDREN; i++) {
		if (children[i] == pid)
			children[i] = 0;
	}
}

static void say(const char *text, size_t len)
{
	struct pollfd ready = {.fd = 2, .events = POLLOUT};
	if (poll(&ready, 1, 0) == 1 && ready.revents & POLLOUT) {
		ssize_t ignored = write(2, text, len);
		(void)ignored;
	}
}

/* The read ends of pipes are the services' output: nothing else in this process is a pipe open for reading. */
static void find_pipes(int signal_fd)
{
	polled[0] = (struct pollfd){.fd = signal_fd, .events = POLLIN};
	polled_count = 1;
	for (int fd = 3; fd < 4096 && polled_count <= MAX_PIPES; fd++) {
		struct stat status;
		int flags = fcntl(fd, F_GETFL);
		if (flags >= 0 && (flags & O_ACCMODE) == O_RDONLY && fstat(fd, &status) == 0 &&
		    S_ISFIFO(status.st_mode))
			polled[polled_count++] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
}

/* Raw, without the line's frame; what standard error doesn't take is lost. */
static void copy_output(struct pollfd *from)
{
	ssize_t n = read(from->fd, copied, sizeof copied);
	if (n > 0)
		say(copied, (size_t)n);
	else if (n == 0 || errno != EAGAIN)
		from->fd = -1;
}

static void signal_everybody(int signal)
{
	if (boot.is_pid1) {
		kill(-1, signal);
		return;
	}
	for (int i = 0; i < MAX_CHILDREN; i++) {
		pid_t pid = children[i];
		if (pid <= 0)
			continue;
		/* A service leads its session and so its group; a helper may not. */
		if (kill(-pid, signal) < 0)
			kill(pid, signal);
	}
}

/* True: there is no child left. */
static bool reap_all(void)
{
	for (;;) {
		siginfo_t info = {0};
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) < 0)
			return errno == ECHILD;
		if (info.si_pid == 0)
			return false;
		lastline_forget_child(info.si_pid);
	}
}

static bool is_stop(int signal)
{
	return signal == SIGTERM || signal == SIGINT || signal == SIGRTMIN + 3;
}

static void ask_to_stop(void)
{
	signal_everybody(stop_signal);
	signal_everybody(SIGCONT);
}

static _Noreturn void last_loop(int signal_fd, uint64_t deadline)
{
	bool killing = false;
	find_pipes(signal_fd);
	for (;;) {
		bool alone = reap_all();
		uint64_t at = now_monotonic();
		if (alone && deadline)
			_exit(EXIT_CRASHED);
		if (deadline && at >= deadline) {
			if (killing)
				_exit(EXIT_CRASHED);
			killing = true;
			signal_everybody(SIGKILL);
			deadline = at + KILL_WAIT_MS * 1000;
		}
		int timeout = deadline ? (int)((deadline - at) / 1000) + 1 : -1;
		poll(polled, (nfds_t)polled_count, timeout);
		for (int i = 1; i < polled_count; i++) {
			if (polled[i].revents)
				copy_output(&polled[i]);
		}
		struct signalfd_siginfo info;
		while (read(signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
			if (!is_stop((int)info.ssi_signo))
				continue;
			/* The second request hastens. */
			if (deadline && !killing)
				deadline = now_monotonic();
			else if (!deadline) {
				deadline = now_monotonic() + stop_budget;
				ask_to_stop();
			}
		}
	}
}

static bool is_overdue(const siginfo_t *info)
{
	return info->si_code == SI_TIMER && overdue_at != 0 && now_monotonic() >= overdue_at;
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
	(void)context;
	if (signal == SIGABRT && is_overdue(info)) {
		static const char late[] = "usher: the stop has not ended in time; killing what is left\n";
		say(late, sizeof late - 1);
		lastline_forget();
		last_loop(loop_signal_fd(), now_monotonic());
	}
	/* Sent by somebody, not by a fault: PID 1 has always ignored these. abort(3) sends its signal to itself. */
	bool own = signal == SIGABRT && info->si_code == SI_TKILL && info->si_pid == getpid();
	if (info->si_code <= 0 && !own)
		return;
	static const char text[] = "usher: the script engine has crashed; services live on, SIGTERM still ends them\n";
	say(text, sizeof text - 1);
	/* A fault in the loop itself has nothing left to fall back to. */
	lastline_forget();
	if (overdue_at == 0)
		last_loop(loop_signal_fd(), 0);
	/* In the middle of a stop, whose signal will not come again. */
	ask_to_stop();
	last_loop(loop_signal_fd(), overdue_at - OVERDUE_USEC);
}

void lastline_start(void)
{
#ifdef __SANITIZE_ADDRESS__
	/* There a fault is to be reported, not survived. */
	return;
#endif
	stack_t stack = {.ss_sp = alternate_stack, .ss_size = sizeof alternate_stack};
	struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	sigfillset(&action.sa_mask);
	if (sigaltstack(&stack, NULL) < 0)
		return;
	for (int i = 0; i < ARRAY_LEN(faults); i++)
		sigaction(faults[i], &action, NULL);
}

void lastline_forget(void)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigemptyset(&action.sa_mask);
	for (int i = 0; i < ARRAY_LEN(faults); i++)
		sigaction(faults[i], &action, NULL);
}

bool lastline_is_set(void)
{
	return has_promised;
}

/* The signal is one that faults raise, since only those are not blocked; its code tells it from a fault. */
void lastline_stop_asked(int signal)
{
	if (!has_promised || overdue_at != 0 || !is_stop(signal) || stop_budget > LONGEST_BUDGET_USEC)
		return;
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGABRT};
	/* By hand: the library's function brings its threads along. */
	if (overdue_timer < 0 && syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &overdue_timer) < 0)
		return;
	overdue_at = now_monotonic() + stop_budget + OVERDUE_USEC;
	struct itimerspec when = {.it_value = {.tv_sec = (time_t)(overdue_at / 1000000),
					       .tv_nsec = (long)(overdue_at % 1000000) * 1000}};
	syscall(SYS_timer_settime, overdue_timer, TIMER_ABSTIME, &when, NULL);
}

static JSValue js_set_last_line(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int signal;
	int64_t budget;
	if (!take(ctx, argv, "il", &signal, &budget))
		return JS_EXCEPTION;
	stop_signal = signal > 0 ? signal : SIGTERM;
	stop_budget = budget > 0 ? (uint64_t)budget : 0;
	has_promised = true;
	return JS_UNDEFINED;
}

#ifdef USHER_TEST_HOOKS
/* Crashes in the way asked for; compiled into test builds only. */
static JSValue js_crash(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int signal;
	if (!take(ctx, argv, "i", &signal))
		return JS_EXCEPTION;
	if (signal == SIGABRT)
		abort();
	volatile int *forbidden = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*forbidden = 1;
	return JS_UNDEFINED;
}
#endif

static const JSCFunctionListEntry functions[] = {
	JS_CFUNC_DEF("setLastLine", 2, js_set_last_line),
#ifdef USHER_TEST_HOOKS
	JS_CFUNC_DEF("crash", 1, js_crash),
#endif
};

void mod_lastline_init(JSContext *ctx, JSValueConst host)
{
	JS_SetPropertyFunctionList(ctx, host, functions, ARRAY_LEN(functions));
}
