/*
 * The C host of usher.
 *
 * Model. One process, one thread, one event loop. main.c finds out which face it wears, starts the script engine
 * (script.c), and hands over to the script, which calls back into the mod_*.c files: one file an area, each with a
 * static function-list table and one exported init. C knows descriptors and processes; it knows nothing of units, and
 * decides nothing. Where there is only a command to run, none of this is used: see wrap.h.
 *
 * Rules that hold everywhere:
 * - Every descriptor is close-on-exec from birth.
 * - What can be expected to fail returns a number to the script: >= 0, or -errno. An exception is a bug in the script.
 * - Nothing that the script can reach may block: PID 1 must go on reaping.
 * - All signals that can be caught are blocked from the first instruction of main() and read from a signalfd; the only
 *   handlers are those of the last line (mod_lastline.c).
 */
#ifndef USHER_HOST_H
#define USHER_HOST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include <quickjs.h>

#define ARRAY_LEN(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* ---------------------------------------------------------------------------------------------------- boot state */

/* What the process found when it started; filled once by main.c, read-only afterwards. */
struct boot {
	int argc;
	char **argv;
	char **envp;
	const char *face;
	bool is_pid1;
	uint64_t start_usec;
	int closed_stdio; /* bit n: descriptor n was closed */
	int null_fd;      /* /dev/null, or what stands in for it */
	int *inherited;   /* descriptors >= 3 */
	int inherited_count;
	sigset_t ignored; /* dispositions and mask as found */
	sigset_t blocked;
};
extern struct boot boot;

/* --------------------------------------------------------------------------------------------------- text, values */

/* A string argument as bytes; NUL-terminated, may hold NULs. See text.c for how odd bytes travel. */
struct text {
	const char *bytes;
	size_t len;
};

/*
 * Reads arguments: i int, u uint32, l int64, d double, b bool, s struct text, p path (as s; one with a NUL inside
 * becomes empty, which every system call refuses). Texts must be freed with free_text. False: exception is pending.
 */
bool take(JSContext *ctx, JSValueConst *argv, const char *format, ...);
bool take_text(JSContext *ctx, JSValueConst value, struct text *out);
void free_text(JSContext *ctx, struct text *text);
/* Bytes from outside → string; what isn't UTF-8 becomes lone surrogates (see native.ts). */
JSValue new_text(JSContext *ctx, const char *bytes, size_t len);
JSValue new_text_z(JSContext *ctx, const char *string);
/* "Bytes": one code unit 0…255 for each. */
JSValue new_bytes(JSContext *ctx, const uint8_t *bytes, size_t len);
/* The reverse; allocated with malloc. NULL: no memory. Units above 255 are cut. */
uint8_t *take_bytes(JSContext *ctx, JSValueConst value, size_t *len);
/* Vector of C strings from an array of strings; NULL where one isn't, or memory is out. Free with free_vector. */
char **take_vector(JSContext *ctx, JSValueConst array);
void free_vector(char **vector);
/* Length of the UTF-8 sequence at p (1…4), 0 where it is invalid or cut off. */
int utf8_length(const uint8_t *p, const uint8_t *end);

/* Result of a system call as a value: -1 becomes -errno. */
JSValue new_code(JSContext *ctx, long result);
JSValue new_errno(JSContext *ctx, int error);
void set_int(JSContext *ctx, JSValueConst object, const char *name, int64_t value);
void set_text(JSContext *ctx, JSValueConst object, const char *name, const char *value);
void set_value(JSContext *ctx, JSValueConst object, const char *name, JSValue value);
/* Property as a number; `otherwise` where it is undefined. */
int64_t get_int(JSContext *ctx, JSValueConst object, const char *name, int64_t otherwise);
bool get_bool(JSContext *ctx, JSValueConst object, const char *name, bool otherwise);
/* Length of an array, 0 for anything else. */
uint32_t array_length(JSContext *ctx, JSValueConst array);

/* ------------------------------------------------------------------------------------------------------- heap */

/* A runtime of the script engine whose memory is laid out for it; NULL: no memory. */
JSRuntime *heap_new_runtime(void);
/* Gives back what is free. */
void heap_trim(void);

/* ------------------------------------------------------------------------------------------------- script engine */

struct script {
	JSRuntime *runtime;
	JSContext *context;
	JSValue host;            /* the usherNative object */
	uint64_t callback_limit; /* usec, 0 = none */
	uint64_t deadline;       /* monotonic usec while a callback runs */
	uint64_t allowance;      /* what it may use of the processor after that */
	uint64_t cpu_deadline;   /* the processor's time, once that has passed; 0 before */
};
extern struct script script;

/* See native/compiler/compile.c, which makes them. */
struct blob {
	const char *name;
	const uint8_t *code;
	const uint8_t *code_end;
};
extern const struct blob blobs[]; /* ends with a NULL name */
extern const char source_files[]; /* "COUNT NAME" for each source file, ends with an empty one */
extern const char blobs_writer[]; /* fingerprint of the library that wrote them */
extern const char host_reader[];  /* fingerprint of the library linked here */

