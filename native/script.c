/*
 * The script engine: one runtime, one context, blobs of bytecode.
 *
 * PID 1 must survive its own script. Everything that runs in it runs under script_call: a time limit (interrupt
 * handler), a limit for its stack, optionally one for its heap; a failure becomes text for onError and the loop goes
 * on. The limit is one of the clock's time, which costs nothing to set, and when that is over once more the same of the
 * processor's: in a container that was paused, or that has little of the processor, much time passes in a few steps. Only what is used of the language is set up (no typed arrays, no Proxy): it costs start-up time and memory.
 */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define DEFAULT_CALLBACK_USEC (2 * 1000 * 1000)
#define LOAD_USEC (30 * 1000 * 1000)
#define MAX_STACK (1024 * 1024)
#define MAX_REJECTIONS 16
#define GC_THRESHOLD (4 * 1024 * 1024)

struct script script = {.callback_limit = DEFAULT_CALLBACK_USEC};

/* Rejected promises that nobody handles yet; judged when the promise jobs have run. */
static struct {
	JSValue promise;
	JSValue reason;
} rejections[MAX_REJECTIONS];
static int rejection_count;

static JSValue error_callback;
static bool reporting;

static int interrupt(JSRuntime *runtime, void *opaque)
{
	(void)runtime;
	(void)opaque;
#ifdef USHER_TEST_HOOKS
	if (faults_abort())
		return 1;
#endif
	if (script.deadline == 0 || now_monotonic() <= script.deadline)
		return 0;
	uint64_t used = now_processor();
	if (script.cpu_deadline == 0)
		script.cpu_deadline = used + script.allowance;
	return used > script.cpu_deadline;
}

/* From now on: usec that may be used, 0 for any. */
static void allow(uint64_t usec)
{
	script.deadline = usec ? now_monotonic() + usec : 0;
	script.allowance = usec;
	script.cpu_deadline = 0;
}

static void track_rejection(JSContext *ctx, JSValueConst promise, JSValueConst reason, JS_BOOL handled, void *opaque)
{
	(void)opaque;
	if (!handled) {
		if (rejection_count < MAX_REJECTIONS) {
			rejections[rejection_count].promise = JS_DupValue(ctx, promise);
			rejections[rejection_count].reason = JS_DupValue(ctx, reason);
			rejection_count++;
		}
		return;
	}
	for (int i = 0; i < rejection_count; i++) {
		if (JS_VALUE_GET_PTR(rejections[i].promise) != JS_VALUE_GET_PTR(promise))
			continue;
		JS_FreeValue(ctx, rejections[i].promise);
		JS_FreeValue(ctx, rejections[i].reason);
		rejections[i] = rejections[--rejection_count];
		return;
	}
}

/* ------------------------------------------------------------------------------------------------- finding blobs */

const struct blob *find_blob(const char *name)
{
	for (const struct blob *blob = blobs; blob->name; blob++) {
		if (strcmp(blob->name, name) == 0)
			return blob;
	}
	return NULL;
}

/* "./NAME.js", as esbuild writes it, is the blob NAME. */
static char *name_import(JSContext *ctx, const char *base, const char *name, void *opaque)
{
	(void)base;
	(void)opaque;
	size_t len = strlen(name);
	bool relative = strncmp(name, "./", 2) == 0 && len > 5 && strcmp(name + len - 3, ".js") == 0;
	return relative ? js_strndup(ctx, name + 2, len - 5) : js_strdup(ctx, name);
}

/* The modules of the blob that was read at the start, until it is loaded. */
static struct {
	const char *name;
	JSValue modules;
} first;

/* An array of modules, the first of which imports the others; reading it makes them known by their names. */
static JSValue read_modules(JSContext *ctx, const char *name)
{
	const struct blob *blob = find_blob(name);
	if (!blob)
		return JS_ThrowReferenceError(ctx, "no blob %s in this binary", name);
	return JS_ReadObject(ctx, blob->code, (size_t)(blob->code_end - blob->code),
			     JS_READ_OBJ_BYTECODE | JS_READ_OBJ_ROM_DATA);
}

