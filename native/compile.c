/*
 * Build tool: compiles scripts to bytecode with the very library that the host is linked with.
 *
 *   compile OUT-DIR NAME=FILE.js…
 *   compile --fingerprint
 *
 * Writes OUT-DIR/NAME.qbc for each and OUT-DIR/blobs.S, which embeds them and the line maps FILE.js.lines.
 * Source text is left out, line numbers stay.
 */
#include <quickjs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "version.h"

static char *read_whole(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	if (!file) {
		perror(path);
		exit(1);
	}
	fseek(file, 0, SEEK_END);
	long end = ftell(file);
	rewind(file);
	char *text = malloc((size_t)end + 1);
	if (!text || fread(text, 1, (size_t)end, file) != (size_t)end) {
		perror(path);
		exit(1);
	}
	text[end] = 0;
	fclose(file);
	*size = (size_t)end;
	return text;
}

static void fail_with_exception(JSContext *ctx, const char *name)
{
	JSValue error = JS_GetException(ctx);
	const char *text = JS_ToCString(ctx, error);
	JSValue stack = JS_GetPropertyStr(ctx, error, "stack");
	const char *where = JS_ToCString(ctx, stack);
	fprintf(stderr, "%s: %s\n%s\n", name, text, where);
	exit(1);
}

/* What a blob imports is another blob, looked up when it is loaded; here any name will do. */
static int import_nothing(JSContext *ctx, JSModuleDef *module)
{
	(void)ctx;
	(void)module;
	return 0;
}

static JSModuleDef *import_later(JSContext *ctx, const char *name, void *opaque)
{
	(void)opaque;
	return JS_NewCModule(ctx, name, import_nothing);
}

static char *keep_name(JSContext *ctx, const char *base, const char *name, void *opaque)
{
	(void)base;
	(void)opaque;
	return js_strdup(ctx, name);
}

static void compile(JSContext *ctx, const char *dir, const char *name, const char *path)
{
	size_t size, code_size;
	char *source = read_whole(path, &size);
	JSValue code = JS_Eval(ctx, source, size, name, JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
	if (JS_IsException(code))
		fail_with_exception(ctx, name);
	uint8_t *bytes = JS_WriteObject(ctx, &code_size, code, JS_WRITE_OBJ_BYTECODE);
	if (!bytes)
		fail_with_exception(ctx, name);
	char out[4096];
	snprintf(out, sizeof out, "%s/%s.qbc", dir, name);
	FILE *file = fopen(out, "wb");
	if (!file || fwrite(bytes, 1, code_size, file) != code_size || fclose(file) != 0) {
		perror(out);
		exit(1);
	}
	printf("bytecode %s %zu\n", name, code_size);
}

static void embed(FILE *out, const char *label, int index, const char *path)
{
	fprintf(out, "%s%d:\n.incbin \"%s\"\n%s%d_end:\n.byte 0\n", label, index, path, label, index);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--fingerprint") == 0) {
		puts(ENGINE_FINGERPRINT);
		return 0;
	}
	if (argc < 3) {
		fprintf(stderr, "usage: compile OUT-DIR NAME=FILE.js...\n");
		return 2;
	}
	JSRuntime *runtime = JS_NewRuntime();
	JSContext *ctx = JS_NewContext(runtime);
	JS_SetStripInfo(runtime, JS_STRIP_SOURCE);
	JS_SetModuleLoaderFunc(runtime, keep_name, import_later, NULL);
	char path[4096];
	snprintf(path, sizeof path, "%s/blobs.S", argv[1]);
	FILE *out = fopen(path, "w");
	if (!out) {
		perror(path);
		return 1;
	}
	fprintf(out, ".section .rodata\n");
	for (int i = 2; i < argc; i++) {
		char *file = strchr(argv[i], '=');
		if (!file)
			return 2;
		*file++ = 0;
		compile(ctx, argv[1], argv[i], file);
		snprintf(path, sizeof path, "%s/%s.qbc", argv[1], argv[i]);
		fprintf(out, "name%d: .asciz \"%s\"\n", i, argv[i]);
		embed(out, "code", i, path);
		snprintf(path, sizeof path, "%s.lines", file);
		embed(out, "map", i, path);
	}
	fprintf(out, ".global blobs_writer\nblobs_writer: .asciz \"%s\"\n", ENGINE_FINGERPRINT);
	/* Pointers are relocated at start in a static-pie, so the table lives where relocations may write. */
	fprintf(out, ".section .data.rel.ro,\"aw\"\n.balign 8\n.global blobs\nblobs:\n");
	for (int i = 2; i < argc; i++)
		fprintf(out, ".quad name%d, code%d, code%d_end, map%d, map%d_end\n", i, i, i, i, i);
	fprintf(out, ".quad 0, 0, 0, 0, 0\n.section .note.GNU-stack,\"\",%%progbits\n");
	return fclose(out) == 0 ? 0 : 1;
}
