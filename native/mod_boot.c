/*
 * What the process found when it started, other blobs, its own identity, and its end.
 */
#include "host.h"
#include "pages.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include "version.h"

#define EXIT_FLUSH_USEC (500 * 1000)

extern char **environ;

/* Exports of the blobs loaded so far, by name. */
static JSValue loaded;

static JSValue js_load_blob(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	struct text name = {0};
	if (!take(ctx, argv, "s", &name))
		return JS_EXCEPTION;
	JSValue exports = JS_GetPropertyStr(ctx, loaded, name.bytes);
	if (JS_IsUndefined(exports)) {
		exports = script_load(name.bytes);
		if (!JS_IsException(exports))
			JS_SetPropertyStr(ctx, loaded, name.bytes, JS_DupValue(ctx, exports));
	}
	free_text(ctx, &name);
	return exports;
}

static JSValue js_explain(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	struct text text = {0};
	if (!take(ctx, argv, "s", &text))
		return JS_EXCEPTION;
	char *explained = script_explain(text.bytes);
	JSValue value = explained ? new_text_z(ctx, explained) : JS_DupValue(ctx, argv[0]);
	free(explained);
	free_text(ctx, &text);
	return value;
}

#ifdef __SANITIZE_ADDRESS__
/*
 * _exit skips the check. It stops its process by SIGSTOP, which the SIGCONT that inits send after a SIGTERM takes back,
 * and then waits for ever. So it is done in a copy that nobody knows.
 */
static bool leaks(void)
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		setsid();
		_exit(__lsan_do_recoverable_leak_check() ? 1 : 0);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status != 0;
}
#endif

static JSValue js_exit(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int code;
	if (!take(ctx, argv, "i", &code))
		return JS_EXCEPTION;
	output_flush(EXIT_FLUSH_USEC);
#ifdef __SANITIZE_ADDRESS__
	if (leaks())
		_exit(99);
#endif
	_exit(code);
}

static JSValue js_reexec(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	struct text file = {0};
	if (!take(ctx, argv, "p", &file))
		return JS_EXCEPTION;
	char **args = take_vector(ctx, argv[1]);
	char **env = take_vector(ctx, argv[2]);
	uint32_t keep = array_length(ctx, argv[3]);
	output_flush(EXIT_FLUSH_USEC);
	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < keep; i++) {
			JSValue item = JS_GetPropertyUint32(ctx, argv[3], i);
			int fd = -1;
			if (JS_ToInt32(ctx, &fd, item) == 0 && fd >= 0)
				fcntl(fd, F_SETFD, pass == 0 ? 0 : FD_CLOEXEC);
			JS_FreeValue(ctx, item);
		}
		if (pass == 0 && args && env)
			execve(file.bytes, args, env);
	}
	int error = errno;
	free_vector(args);
	free_vector(env);
	free_text(ctx, &file);
	return new_errno(ctx, error);
}

static JSValue js_getppid(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	(void)argv;
	return JS_NewInt32(ctx, getppid());
}

static JSValue js_identity(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	(void)argv;
	JSValue object = JS_NewObject(ctx);
	set_int(ctx, object, "uid", getuid());
	set_int(ctx, object, "euid", geteuid());
	set_int(ctx, object, "gid", getgid());
	set_int(ctx, object, "egid", getegid());
	JSValue groups = JS_NewArray(ctx);
	int n = getgroups(0, NULL);
	gid_t *list = n > 0 ? calloc((size_t)n, sizeof *list) : NULL;
	if (list && getgroups(n, list) == n) {
		for (int i = 0; i < n; i++)
			JS_SetPropertyUint32(ctx, groups, (uint32_t)i, JS_NewInt64(ctx, list[i]));
	}
	free(list);
	set_value(ctx, object, "groups", groups);
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};
	char hex[17] = "0000000000000000";
	if (syscall(SYS_capget, &header, data) == 0)
		snprintf(hex, sizeof hex, "%08x%08x", data[1].effective, data[0].effective);
	set_text(ctx, object, "capabilities", hex);
	return object;
}