/*
 * The names that the first blob begins with must be the first atoms of all, so that its functions run from the file's
 * own pages: 0.2 MB that would be copied. The array is kept: it holds those names, and a number that another name got
 * would bring the copies back for the blobs that begin with the same names.
 */
static void read_first(JSContext *ctx, const char *name)
{
	first.name = name;
	first.modules = read_modules(ctx, name);
}

static JSValue take_blob(JSContext *ctx, const char *name)
{
	bool is_first = first.name && strcmp(first.name, name) == 0;
	JSValue modules = is_first ? JS_DupValue(ctx, first.modules) : read_modules(ctx, name);
	if (JS_IsException(modules))
		return modules;
	JSValue module = JS_GetPropertyUint32(ctx, modules, 0);
	JS_FreeValue(ctx, modules);
	return module;
}

static JSModuleDef *load_import(JSContext *ctx, const char *name, void *opaque)
{
	(void)opaque;
	JS_ThrowReferenceError(ctx, "the module %s is in a blob that has not been loaded", name);
	return NULL;
}

/* --------------------------------------------------------------------------------------------------------- start */

static size_t stack_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur / 2 < MAX_STACK)
		return limit.rlim_cur / 2;
	return MAX_STACK;
}

bool script_start(const char *first_blob)
{
	JSRuntime *runtime = heap_new_runtime();
	if (!runtime)
		return false;
	JS_SetMaxStackSize(runtime, stack_limit());
	/* References are counted; the collector is for cycles only. The default would have it run while blobs load. */
	JS_SetGCThreshold(runtime, GC_THRESHOLD);
	JS_SetInterruptHandler(runtime, interrupt, NULL);
	JS_SetModuleLoaderFunc(runtime, name_import, load_import, NULL);
	JS_SetHostPromiseRejectionTracker(runtime, track_rejection, NULL);
	JSContext *ctx = JS_NewContextRaw(runtime);
	if (!ctx)
		return false;
	read_first(ctx, first_blob);
	JS_AddIntrinsicBaseObjects(ctx);
	JS_AddIntrinsicDate(ctx);
	JS_AddIntrinsicRegExp(ctx);
	JS_AddIntrinsicRegExpCompiler(ctx);
	JS_AddIntrinsicJSON(ctx);
	JS_AddIntrinsicMapSet(ctx);
	JS_AddIntrinsicPromise(ctx);
	JS_AddIntrinsicWeakRef(ctx);
#ifdef USHER_TEST_HOOKS
	/* For what tests bring along; the product's scripts use none. */
	JS_AddIntrinsicTypedArrays(ctx);
	JS_AddIntrinsicStringNormalize(ctx);
	JS_AddIntrinsicEval(ctx);
#endif
	script.runtime = runtime;
	script.context = ctx;
	script.host = JS_NewObject(ctx);
	mod_boot_init(ctx, script.host);
	mod_loop_init(ctx, script.host);
	mod_spawn_init(ctx, script.host);
	mod_process_init(ctx, script.host);
	mod_socket_init(ctx, script.host);
	mod_message_init(ctx, script.host);
	mod_descriptor_init(ctx, script.host);
	mod_file_init(ctx, script.host);
	mod_stat_init(ctx, script.host);
	mod_tree_init(ctx, script.host);
	mod_output_init(ctx, script.host);
	mod_ring_init(ctx, script.host);
	mod_capture_init(ctx, script.host);
	mod_splice_init(ctx, script.host);
	mod_adopt_init(ctx, script.host);
	mod_lastline_init(ctx, script.host);
	JSValue global = JS_GetGlobalObject(ctx);
	JS_SetPropertyStr(ctx, global, "usherNative", JS_DupValue(ctx, script.host));
	JS_FreeValue(ctx, global);
	return true;
}

/* ------------------------------------------------------------------------------------------------------- failures */

