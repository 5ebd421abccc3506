/*
 * Reading and writing the engine's form of bytecode.
 */
#include "compiler.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fputs("compile: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

void put_bytes(struct bytes *to, const void *from, size_t size)
{
	if (to->size + size > to->capacity) {
		to->capacity = (to->size + size) * 2 + 64;
		to->data = realloc(to->data, to->capacity);
		if (!to->data)
			die("no memory");
	}
	if (size > 0)
		memcpy(to->data + to->size, from, size);
	to->size += size;
}

void put_byte(struct bytes *to, unsigned byte)
{
	uint8_t one = (uint8_t)byte;
	put_bytes(to, &one, 1);
}

void put_varint(struct bytes *to, uint32_t value)
{
	for (; value > 0x7f; value >>= 7)
		put_byte(to, (value & 0x7f) | 0x80);
	put_byte(to, value);
}

const uint8_t *take_bytes(struct reader *from, size_t size)
{
	if ((size_t)(from->end - from->at) < size)
		die("the bytecode ends where more was expected");
	const uint8_t *start = from->at;
	from->at += size;
	return start;
}

unsigned take_byte(struct reader *from)
{
	return *take_bytes(from, 1);
}

uint32_t take_varint(struct reader *from)
{
	uint32_t value = 0;
	for (int shift = 0; shift < 35; shift += 7) {
		unsigned byte = take_byte(from);
		value |= (uint32_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	die("a number in the bytecode is too long");
}
