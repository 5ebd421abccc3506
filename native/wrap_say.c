/*
 * What the wrapper faces share of words and small questions to the kernel.
 */
#include "wrap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATIENCE_MS 100

/*
 * O_NONBLOCK belongs to the open file description, which the command shares; so a pipe or a terminal is
 * opened anew. Without /proc the descriptor itself must do: a pipe that poll(2) calls writable takes PIPE_BUF
 * bytes.
 */
static int open_anew(int fd)
{
	struct stat status;
	if (fstat(fd, &status) < 0 || !(S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)))
		return -1;
	char path[32];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static ssize_t write_now(int fd, const char *text, size_t size)
{
	ssize_t written = send(fd, text, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	return written < 0 && errno == ENOTSOCK ? write(fd, text, size) : written;
}

/* A blocked SIGPIPE would wait for us and then be passed on as if somebody had sent it. */
static void forget_broken_pipe(void)
{
	static const struct timespec none;
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigtimedwait(&set, NULL, &none);
}

static void write_patiently(int fd, const char *text, size_t size)
{
	int own = open_anew(fd);
	struct pollfd ready = {.fd = own >= 0 ? own : fd, .events = POLLOUT};
	while (size > 0 && poll(&ready, 1, PATIENCE_MS) > 0) {
		ssize_t written = write_now(ready.fd, text, size);
		if (written < 0) {
			if (errno == EPIPE)
				forget_broken_pipe();
			break;
		}
		text += written;
		size -= (size_t)written;
	}
	if (own >= 0)
		close(own);
}

void wrap_say(int fd, const char *format, ...)
{
	char text[PATH_MAX + 512];
	int error = errno;
	va_list arguments;
	va_start(arguments, format);
	int size = vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (size > 0)
		write_patiently(fd, text, (size_t)size < sizeof text ? (size_t)size : sizeof text - 1);
	errno = error;
}

const char *wrap_error(int error)
{
	const char *text = strerrordesc_np(error);
	return text ? text : "Unknown error";
}

int wrap_become_subreaper(void)
{
	return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 ? errno : 0;
}

bool wrap_is_subreaper(void)
{
	int set = 0;
	return prctl(PR_GET_CHILD_SUBREAPER, &set, 0, 0, 0) == 0 && set == 1;
}

int wrap_release_terminal(void)
{
	if (ioctl(STDIN_FILENO, TIOCNOTTY) < 0)
		return errno;
	if (getsid(0) == getpid())
		wrap.skip_once[SIGHUP] = wrap.skip_once[SIGCONT] = true;
	return 0;
}

/* ----------------------------------------------------------------------------------------------------- signal names */

static int real_time_signal(const char *name)
{
	int offset = 0, end = 0;
	if (strcmp(name, "RTMIN") == 0)
		return SIGRTMIN;
	if (strcmp(name, "RTMAX") == 0)
		return SIGRTMAX;
	if (sscanf(name, "RTMIN+%2d%n", &offset, &end) == 1 && name[end] == 0)
		offset = SIGRTMIN + offset;
	else if (sscanf(name, "RTMAX-%2d%n", &offset, &end) == 1 && name[end] == 0)
		offset = SIGRTMAX - offset;
	return offset >= SIGRTMIN && offset <= SIGRTMAX ? offset : 0;
}

int wrap_signal_name(const char *text)
{
	const char *name = strncmp(text, "SIG", 3) == 0 ? text + 3 : text;
	for (int number = 1; number < SIGSYS + 1; number++) {
		const char *known = sigabbrev_np(number);
		if (known && strcmp(known, name) == 0)
			return number;
	}
	return real_time_signal(name);
}

int wrap_signal(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);
	if (end != text && *end == 0)
		return number >= 1 && number < WRAP_SIGNALS ? (int)number : 0;
	return wrap_signal_name(text);
}
