/*
 * The engine's form of a bytecode array, read once and written anew with less in it.
 *
 * Left out: variables' names and scopes, which only eval, a debugger and the message of one error ask for; functions'
 * names, which say nothing, since the bundler has shortened them; columns. Everything else is copied as it is; what is
 * not known ends the tool, so that another version of the engine can't be misread. The instructions of the functions
 * are not known, so wherever four bytes of them may be the number of a name, that name counts as used.
 */
#include "compiler.h"

#include <stdlib.h>

#define HAS_DEBUG (1U << 10)
#define EXPORT_LOCAL 0

struct rewriter {
	struct reader in;
	struct bytes *out;
	const struct line_map *map;
	uint32_t source_name, first_name, names;
	bool *used;
	bool looks_into_instructions;
};

static unsigned copy_byte(struct rewriter *r)
{
	unsigned byte = take_byte(&r->in);
	put_byte(r->out, byte);
	return byte;
}

static uint32_t copy_number(struct rewriter *r)
{
	uint32_t value = take_varint(&r->in);
	put_varint(r->out, value);
	return value;
}

static void copy_bytes(struct rewriter *r, size_t size)
{
	put_bytes(r->out, take_bytes(&r->in, size), size);
}

static void note_use(struct rewriter *r, uint32_t number)
{
	if (number >= r->first_name && number - r->first_name < r->names)
		r->used[number - r->first_name] = true;
}

/* The lowest bit tells integers from names. */
static void copy_name(struct rewriter *r)
{
	uint32_t name = copy_number(r);
	if (!(name & 1))
		note_use(r, name >> 1);
}

static void copy_instructions(struct rewriter *r, size_t size)
{
	const uint8_t *bytes = r->in.at;
	copy_bytes(r, size);
	for (size_t i = 0; i + 4 <= size && r->looks_into_instructions; i++)
		note_use(r, (uint32_t)bytes[i] | (uint32_t)bytes[i + 1] << 8 | (uint32_t)bytes[i + 2] << 16 |
				    (uint32_t)bytes[i + 3] << 24);
}

static void copy_string(struct rewriter *r)
{
	uint32_t length = copy_number(r);
	copy_bytes(r, (size_t)(length >> 1) << (length & 1));
}

static void copy_value(struct rewriter *r);

static void leave_out_variables(struct rewriter *r)
{
	uint32_t count = take_varint(&r->in);
	put_varint(r->out, 0);
	while (count-- > 0) {
		for (int i = 0; i < 3; i++)
			take_varint(&r->in);
		take_byte(&r->in);
	}
}

static void copy_captured(struct rewriter *r, uint32_t count)
{
	while (count-- > 0) {
		take_varint(&r->in);
		put_varint(r->out, 0); /* no name */
		copy_number(r);
		copy_byte(r);
	}
}

static void rewrite_lines(struct rewriter *r)
{
	take_varint(&r->in);
	put_varint(r->out, r->source_name);
	uint32_t size = take_varint(&r->in);
	const uint8_t *table = take_bytes(&r->in, size);
	struct bytes lines = {0};
	if (size > 0)
		line_map_translate(r->map, (struct reader){table, table + size}, &lines);
	put_varint(r->out, (uint32_t)lines.size);
	put_bytes(r->out, lines.data, lines.size);
	if (copy_number(r) != 0)
		die("the bytecode holds source text");
}

static void copy_function(struct rewriter *r)
{
	unsigned flags = copy_byte(r);
	flags |= copy_byte(r) << 8;
	copy_byte(r); /* mode */
	take_varint(&r->in);
	put_varint(r->out, 0); /* no name */
	for (int i = 0; i < 4; i++)
		copy_number(r); /* arguments, variables, length, stack */
	uint32_t captured = copy_number(r), constants = copy_number(r), size = copy_number(r);
	leave_out_variables(r);
	copy_captured(r, captured);
	copy_instructions(r, size);
	if (flags & HAS_DEBUG)
		rewrite_lines(r);
	while (constants-- > 0)
		copy_value(r);
}

static void copy_module(struct rewriter *r)
{
	copy_name(r);
	for (uint32_t requests = copy_number(r); requests > 0; requests--)
		copy_name(r);
	for (uint32_t exports = copy_number(r); exports > 0; exports--) {
		bool is_local = copy_byte(r) == EXPORT_LOCAL;
		copy_number(r); /* variable or request */
		if (!is_local)
			copy_name(r);
		copy_name(r);
	}
	for (uint32_t stars = copy_number(r); stars > 0; stars--)
		copy_number(r);
	for (uint32_t imports = copy_number(r); imports > 0; imports--) {
		copy_number(r);
		copy_name(r);
		copy_number(r);
	}
	copy_byte(r); /* top-level await */
	copy_value(r);
}

