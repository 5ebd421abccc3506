/*
 * Build tool: compiles scripts to bytecode with the very library that the host is linked with.
 *
 *   compile OUT-DIR SCRIPT-DIR
 *   compile --fingerprint
 *
 * SCRIPT-DIR has the scripts (NAME.js), where their lines come from (NAME.lines, sources: see tools/line-map.ts), and
 * `packs`: a line "NAME HOW SCRIPT…" for each blob, its entry first. Writes OUT-DIR/NAME.qbc for each, and
 * OUT-DIR/blobs.S, which embeds them in a section each (.bytecode.NAME), so that the binary tells their sizes.
 *
 * A blob is an array of modules. The engine reads names first; they become atoms, numbers by which the bytecode knows
 * them. When these come out in the order in which they stand, the engine uses the functions' bytes where they lie in
 * the file instead of copying them. So the blobs that are `resident` all begin with one list of names, and the first of
 * them ends with a function that holds these. The host reads it before anything else has made an atom. Of the blobs
 * that come `later` the bytes are copied.
 */
#define _GNU_SOURCE
#include "compiler.h"

#include <quickjs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "version.h"

#define MAX_MODULES 64
#define MAX_PACKS 16
#define MAX_NAMES 65536

struct module {
	char name[64];
	JSValue code;
	struct line_map *map;
};

static struct {
	JSContext *ctx;
	const char *scripts, *out;
	struct module modules[MAX_MODULES];
	int module_count;
	struct pack {
		char name[64];
		bool is_resident;
		struct module *modules[MAX_MODULES];
		int count;
	} packs[MAX_PACKS];
	int pack_count;
} tool;

static char *path_of(const char *folder, const char *name, const char *ending)
{
	static char path[4096];
	snprintf(path, sizeof path, "%s/%s%s", folder, name, ending);
	return path;
}

static char *read_whole(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		die("cannot open %s", path);
	fseek(file, 0, SEEK_END);
	long end = ftell(file);
	rewind(file);
	char *text = malloc((size_t)end + 1);
	if (!text || fread(text, 1, (size_t)end, file) != (size_t)end)
		die("cannot read %s", path);
	text[end] = 0;
	fclose(file);
	*size = (size_t)end;
	return text;
}

static void write_whole(const char *path, const struct bytes *bytes)
{
	FILE *file = fopen(path, "wb");
	if (!file || fwrite(bytes->data, 1, bytes->size, file) != bytes->size || fclose(file) != 0)
		die("cannot write %s", path);
}

static _Noreturn void fail_with_exception(const char *name)
{
	JSValue error = JS_GetException(tool.ctx);
	JSValue stack = JS_GetPropertyStr(tool.ctx, error, "stack");
	die("%s: %s\n%s", name, JS_ToCString(tool.ctx, error), JS_ToCString(tool.ctx, stack));
}

/* ------------------------------------------------------------------------------------------------------- modules */

/* What a module imports is looked up when it is loaded; here any name will do. */
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

