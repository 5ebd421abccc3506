/*
 * The compiler of bytecode, a tool of the build: it runs in the build's container only.
 */
#ifndef USHER_COMPILER_H
#define USHER_COMPILER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The name that stands for all source files together in a stack trace; see tools/line-map.ts. */
#define SOURCE_NAME "source"

/* Prints "compile: …" and ends. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Bytes that grow. */
struct bytes {
	uint8_t *data;
	size_t size, capacity;
};
void put_bytes(struct bytes *to, const void *from, size_t size);
void put_byte(struct bytes *to, unsigned byte);
void put_varint(struct bytes *to, uint32_t value);

/* Bytes that are read; beyond the end is an error that ends the tool. */
struct reader {
	const uint8_t *at, *end;
};
const uint8_t *take_bytes(struct reader *from, size_t size);
unsigned take_byte(struct reader *from);
uint32_t take_varint(struct reader *from);

/* The engine's form: version, names, one value that begins with its tag. */
#define BYTECODE_VERSION 4
enum tag {
	TAG_NULL = 1,
	TAG_UNDEFINED,
	TAG_FALSE,
	TAG_TRUE,
	TAG_INT,
	TAG_FLOAT,
	TAG_STRING,
	TAG_OBJECT,
	TAG_ARRAY,
	TAG_BIG_INT,
	TAG_TEMPLATE,
	TAG_FUNCTION,
	TAG_MODULE,
};

/* Where the lines of a script come from. */
struct line_map;
struct line_map *line_map_read(const char *path);
/* Number of the source line of a place in the script (both from 0). */
uint32_t line_map_find(const struct line_map *map, uint32_t line, uint32_t column);
/* The engine's table from places in the bytecode to lines and columns of the script, as one to source lines alone. */
void line_map_translate(const struct line_map *map, struct reader table, struct bytes *out);

/*
 * From what the engine has written of an array [object, module…] to what the host loads: the modules from `first` to
 * before `end` in an array, without the names of variables, and with source lines in place of places in the script. The
 * object's property SOURCE_NAME is true. `maps` has one entry for each module. With a `name_opcode` (the instruction
 * that pushes a name), the array ends with a function that is never called and holds all names.
 */
struct selection {
	struct line_map *const *maps;
	int count, first, end;
	uint8_t name_opcode;
	uint32_t first_name; /* number of the first name */
	uint32_t names;      /* so many are kept, the first ones; the others are not used */
};
#define ALL_NAMES UINT32_MAX
/*
 * `used`: an entry for each name that was written; set for those that what is left (of all modules) refers to. Where
 * instructions may refer to a name is only looked at as long as all names are kept.
 */
void rewrite_pack(struct reader written, const struct selection *selection, struct bytes *out, bool *used);

#endif
