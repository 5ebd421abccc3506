#include "ring.h"

#include <stdlib.h>

#define SEGMENT_BYTES (16 * 1024)
#define DEFAULT_LIMIT (1024 * 1024)

struct entry {
	uint64_t realtime;
	int64_t seq;
	int32_t tag, pid;
	uint32_t len;
	int32_t priority;
	char text[];
};

struct segment {
	struct segment *next; /* younger */
	size_t used, size;
	_Alignas(struct entry) char bytes[];
};

static struct segment *oldest, *youngest;
static size_t total, limit = DEFAULT_LIMIT;
static int64_t last_seq;
static JSValue on_ring;

static void announce(void)
{
	JSValue argument = JS_NewInt64(script.context, last_seq);
	script_call(on_ring, 1, &argument);
}

static struct deferral announcement = {.fn = announce};

static size_t entry_size(size_t len)
{
	return (sizeof(struct entry) + len + 7) & ~(size_t)7;
}

static void drop_oldest(void)
{
	struct segment *gone = oldest;
	oldest = gone->next;
	if (!oldest)
		youngest = NULL;
	total -= gone->size;
	free(gone);
}

static struct segment *room_for(size_t need)
{
	if (youngest && youngest->size - youngest->used >= need)
		return youngest;
	size_t size = need > SEGMENT_BYTES ? need : SEGMENT_BYTES;
	while (oldest && total + size > limit)
		drop_oldest();
	struct segment *segment = size <= limit ? malloc(sizeof *segment + size) : NULL;
	if (!segment)
		return NULL;
	segment->next = NULL;
	segment->used = 0;
	segment->size = size;
	if (youngest)
		youngest->next = segment;
	else
		oldest = segment;
	youngest = segment;
	total += size;
	return segment;
}

int64_t ring_add(int32_t tag, int priority, int32_t pid, uint64_t realtime, const char *text, size_t len)
{
	struct segment *segment = room_for(entry_size(len));
	if (!segment)
		return 0;
	struct entry *entry = (struct entry *)(void *)(segment->bytes + segment->used);
	segment->used += entry_size(len);
	*entry = (struct entry){.realtime = realtime,
				.seq = ++last_seq,
				.tag = tag,
				.pid = pid,
				.len = (uint32_t)len,
				.priority = priority};
	memcpy(entry->text, text, len);
	if (JS_IsFunction(script.context, on_ring))
		loop_defer(&announcement);
	return last_seq;
}

/* Calls fn for every entry, oldest first, until it says stop. */
static void each_entry(bool (*fn)(const struct entry *entry, void *opaque), void *opaque)
{
	for (const struct segment *segment = oldest; segment; segment = segment->next) {
		for (size_t at = 0; at < segment->used;) {
			const struct entry *entry = (const struct entry *)(const void *)(segment->bytes + at);
			if (!fn(entry, opaque))
				return;
			at += entry_size(entry->len);
		}
	}
}

struct query {
	int64_t after;
	int32_t tag; /* -1: all */
	int64_t skip, max, count;
	JSValue array;
};

static bool matches(const struct query *query, const struct entry *entry)
{
	return entry->seq > query->after && (query->tag < 0 || entry->tag == query->tag);
}

static bool count_entry(const struct entry *entry, void *opaque)
{
	struct query *query = opaque;
	query->count += matches(query, entry);
	return true;
}

static bool collect_entry(const struct entry *entry, void *opaque)
{
	struct query *query = opaque;
	JSContext *ctx = script.context;
	if (!matches(query, entry))
		return true;
	if (query->skip > 0) {
		query->skip--;
		return true;
	}
	if (query->count >= query->max)
		return false;
	JSValue object = JS_NewObject(ctx);
	set_int(ctx, object, "seq", entry->seq);
	set_int(ctx, object, "realtimeUsec", (int64_t)entry->realtime);
	set_int(ctx, object, "tag", entry->tag);
	set_int(ctx, object, "priority", entry->priority);
	set_int(ctx, object, "pid", entry->pid);
	set_value(ctx, object, "text", new_text(ctx, entry->text, entry->len));
	JS_SetPropertyUint32(ctx, query->array, (uint32_t)query->count++, object);
	return true;
}

static JSValue collect(JSContext *ctx, struct query *query)
{
	query->count = 0;
	query->array = JS_NewArray(ctx);
	each_entry(collect_entry, query);
	return query->array;
}

static JSValue js_ring_add(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int tag, priority, pid;
	struct text text = {0};
	if (!take(ctx, argv, "iiis", &tag, &priority, &pid, &text))
		return JS_EXCEPTION;
	int64_t seq = ring_add(tag, priority, pid, now_realtime(), text.bytes, text.len);
	free_text(ctx, &text);
	return JS_NewInt64(ctx, seq);
}

static JSValue js_ring_read(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	struct query query = {0};
	if (!take(ctx, argv, "lil", &query.after, &query.tag, &query.max))
		return JS_EXCEPTION;
	return collect(ctx, &query);
}

static JSValue js_ring_tail(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	struct query query = {0};
	if (!take(ctx, argv, "il", &query.tag, &query.max))
		return JS_EXCEPTION;
	each_entry(count_entry, &query);
	query.skip = query.count > query.max ? query.count - query.max : 0;
	return collect(ctx, &query);
}

static JSValue js_set_ring_limit(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int64_t bytes;
	if (!take(ctx, argv, "l", &bytes))
		return JS_EXCEPTION;
	limit = bytes < 0 ? 0 : (size_t)bytes;
	while (oldest && total > limit)
		drop_oldest();
	return JS_UNDEFINED;
}

static JSValue js_ring_last_seq(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	(void)argv;
	return JS_NewInt64(ctx, last_seq);
}

static JSValue js_ring_first_seq(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	(void)argv;
	if (!oldest || oldest->used == 0)
		return JS_NewInt64(ctx, last_seq + 1);
	const struct entry *first = (const struct entry *)(const void *)oldest->bytes;
	return JS_NewInt64(ctx, first->seq);
}

static JSValue js_on_ring(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	JSValue old = on_ring;
	on_ring = JS_DupValue(ctx, argv[0]);
	JS_FreeValue(ctx, old);
	return JS_UNDEFINED;
}

static const JSCFunctionListEntry functions[] = {
	JS_CFUNC_DEF("ringAdd", 4, js_ring_add),          JS_CFUNC_DEF("ringRead", 3, js_ring_read),
	JS_CFUNC_DEF("ringTail", 2, js_ring_tail),        JS_CFUNC_DEF("setRingLimit", 1, js_set_ring_limit),
	JS_CFUNC_DEF("ringLastSeq", 0, js_ring_last_seq), JS_CFUNC_DEF("ringFirstSeq", 0, js_ring_first_seq),
	JS_CFUNC_DEF("onRing", 1, js_on_ring),
};

void mod_ring_init(JSContext *ctx, JSValueConst host)
{
	JS_SetPropertyFunctionList(ctx, host, functions, ARRAY_LEN(functions));
}
