/*
 * The command lines of the wrapper faces, as far as the spawn needs them.
 *
 * One table of options a face. A row says how the option is spelled and what it means to the spawn; what it means
 * beyond that is the script's business, which gets every option found, in order, with its value. Whatever isn't clear
 * here (help, version, a wrong option, no command) spawns nothing, and the script says what is to be said.
 */
#include "spawn.h"
#include "wrap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* What an option means before the spawn. */
enum effect {
	SCRIPT,     /* nothing here: passed on */
	STAY,       /* not a wrapper's command line at all (units, help, …): spawn nothing, load the face's own blob */
	NO_SESSION, /* the child gets its own process group only */
	DEATH_SIGNAL
};

struct wrap_option {
	char letter; /* 0: none */
	const char *name;
	bool takes_value;
	enum effect effect;
};

struct wrap_face {
	const struct wrap_option *options;
	enum spawn_leader leader;
	bool needs_separator; /* the command must follow "--" */
};

static const struct wrap_option usher_options[] = {
	{0, "log-level", true, SCRIPT},
	{0, "log-format", true, SCRIPT},
};

/* A word that is no row of the table makes the command line not a wrapper's; so --units, --help and the like. */
const struct wrap_face wrap_usher = {usher_options, LEAD_GROUP, true};

const struct wrap_face wrap_tini = {NULL, LEAD_GROUP, false};
const struct wrap_face wrap_dumb_init = {NULL, LEAD_SESSION, false};
const struct wrap_face wrap_catatonit = {NULL, LEAD_GROUP, false};

static const struct wrap_option *find_option(const struct wrap_face *face, const char *word, const char **value)
{
	for (const struct wrap_option *o = face->options; o && o->name && o < face->options + ARRAY_LEN(usher_options); o++) {
		size_t len = strlen(o->name);
		if (strncmp(word, "--", 2) != 0 || strncmp(word + 2, o->name, len) != 0)
			continue;
		if (word[2 + len] == 0 || (o->takes_value && word[2 + len] == '=')) {
			*value = word[2 + len] ? word + 3 + len : NULL;
			return o;
		}
	}
	return NULL;
}

/* Where the command begins, or 0. */
static int find_command(const struct wrap_face *face)
{
	int i = 1;
	for (; i < boot.argc; i++) {
		const char *word = boot.argv[i], *value = NULL;
		if (strcmp(word, "--") == 0)
			return i + 1 < boot.argc ? i + 1 : 0;
		if (word[0] != '-')
			return face->needs_separator ? 0 : i;
		const struct wrap_option *o = find_option(face, word, &value);
		if (!o || o->effect == STAY)
			return 0;
		if (o->takes_value && !value)
			i++;
	}
	return 0;
}

/* With units around, the command is the main process beside them, and starting it is the engine's task. */
static bool has_units(void)
{
	const char *path = getenv("USHER_UNIT_PATH");
	return (path && *path) || access("/etc/usher/units", F_OK) == 0;
}

static bool is_terminal(int fd)
{
	return fcntl(fd, F_GETFD) >= 0 && isatty(fd);
}

/* The command gets the descriptors that we were given, each at its own number. */
static bool pass_descriptors(struct spawn_plan *plan)
{
	int count = boot.inherited_count ? boot.inherited[boot.inherited_count - 1] + 1 : 3;
	plan->fds = malloc((size_t)count * sizeof(int));
	if (!plan->fds)
		return false;
	for (int fd = 0; fd < count; fd++)
		plan->fds[fd] = fd <= 2 && !(boot.closed_stdio >> fd & 1) ? fd : -2;
	for (int i = 0; i < boot.inherited_count; i++)
		plan->fds[boot.inherited[i]] = boot.inherited[i];
	plan->fd_count = count;
	return true;
}

bool wrap_start(const struct wrap_face *face)
{
	int command = find_command(face);
	if (command == 0 || (face == &wrap_usher && has_units()))
		return false;
	struct spawn_plan plan;
	spawn_defaults(&plan);
	const char *path = getenv("PATH");
	plan.file = boot.argv[command];
	plan.search_path = path ? path : DEFAULT_PATH;
	plan.argv = boot.argv + command;
	plan.envp = boot.envp;
	plan.leader = face->leader;
	plan.inherit_signals = true;
	if (is_terminal(0) && plan.leader == LEAD_GROUP) {
		plan.foreground_fd = 0;
		plan.foreground_best_effort = true;
	}
	if (!pass_descriptors(&plan))
		return false;
	int report_fd;
	boot.first = spawn_run(&plan, &report_fd);
	if (report_fd >= 0) {
		/* The sanitizers' build forks: wait for the outcome here. */
		int report[2] = {STEP_NONE, 0};
		if (read(report_fd, report, sizeof report) == (ssize_t)sizeof report) {
			boot.first.step = report[0];
			boot.first.error = report[1];
		}
		boot.first.pending = false;
		close(report_fd);
	}
	free(plan.fds);
	boot.has_first_child = true;
	boot.first_argv = plan.argv;
	return true;
}