/* "Error: text\n    at …"; the engine's stack does not repeat the message. malloc'ed. */
static char *describe(JSContext *ctx, JSValueConst error)
{
	char *raw = NULL;
	const char *message = JS_ToCString(ctx, error);
	JSValue stack = JS_IsObject(error) ? JS_GetPropertyStr(ctx, error, "stack") : JS_UNDEFINED;
	const char *frames = JS_IsString(stack) ? JS_ToCString(ctx, stack) : NULL;
	if (asprintf(&raw, "%s%s%s", message ? message : "unknown error", frames && *frames ? "\n" : "",
		     frames ? frames : "") < 0)
		raw = NULL;
	if (message)
		JS_FreeCString(ctx, message);
	if (frames)
		JS_FreeCString(ctx, frames);
	JS_FreeValue(ctx, stack);
	/* Describing may itself have failed (no memory, a toString that throws). */
	JS_FreeValue(ctx, JS_GetException(ctx));
	if (!raw)
		return NULL;
	char *explained = script_explain(raw);
	if (explained) {
		free(raw);
		return explained;
	}
	return raw;
}

static void report_value(JSContext *ctx, JSValueConst error)
{
	char *text = describe(ctx, error);
	if (JS_IsFunction(ctx, error_callback) && !reporting && text) {
		reporting = true;
		JSValue argument = new_text_z(ctx, text);
		JSValue result = JS_Call(ctx, error_callback, JS_UNDEFINED, 1, (JSValueConst *)&argument);
		JS_FreeValue(ctx, argument);
		if (JS_IsException(result)) {
			JS_FreeValue(ctx, JS_GetException(ctx));
			complain("%s", text);
		}
		JS_FreeValue(ctx, result);
		reporting = false;
	} else {
		complain("%s", text ? text : "error in the script, and no memory to describe it");
	}
	free(text);
}

void script_report(void)
{
	JSContext *ctx = script.context;
	JSValue error = JS_GetException(ctx);
	/* What had used up its time needs some to be reported. */
	uint64_t deadline = script.deadline, cpu_deadline = script.cpu_deadline;
	if (script.callback_limit)
		allow(script.callback_limit);
	report_value(ctx, error);
	script.deadline = deadline;
	script.cpu_deadline = cpu_deadline;
	JS_FreeValue(ctx, error);
}

static void run_jobs(void)
{
	JSContext *ctx = script.context;
	for (;;) {
		JSContext *job_context;
		int result = JS_ExecutePendingJob(script.runtime, &job_context);
		if (result == 0)
			break;
		if (result < 0)
			script_report();
		/* Jobs that queue jobs without end: the rest waits for the next callback. */
		if (script.deadline != 0 && now_monotonic() > script.deadline)
			break;
	}
	while (rejection_count > 0) {
		rejection_count--;
		JSValue reason = rejections[rejection_count].reason;
		JS_FreeValue(ctx, rejections[rejection_count].promise);
		report_value(ctx, reason);
		JS_FreeValue(ctx, reason);
	}
}

void script_call(JSValueConst function, int argc, JSValue *argv)
{
	JSContext *ctx = script.context;
	uint64_t outer = script.deadline, cpu_outer = script.cpu_deadline;
	allow(script.callback_limit);
	JSValue result = JS_UNDEFINED;
	if (JS_IsFunction(ctx, function)) {
		/* The callback may replace itself. */
		JSValue held = JS_DupValue(ctx, function);
		result = JS_Call(ctx, held, JS_UNDEFINED, argc, (JSValueConst *)argv);
		JS_FreeValue(ctx, held);
	}
	for (int i = 0; i < argc; i++)
		JS_FreeValue(ctx, argv[i]);
	if (JS_IsException(result))
		script_report();
	JS_FreeValue(ctx, result);
	run_jobs();
	script.deadline = outer;
	script.cpu_deadline = cpu_outer;
}

/* ---------------------------------------------------------------------------------------------------------- blobs */