/* Starts the engine, for a process that begins with that blob. */
bool script_start(const char *first_blob);
/* Evaluates a blob; the value of its last statement, or an exception that has been reported. */
JSValue script_load(const char *name);
/* Calls a function from the loop: time limit, promise jobs, errors reported and survived. Takes ownership of args. */
void script_call(JSValueConst function, int argc, JSValue *argv);
void script_set_error_callback(JSValue callback); /* takes ownership */
/* Reports the pending exception. */
void script_report(void);
/* Replaces "source:NUMBER:1" in a stack trace by source file and line; malloc'ed. */
char *script_explain(const char *text);
const struct blob *find_blob(const char *name);
#ifdef USHER_TEST_HOOKS
/* Evaluates source text from a file; its time is not limited. */
JSValue script_run_file(const char *path);
/* faults.c */
void faults_begin(void);
bool faults_no_memory(void);
bool faults_abort(void);
#endif

/* ----------------------------------------------------------------------------------------------------------- loop */

typedef void watch_fn(int fd, uint32_t events, void *opaque);
bool loop_start(void);
int loop_signal_fd(void);
/* Runs until the script stops it; the number that it gives. */
int loop_run(void);
/* Has the script set itself up so far that signals reach it? */
bool loop_is_served(void);
/* 0 or -errno. */
int loop_watch(int fd, uint32_t events, watch_fn *fn, void *opaque);
int loop_rewatch(int fd, uint32_t events);
int loop_unwatch(int fd);
/* Runs fn once at the end of this turn of the loop; one slot a caller, see loop_deferral. */
struct deferral {
	void (*fn)(void);
	bool queued;
	struct deferral *next;
};
void loop_defer(struct deferral *deferral);
void loop_more_children(void);                /* reap again in the next turn */
void loop_more_children_at(uint64_t usec);    /* and at a monotonic time */
pid_t loop_take_dead_child(void);             /* whom SIGCHLD named, once; 0: nobody */
uint64_t now_monotonic(void);
uint64_t now_realtime(void);
uint64_t now_processor(void); /* used by this process */

/* --------------------------------------------------------------------------------------------------------- output */

/* 0, or -ENOBUFS when it was dropped whole. */
int output_write(int stream, const char *bytes, size_t len);
/* The same for several lines at once; that many are counted when it is dropped. */
int output_write_lines(int stream, const char *bytes, size_t len, int64_t lines);
void output_flush(uint64_t limit_usec);
/*
 * True when much waits for that stream's reader though it has not stalled: fn is then called, once, when there is room
 * again or the reader has stalled. One fn for all.
 */
bool output_wait_for_room(int stream, void (*fn)(void));
/* For messages of the host itself, before or without a script: "usher: …" on standard error. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ----------------------------------------------------------------------------------------------------- last line */

void lastline_start(void);
/* Puts the signal handlers of the last line back to default: in a child, between fork and exec. */
void lastline_forget(void);
/* Has the script said what the last line shall do? Only an init does. */
bool lastline_is_set(void);
/* A signal has come: where it asks to stop, and the script does not end the process in time, the last line does. */
void lastline_stop_asked(int signal);
/* Children that are ours to end when we aren't PID 1. */
void lastline_note_child(pid_t pid);
void lastline_forget_child(pid_t pid);

/* A child of ours from now until it is reaped. */
void process_spawned(pid_t pid);

struct spawn_result {
	pid_t pid; /* or -errno */
	int step;  /* enum spawn_step, 0 = executed */
	int error;
	bool pending;
};
/* {pid, stage, step, errno, pending} of a start, as properties. */
void spawn_describe(JSContext *ctx, JSValueConst object, const struct spawn_result *result);
/* Tells the outcome of a start, where that is still to come: it is to be known before the child's death is. */
void spawn_settle(pid_t pid);

/* -------------------------------------------------------------------------------------------------------- modules */

void mod_boot_init(JSContext *ctx, JSValueConst host);
void mod_loop_init(JSContext *ctx, JSValueConst host);
void mod_spawn_init(JSContext *ctx, JSValueConst host);
void mod_process_init(JSContext *ctx, JSValueConst host);
void mod_socket_init(JSContext *ctx, JSValueConst host);
void mod_message_init(JSContext *ctx, JSValueConst host);
void mod_descriptor_init(JSContext *ctx, JSValueConst host);
void mod_file_init(JSContext *ctx, JSValueConst host);
void mod_stat_init(JSContext *ctx, JSValueConst host);
void mod_tree_init(JSContext *ctx, JSValueConst host);
void mod_output_init(JSContext *ctx, JSValueConst host);
void mod_capture_init(JSContext *ctx, JSValueConst host);
void mod_ring_init(JSContext *ctx, JSValueConst host);
void mod_splice_init(JSContext *ctx, JSValueConst host);
void mod_adopt_init(JSContext *ctx, JSValueConst host);
void mod_lastline_init(JSContext *ctx, JSValueConst host);

#endif