static struct module *find_module(const char *name)
{
	for (int i = 0; i < tool.module_count; i++) {
		if (strcmp(tool.modules[i].name, name) == 0)
			return &tool.modules[i];
	}
	if (tool.module_count == MAX_MODULES)
		die("more than %d scripts", MAX_MODULES);
	struct module *module = &tool.modules[tool.module_count++];
	snprintf(module->name, sizeof module->name, "%s", name);
	size_t size;
	char *source = read_whole(path_of(tool.scripts, name, ".js"), &size);
	module->code = JS_Eval(tool.ctx, source, size, module->name, JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
	if (JS_IsException(module->code))
		fail_with_exception(name);
	free(source);
	module->map = line_map_read(path_of(tool.scripts, name, ".lines"));
	return module;
}

/* --------------------------------------------------------------------------------------------------------- packs */

#define PROBE "a name that nobody else has"

/* The number that the engine writes for a name that is not one of its own: where those of scripts begin. */
static JSAtom first_number(JSContext *ctx, const char *name)
{
	size_t size;
	JSValue object = JS_NewObject(ctx);
	JS_SetPropertyStr(ctx, object, name, JS_UNDEFINED);
	uint8_t *written = JS_WriteObject(ctx, &size, object, JS_WRITE_OBJ_BYTECODE);
	struct reader reader = {written, written + size};
	take_byte(&reader);
	for (uint32_t names = take_varint(&reader); names > 0; names--)
		take_bytes(&reader, take_varint(&reader) >> 1);
	take_bytes(&reader, 2); /* an object with one property */
	JSAtom number = take_varint(&reader) >> 1;
	js_free(ctx, written);
	JS_FreeValue(ctx, object);
	return number;
}

/* The instruction that pushes a name: in a function that pushes one, what stands before its number. */
static uint8_t find_name_opcode(void)
{
	static const char source[] = "export default () => 'a name that nobody else has'";
	size_t size;
	JSValue code = JS_Eval(tool.ctx, source, sizeof source - 1, "probe", JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
	uint8_t *written = JS_WriteObject(tool.ctx, &size, code, JS_WRITE_OBJ_BYTECODE);
	struct reader reader = {written, written + size};
	take_byte(&reader);
	JSAtom number = first_number(tool.ctx, "another name that nobody has");
	bool found = false;
	for (uint32_t names = take_varint(&reader); names > 0; names--) {
		uint32_t length = take_varint(&reader) >> 1;
		const uint8_t *name = take_bytes(&reader, length);
		found = found || (length > 11 && memcmp(name, "a name that", 11) == 0);
		number += !found;
	}
	const uint8_t *at = memmem(reader.at, (size_t)(reader.end - reader.at), &number, sizeof number);
	if (!at)
		die("no instruction pushes a name");
	uint8_t opcode = at[-1];
	js_free(tool.ctx, written);
	return opcode;
}

/*
 * An object whose properties are the names that a context of the engine has as atoms from its beginning, beyond the
 * engine's own, and SOURCE_NAME, which is true.
 */
static JSValue new_names(void)
{
	JSRuntime *runtime = JS_NewRuntime();
	JSContext *raw = JS_NewContextRaw(runtime);
	JSAtom next = JS_NewAtom(raw, PROBE);
	JSValue names = JS_NewObjectProto(tool.ctx, JS_NULL);
	for (JSAtom atom = first_number(raw, PROBE); atom < next; atom++) {
		const char *name = JS_AtomToCString(raw, atom);
		JS_SetPropertyStr(tool.ctx, names, name, JS_UNDEFINED);
		JS_FreeCString(raw, name);
	}
	JS_SetPropertyStr(tool.ctx, names, SOURCE_NAME, JS_TRUE);
	JS_FreeAtom(raw, next);
	JS_FreeContext(raw);
	JS_FreeRuntime(runtime);
	return names;
}

static void read_pack(struct pack *pack, char *line)
{
	char how[16];
	int at = 0;
	if (sscanf(line, "%63s %15s %n", pack->name, how, &at) != 2 || at == 0)
		die("packs: \"NAME HOW SCRIPT…\" was expected, not %s", line);
	pack->is_resident = strcmp(how, "resident") == 0;
	for (char *name = strtok(line + at, " \n"); name; name = strtok(NULL, " \n")) {
		if (pack->count == MAX_MODULES)
			die("more than %d scripts in %s", MAX_MODULES, pack->name);
		pack->modules[pack->count++] = find_module(name);
	}
}

static void read_packs(void)
{
	char line[8192];
	FILE *file = fopen(path_of(tool.scripts, "packs", ""), "r");
	if (!file)
		die("cannot open %s/packs", tool.scripts);
	while (fgets(line, sizeof line, file)) {
		if (tool.pack_count == MAX_PACKS)
			die("more than %d blobs", MAX_PACKS);
		read_pack(&tool.packs[tool.pack_count++], line);
	}
	fclose(file);
}

static void add_modules(JSValue array, const struct pack *pack, struct selection *to, struct line_map **maps)
{
	for (int i = 0; i < pack->count; i++) {
		maps[to->count++] = pack->modules[i]->map;
		JS_SetPropertyUint32(tool.ctx, array, (uint32_t)to->count, JS_DupValue(tool.ctx, pack->modules[i]->code));
	}
}

/* Adds those of the names that a written array begins with which are used; how many these are. */
static uint32_t keep_used_names(JSValue names, struct reader written, const bool *used)
{
	uint32_t kept = 0;
	take_byte(&written);
	for (uint32_t count = take_varint(&written), i = 0; i < count; i++) {
		struct reader name = written;
		uint32_t length = take_varint(&written);
		take_bytes(&written, (size_t)(length >> 1) << (length & 1));
		if (!used[i])
			continue;
		/* The engine reads its own form of a string: version, no names, a string. */
		struct bytes value = {0};
		put_bytes(&value, (const uint8_t[]){BYTECODE_VERSION, 0, TAG_STRING}, 3);
		put_bytes(&value, name.at, (size_t)(written.at - name.at));
		JSValue string = JS_ReadObject(tool.ctx, value.data, value.size, 0);
		JSAtom atom = JS_ValueToAtom(tool.ctx, string);
		if (!JS_HasProperty(tool.ctx, names, atom))
			JS_DefinePropertyValue(tool.ctx, names, atom, JS_UNDEFINED, JS_PROP_C_W_E);
		JS_FreeAtom(tool.ctx, atom);
		JS_FreeValue(tool.ctx, string);
		free(value.data);
		kept++;
	}
	return kept;
}

static struct reader write_array(const struct pack *pack, JSValue array)
{
	size_t size;
	uint8_t *written = JS_WriteObject(tool.ctx, &size, array, JS_WRITE_OBJ_BYTECODE);
	if (!written)
		fail_with_exception(pack->name);
	return (struct reader){written, written + size};
}

/*
 * Writes the pack's own modules, of an array that has those of all resident packs if it is one of them. That is done
 * twice: first to see which names are still used, then with these before all others, which are cut off.
 */
static void write_pack(const struct pack *pack)
{
	struct line_map *maps[MAX_PACKS * MAX_MODULES];
	struct selection selection = {.maps = maps, .names = ALL_NAMES};
	selection.first_name = first_number(tool.ctx, PROBE);
	JSValue array = JS_NewArray(tool.ctx);
	JS_SetPropertyUint32(tool.ctx, array, 0, new_names());
	for (const struct pack *other = tool.packs; other < tool.packs + tool.pack_count; other++) {
		if (other == pack)
			selection.first = selection.count;
		if (other == pack || (pack->is_resident && other->is_resident))
			add_modules(array, other, &selection, maps);
		if (other == pack)
			selection.end = selection.count;
	}
	struct bytes bytes = {0};
	bool *used = calloc(MAX_NAMES, sizeof *used);
	struct reader written = write_array(pack, array);
	rewrite_pack(written, &selection, &bytes, used);
	JSValue names = new_names();
	selection.names = keep_used_names(names, written, used);
	JS_SetPropertyUint32(tool.ctx, array, 0, names);
	if (pack->is_resident && pack == tool.packs)
		selection.name_opcode = find_name_opcode();
	bytes.size = 0;
	memset(used, 0, MAX_NAMES * sizeof *used);
	rewrite_pack(write_array(pack, array), &selection, &bytes, used);
	for (uint32_t i = selection.names; i < MAX_NAMES; i++) {
		if (used[i])
			die("%s: a name that was thought unused is used", pack->name);
	}
	write_whole(path_of(tool.out, pack->name, ".qbc"), &bytes);
	free(used);
	free(bytes.data);
	JS_FreeValue(tool.ctx, array);
}

/* ----------------------------------------------------------------------------------------------------- embedding */

/* "COUNT NAME" for each source file, as NUL-terminated texts. */
static void embed_sources(FILE *out)
{
	char line[1024];
	FILE *file = fopen(path_of(tool.scripts, "sources", ""), "r");
	if (!file)
		die("cannot open %s/sources", tool.scripts);
	fprintf(out, ".global source_files\nsource_files:\n");
	while (fgets(line, sizeof line, file)) {
		line[strcspn(line, "\n")] = 0;
		fprintf(out, ".asciz \"%s\"\n", line);
	}
	fprintf(out, ".byte 0\n");
	fclose(file);
}

static void embed(void)
{
	FILE *out = fopen(path_of(tool.out, "blobs", ".S"), "w");
	if (!out)
		die("cannot write blobs.S");
	for (int i = 0; i < tool.pack_count; i++) {
		const char *name = tool.packs[i].name;
		fprintf(out, ".section .bytecode.%s,\"a\"\ncode%d: .incbin \"%s/%s.qbc\"\ncode%d_end:\n", name, i, tool.out,
			name, i);
	}
	fprintf(out, ".section .rodata\n.global blobs_writer\nblobs_writer: .asciz \"%s\"\n", ENGINE_FINGERPRINT);
	for (int i = 0; i < tool.pack_count; i++)
		fprintf(out, "name%d: .asciz \"%s\"\n", i, tool.packs[i].name);
	embed_sources(out);
	/* Pointers are relocated at start in a static-pie, so the table lives where relocations may write. */
	fprintf(out, ".section .data.rel.ro,\"aw\"\n.balign 8\n.global blobs\nblobs:\n");
	for (int i = 0; i < tool.pack_count; i++)
		fprintf(out, ".quad name%d, code%d, code%d_end\n", i, i, i);
	fprintf(out, ".quad 0, 0, 0\n.section .note.GNU-stack,\"\",%%progbits\n");
	if (fclose(out) != 0)
		die("cannot write blobs.S");
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--fingerprint") == 0) {
		puts(ENGINE_FINGERPRINT);
		return 0;
	}
	if (argc != 3) {
		fprintf(stderr, "usage: compile OUT-DIR SCRIPT-DIR\n");
		return 2;
	}
	JSRuntime *runtime = JS_NewRuntime();
	tool.ctx = JS_NewContext(runtime);
	tool.out = argv[1];
	tool.scripts = argv[2];
	JS_SetStripInfo(runtime, JS_STRIP_SOURCE);
	JS_SetModuleLoaderFunc(runtime, keep_name, import_later, NULL);
	read_packs();
	for (int i = 0; i < tool.pack_count; i++)
		write_pack(&tool.packs[i]);
	embed();
	return 0;
}