static void copy_value(struct rewriter *r)
{
	unsigned tag = copy_byte(r);
	switch (tag) {
	case TAG_NULL:
	case TAG_UNDEFINED:
	case TAG_FALSE:
	case TAG_TRUE:
		break;
	case TAG_INT:
		copy_number(r);
		break;
	case TAG_FLOAT:
		copy_bytes(r, 8);
		break;
	case TAG_STRING:
		copy_string(r);
		break;
	case TAG_BIG_INT:
		copy_bytes(r, copy_number(r));
		break;
	case TAG_OBJECT:
		for (uint32_t count = copy_number(r); count > 0; count--) {
			copy_name(r);
			copy_value(r);
		}
		break;
	case TAG_ARRAY:
	case TAG_TEMPLATE:
		for (uint32_t count = copy_number(r); count > 0; count--)
			copy_value(r);
		if (tag == TAG_TEMPLATE)
			copy_value(r);
		break;
	case TAG_FUNCTION:
		copy_function(r);
		break;
	case TAG_MODULE:
		copy_module(r);
		break;
	default:
		die("the bytecode holds something unknown (tag %u)", tag);
	}
}

static void expect(struct rewriter *r, unsigned tag)
{
	unsigned found = take_byte(&r->in);
	if (found != tag)
		die("tag %u where %u was expected", found, tag);
}

/* The object of names, which is there to have them in the list in that order; the sources' has the value true. */
static void leave_out_names(struct rewriter *r)
{
	expect(r, TAG_OBJECT);
	for (uint32_t names = take_varint(&r->in); names > 0; names--) {
		uint32_t name = take_varint(&r->in);
		note_use(r, name >> 1);
		if (take_byte(&r->in) == TAG_TRUE)
			r->source_name = name;
	}
}

/* A function that pushes one name after the other. */
static void put_holder(struct rewriter *r, uint8_t name_opcode, uint32_t names)
{
	put_byte(r->out, TAG_FUNCTION);
	for (int i = 0; i < 3; i++)
		put_byte(r->out, 0); /* flags, mode */
	for (int i = 0; i < 7; i++)
		put_varint(r->out, 0); /* name, arguments, variables, length, stack, captured, constants */
	put_varint(r->out, names * 5);
	put_varint(r->out, 0); /* variables' names */
	for (uint32_t i = 0; i < names; i++) {
		uint32_t number = r->first_name + i;
		put_byte(r->out, name_opcode);
		for (int shift = 0; shift < 32; shift += 8)
			put_byte(r->out, number >> shift & 0xff);
	}
}

/* The first `kept` names; the others must not be used. */
static void copy_names(struct rewriter *r, uint32_t kept)
{
	struct bytes left_out = {0}, *out = r->out;
	r->names = take_varint(&r->in);
	if (kept > r->names)
		kept = r->names;
	put_varint(out, kept);
	for (uint32_t i = 0; i < r->names; i++) {
		r->out = i < kept ? out : &left_out;
		copy_string(r);
	}
	r->out = out;
	free(left_out.data);
}

void rewrite_pack(struct reader written, const struct selection *selection, struct bytes *out, bool *used)
{
	struct bytes left_out = {0};
	struct rewriter r = {.in = written, .out = out, .used = used, .first_name = selection->first_name};
	r.looks_into_instructions = selection->names == ALL_NAMES;
	if (copy_byte(&r) != BYTECODE_VERSION)
		die("another version of bytecode than this tool knows");
	copy_names(&r, selection->names);
	put_byte(out, TAG_ARRAY);
	expect(&r, TAG_ARRAY);
	if (take_varint(&r.in) != (uint32_t)selection->count + 1)
		die("another number of modules than expected");
	put_varint(out, (uint32_t)(selection->end - selection->first) + (selection->name_opcode ? 1 : 0));
	leave_out_names(&r);
	for (int i = 0; i < selection->count; i++) {
		r.map = selection->maps[i];
		r.out = i >= selection->first && i < selection->end ? out : &left_out;
		copy_value(&r);
	}
	if (r.in.at != r.in.end)
		die("the bytecode goes on where an end was expected");
	r.out = out;
	if (selection->name_opcode)
		put_holder(&r, selection->name_opcode, selection->names < r.names ? selection->names : r.names);
	free(left_out.data);
}
