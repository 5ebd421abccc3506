/*
 * From places in a script to numbers of source lines.
 *
 * The engine's table begins with line and column of the function. Each entry then says how much further in the bytecode
 * (and how many lines and columns on) another place of the script begins: as one byte where line and bytecode are near,
 * or as a zero byte and two numbers; then the columns. Signed numbers have their sign in the lowest bit.
 */
#include "compiler.h"

#include <stdio.h>
#include <stdlib.h>

#define NEAR_FIRST 1
#define NEAR_RANGE 5
#define NEAR_BASE (-1)
#define NEAR_BYTES ((255 - NEAR_FIRST) / NEAR_RANGE)

struct place {
	uint32_t line, column, number;
};

struct line_map {
	struct place *places;
	size_t count;
};

struct line_map *line_map_read(const char *path)
{
	FILE *file = fopen(path, "r");
	struct line_map *map = calloc(1, sizeof *map);
	if (!file || !map)
		die("cannot read %s", path);
	struct place place;
	for (size_t capacity = 0; fscanf(file, "%u %u %u", &place.line, &place.column, &place.number) == 3;) {
		if (map->count == capacity) {
			capacity = capacity * 2 + 64;
			map->places = realloc(map->places, capacity * sizeof place);
			if (!map->places)
				die("no memory");
		}
		map->places[map->count++] = place;
	}
	if (!feof(file))
		die("%s: three numbers were expected on each line", path);
	fclose(file);
	return map;
}

uint32_t line_map_find(const struct line_map *map, uint32_t line, uint32_t column)
{
	size_t low = 0, high = map->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct place *place = &map->places[middle];
		if (place->line < line || (place->line == line && place->column <= column))
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? map->places[low - 1].number : 0;
}

static int32_t take_signed(struct reader *from)
{
	uint32_t value = take_varint(from);
	return (int32_t)((value >> 1) ^ (0U - (value & 1)));
}

static void put_signed(struct bytes *to, int32_t value)
{
	put_varint(to, ((uint32_t)value << 1) ^ (value < 0 ? 0xffffffffU : 0U));
}

static void put_entry(struct bytes *out, uint32_t further, int32_t lines)
{
	if (further <= NEAR_BYTES && lines >= NEAR_BASE && lines < NEAR_BASE + NEAR_RANGE) {
		put_byte(out, NEAR_FIRST + further * NEAR_RANGE + (uint32_t)(lines - NEAR_BASE));
	} else {
		put_byte(out, 0);
		put_varint(out, further);
		put_signed(out, lines);
	}
	put_signed(out, 0); /* no columns */
}

void line_map_translate(const struct line_map *map, struct reader table, struct bytes *out)
{
	uint32_t line = take_varint(&table), column = take_varint(&table);
	uint32_t number = line_map_find(map, line, column), at = 0, written_at = 0;
	put_varint(out, number);
	put_varint(out, 0);
	while (table.at < table.end) {
		unsigned op = take_byte(&table);
		if (op == 0) {
			at += take_varint(&table);
			line += (uint32_t)take_signed(&table);
		} else {
			at += (op - NEAR_FIRST) / NEAR_RANGE;
			line += (uint32_t)((int)((op - NEAR_FIRST) % NEAR_RANGE) + NEAR_BASE);
		}
		column += (uint32_t)take_signed(&table);
		uint32_t found = line_map_find(map, line, column);
		if (found == number)
			continue;
		put_entry(out, at - written_at, (int32_t)(found - number));
		number = found;
		written_at = at;
	}
}
