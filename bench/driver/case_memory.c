/*
 * memory: what an init and its helpers hold while nothing happens. -n units are running services (processes named
 * "idle"), -k are listening TCP sockets whose services have not been started. Once all are up, waits until two
 * readings 200 ms apart agree. All processes in the room but the services count. Metrics, KiB: `private` (private
 * clean and dirty pages), `resident` (sum), `resident-init` (PID 1 alone); and `processes`.
 */
#include "room.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct memory {
	long private, resident, resident_init;
	int processes, services;
};

/* The whole of a small file below /proc, empty where it can't be read (the process has gone). */
static const char *read_proc(const char *pid, const char *name)
{
	static char text[4096];
	char path[300];
	snprintf(path, sizeof path, "/proc/%s/%s", pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	text[length < 0 ? 0 : length] = 0;
	return text;
}

static long field(const char *text, const char *name)
{
	const char *line = strstr(text, name);
	return line ? atol(line + strlen(name)) : 0;
}

static struct memory read_memory(void)
{
	struct memory m = {0, 0, 0, 0, 0};
	DIR *proc = opendir("/proc");
	if (!proc)
		die("/proc");
	for (struct dirent *entry; (entry = readdir(proc));) {
		const char *pid = entry->d_name;
		if (pid[0] < '0' || pid[0] > '9')
			continue;
		if (strcmp(read_proc(pid, "comm"), "idle\n") == 0) {
			m.services++;
			continue;
		}
		const char *text = read_proc(pid, "smaps_rollup");
		long resident = field(text, "\nRss:");
		m.private += field(text, "\nPrivate_Clean:") + field(text, "\nPrivate_Dirty:");
		m.resident += resident;
		if (strcmp(pid, "1") == 0)
			m.resident_init = resident;
		m.processes += resident > 0;
	}
	closedir(proc);
	return m;
}

void case_memory(const struct contender *c, const struct options *o)
{
	room_enter(true);
	struct started s = room_start(c, -1, -1);
	int64_t deadline = now() + 30000000000;
	if (o->live > 0)
		await_listeners(c, o->live);
	struct memory last = read_memory(), m = last;
	while (m.services < o->count || (m = read_memory(), m.private != last.private || m.processes != last.processes)) {
		if (now() > deadline)
			room_fail(c, m.services < o->count ? "not all services run after 30 s" : "does not come to rest");
		last = m;
		pause_for(200000000);
		if (m.services < o->count)
			m = read_memory();
	}
	sample(c, "private", m.private);
	sample(c, "resident", m.resident);
	sample(c, "resident-init", m.resident_init);
	sample(c, "processes", m.processes);
	room_end(s.pid);
}