static JSValue js_set_subreaper(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	return new_code(ctx, prctl(PR_SET_CHILD_SUBREAPER, (unsigned long)JS_ToBool(ctx, argv[0]), 0, 0, 0));
}

static JSValue js_is_subreaper(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	(void)argv;
	int on = 0;
	prctl(PR_GET_CHILD_SUBREAPER, &on, 0, 0, 0);
	return JS_NewBool(ctx, on);
}

static int64_t limit_number(rlim_t value)
{
	return value == RLIM_INFINITY ? -1 : (int64_t)value;
}

static JSValue js_raise_file_limit(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	(void)argv;
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return new_code(ctx, -1);
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return new_code(ctx, -1);
	return JS_NewInt64(ctx, limit.rlim_cur == RLIM_INFINITY ? INT32_MAX : (int64_t)limit.rlim_cur);
}

static JSValue js_get_limit(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int resource;
	if (!take(ctx, argv, "i", &resource))
		return JS_EXCEPTION;
	struct rlimit limit;
	if (getrlimit((__rlimit_resource_t)resource, &limit) < 0)
		return new_code(ctx, -1);
	JSValue pair = JS_NewArray(ctx);
	JS_SetPropertyUint32(ctx, pair, 0, JS_NewInt64(ctx, limit_number(limit.rlim_cur)));
	JS_SetPropertyUint32(ctx, pair, 1, JS_NewInt64(ctx, limit_number(limit.rlim_max)));
	return pair;
}

static JSValue js_uname(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	(void)argv;
	struct utsname name;
	if (uname(&name) < 0)
		memset(&name, 0, sizeof name);
	const char *fields[] = {name.sysname, name.nodename, name.release, name.version, name.machine};
	JSValue array = JS_NewArray(ctx);
	for (uint32_t i = 0; i < 5; i++)
		JS_SetPropertyUint32(ctx, array, i, new_text_z(ctx, fields[i]));
	return array;
}

static JSValue js_heap_bytes(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	(void)argv;
	JSMemoryUsage usage;
	JS_ComputeMemoryUsage(JS_GetRuntime(ctx), &usage);
	return JS_NewInt64(ctx, usage.malloc_size);
}

#ifdef USHER_TEST_HOOKS
/* Bytes of bytecode that do not lie in the file's own pages. */
static JSValue js_copied_bytecode(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	(void)argv;
	JSMemoryUsage usage;
	JS_ComputeMemoryUsage(JS_GetRuntime(ctx), &usage);
	return JS_NewInt64(ctx, usage.js_func_code_size);
}
#endif

static JSValue js_set_script_limits(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int64_t heap, stack, callback;
	if (!take(ctx, argv, "lll", &heap, &stack, &callback))
		return JS_EXCEPTION;
	JS_SetMemoryLimit(JS_GetRuntime(ctx), heap > 0 ? (size_t)heap : (size_t)-1);
	if (stack > 0)
		JS_SetMaxStackSize(JS_GetRuntime(ctx), (size_t)stack);
	script.callback_limit = callback > 0 ? (uint64_t)callback : 0;
	return JS_UNDEFINED;
}

static void forget_pages(void)
{
	forget_stack_pages();
	forget_program_pages();
}

/* Done from the loop, where the stack is shallow. */
static struct deferral forgetting = {.fn = forget_pages};

static JSValue js_collect_garbage(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	(void)argv;
	JS_RunGC(JS_GetRuntime(ctx));
	heap_trim();
	loop_defer(&forgetting);
	return JS_UNDEFINED;
}