/* Evaluating a module gives a promise; it is settled, since nothing in a blob waits. */
static JSValue finish_module(JSContext *ctx, JSModuleDef *module, JSValue promise)
{
	if (JS_IsException(promise))
		return promise;
	JSValue result = JS_UNDEFINED;
	switch (JS_PromiseState(ctx, promise)) {
	case JS_PROMISE_REJECTED: {
		JSValue reason = JS_PromiseResult(ctx, promise);
		/* It is reported here, not as a rejection that nobody handled. */
		track_rejection(ctx, promise, reason, true, NULL);
		result = JS_Throw(ctx, reason);
		break;
	}
	case JS_PROMISE_PENDING:
		result = JS_ThrowInternalError(ctx, "a blob must not wait while it loads");
		break;
	default:
		result = JS_GetModuleNamespace(ctx, module);
	}
	JS_FreeValue(ctx, promise);
	return result;
}

/*
 * A blob is an ES module, not a script wrapped in a function: the engine finds a captured variable of a function by
 * searching a list, so that a wrapped bundle of n declarations takes n² steps to load (measured: 10 of 13 ms).
 */
JSValue script_load(const char *name)
{
	JSContext *ctx = script.context;
	JSValue code = take_blob(ctx, name);
	if (JS_IsException(code) || JS_ResolveModule(ctx, code) < 0)
		return JS_EXCEPTION;
	uint64_t outer = script.deadline;
	/* The first blob holds the whole life of some faces up to the loop; it gets more time than a callback. */
	if (outer == 0 && script.callback_limit)
		allow(LOAD_USEC);
	JSModuleDef *module = JS_VALUE_GET_PTR(code);
	JSValue result = finish_module(ctx, module, JS_EvalFunction(ctx, code));
	if (outer == 0 && !JS_IsException(result))
		run_jobs();
	script.deadline = outer;
	return result;
}

#ifdef USHER_TEST_HOOKS
JSValue script_run_file(const char *path)
{
	JSContext *ctx = script.context;
	FILE *file = fopen(path, "rbe");
	char *text = NULL;
	size_t size = 0;
	ssize_t len = file ? getdelim(&text, &size, 0, file) : -1;
	if (file)
		fclose(file);
	if (len < 0) {
		free(text);
		return JS_ThrowReferenceError(ctx, "cannot read %s", path);
	}
	JSValue result = JS_Eval(ctx, text, (size_t)len, path, JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_STRICT);
	free(text);
	if (!JS_IsException(result))
		run_jobs();
	return result;
}
#endif

/* --------------------------------------------------------------------------------------------------- source lines */

/* All source files count as one long text, whose lines the bytecode knows by number; see tools/line-map.ts. */
#define SOURCE_NAME "source:"

/* The file of a line of that text, whose number becomes the line in the file. NULL: there is no such line. */
static const char *find_source(unsigned long *number)
{
	for (const char *entry = source_files; *entry; entry += strlen(entry) + 1) {
		char *name;
		unsigned long lines = strtoul(entry, &name, 10);
		if (*number <= lines)
			return name + 1;
		*number -= lines;
	}
	return NULL;
}

/* Is there "source:NUMBER:1" at p? Then file and line, and where the text goes on. */
static const char *match_position(const char *p, const char **file, unsigned long *line)
{
	size_t len = strlen(SOURCE_NAME);
	char *end;
	if (strncmp(p, SOURCE_NAME, len) != 0 || p[len] < '0' || p[len] > '9')
		return NULL;
	*line = strtoul(p + len, &end, 10);
	if (*line == 0 || !(*file = find_source(line)))
		return NULL;
	if (*end == ':')
		strtoul(end + 1, &end, 10);
	return end;
}

char *script_explain(const char *text)
{
	char *out = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&out, &size);
	if (!stream)
		return NULL;
	char before = '\n';
	for (const char *p = text; *p;) {
		const char *file = NULL;
		unsigned long line = 0;
		const char *end = before == '(' || before == ' ' || before == '\n' ? match_position(p, &file, &line) : NULL;
		if (end) {
			fprintf(stream, "%s:%lu", file, line);
			before = end[-1];
			p = end;
		} else {
			before = *p;
			fputc(*p++, stream);
		}
	}
	if (fclose(stream) != 0) {
		free(out);
		return NULL;
	}
	return out;
}

void script_set_error_callback(JSValue callback)
{
	JS_FreeValue(script.context, error_callback);
	error_callback = callback;
}