static JSValue js_random_hex(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int count;
	if (!take(ctx, argv, "i", &count))
		return JS_EXCEPTION;
	uint8_t bytes[64];
	char hex[2 * sizeof bytes + 1];
	if (count < 0 || count > (int)sizeof bytes)
		return JS_ThrowRangeError(ctx, "randomHex gives at most %d bytes", (int)sizeof bytes);
	/* Before the kernel's pool is ready a blocking read could hang the boot; urandom-quality is enough for ids. */
	if (getrandom(bytes, (size_t)count, GRND_NONBLOCK) != count &&
	    getrandom(bytes, (size_t)count, GRND_INSECURE) != count)
		memset(bytes, 0, sizeof bytes);
	for (int i = 0; i < count; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	hex[2 * count] = 0;
	return JS_NewString(ctx, hex);
}

static const JSCFunctionListEntry functions[] = {
	JS_CFUNC_DEF("loadBlob", 1, js_load_blob),
	JS_CFUNC_DEF("explainStack", 1, js_explain),
	JS_CFUNC_DEF("exit", 1, js_exit),
	JS_CFUNC_DEF("reexec", 4, js_reexec),
	JS_CFUNC_DEF("getppid", 0, js_getppid),
	JS_CFUNC_DEF("identity", 0, js_identity),
	JS_CFUNC_DEF("setSubreaper", 1, js_set_subreaper),
	JS_CFUNC_DEF("isSubreaper", 0, js_is_subreaper),
	JS_CFUNC_DEF("raiseFileLimit", 0, js_raise_file_limit),
	JS_CFUNC_DEF("getLimit", 1, js_get_limit),
	JS_CFUNC_DEF("uname", 0, js_uname),
	JS_CFUNC_DEF("heapBytes", 0, js_heap_bytes),
#ifdef USHER_TEST_HOOKS
	JS_CFUNC_DEF("copiedBytecode", 0, js_copied_bytecode),
#endif
	JS_CFUNC_DEF("setScriptLimits", 3, js_set_script_limits),
	JS_CFUNC_DEF("collectGarbage", 0, js_collect_garbage),
	JS_CFUNC_DEF("randomHex", 1, js_random_hex),
};

static JSValue strings(JSContext *ctx, char **vector)
{
	JSValue array = JS_NewArray(ctx);
	for (uint32_t i = 0; vector && vector[i]; i++)
		JS_SetPropertyUint32(ctx, array, i, new_text_z(ctx, vector[i]));
	return array;
}

static JSValue signals(JSContext *ctx, const sigset_t *set)
{
	JSValue array = JS_NewArray(ctx);
	uint32_t n = 0;
	for (int s = 1; s <= SIGRTMAX; s++) {
		if (sigismember(set, s) == 1)
			JS_SetPropertyUint32(ctx, array, n++, JS_NewInt32(ctx, s));
	}
	return array;
}

void mod_boot_init(JSContext *ctx, JSValueConst host)
{
	JS_SetPropertyFunctionList(ctx, host, functions, ARRAY_LEN(functions));
	loaded = JS_NewObject(ctx);
	set_value(ctx, host, "argv", strings(ctx, boot.argv));
	set_value(ctx, host, "environ", strings(ctx, boot.envp));
	set_text(ctx, host, "face", boot.face);
	set_int(ctx, host, "pid", getpid());
	set_value(ctx, host, "isPid1", JS_NewBool(ctx, boot.is_pid1));
	set_int(ctx, host, "startUsec", (int64_t)boot.start_usec);
	set_int(ctx, host, "closedStdio", boot.closed_stdio);
	JSValue inherited = JS_NewArray(ctx);
	for (int i = 0; i < boot.inherited_count; i++)
		JS_SetPropertyUint32(ctx, inherited, (uint32_t)i, JS_NewInt32(ctx, boot.inherited[i]));
	set_value(ctx, host, "inheritedFds", inherited);
	set_value(ctx, host, "ignoredAtStart", signals(ctx, &boot.ignored));
	set_value(ctx, host, "blockedAtStart", signals(ctx, &boot.blocked));
	JSValue versions = JS_NewObject(ctx);
	set_text(ctx, versions, "usher", USHER_VERSION);
	set_text(ctx, versions, "quickjs", QUICKJS_VERSION);
	set_text(ctx, versions, "toolchain", TOOLCHAIN);
	set_text(ctx, versions, "arch", USHER_ARCH);
	set_text(ctx, versions, "flavour", USHER_FLAVOUR);
	set_value(ctx, host, "versions", versions);
	JSValue names = JS_NewArray(ctx);
	uint32_t n = 0;
	for (const struct blob *blob = blobs; blob->name; blob++)
		JS_SetPropertyUint32(ctx, names, n++, JS_NewString(ctx, blob->name));
	set_value(ctx, host, "blobs", names);
}
