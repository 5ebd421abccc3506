/*
 * Memory of the script: many small blocks of few sizes, most of which live as long as the process.
 *
 * Blocks of up to MAX_SMALL bytes come from pages that each hold blocks of one size, without a header for each block;
 * the C library's malloc adds 8 bytes to every one and rounds up to 16. What is known of a page stands apart from it,
 * so that a free page can be given back whole. All pages lie in one reserved range of addresses, which tells them from
 * larger blocks: these come from malloc, as does everything where nothing can be reserved or the range is used up.
 *
 * The range grows in steps that are made present at once: a page fault for each page costs more than filling it.
 */
#include "host.h"

#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__

/* The sanitizer sees what is done to its own blocks only. */
JSRuntime *heap_new_runtime(void)
{
	return JS_NewRuntime();
}

void heap_trim(void)
{
	malloc_trim(0);
}

#else

/* Ours; the kernel's may be larger, of which the steps are multiples. */
#define PAGE 4096
#define RANGE ((size_t)512 * 1024 * 1024)
#define PAGES (RANGE / PAGE)
#define FIRST_STEP ((size_t)1024 * 1024)
#define STEP ((size_t)128 * 1024)
#define MAX_SMALL 512
#define GRAIN 8
#define NONE 0

/* Sizes in steps of 8 to 128, of 16 to 256, of 32 to 512. */
#define CLASSES (128 / 8 + 128 / 16 + 256 / 32)

/* A page in use. Links are page numbers; page 0 is never handed out, so that 0 is "none". */
struct page {
	uint32_t next, previous; /* pages of this size that have room */
	uint16_t size;
	uint16_t used;  /* blocks */
	uint16_t fresh; /* offset of the first block that has never been used */
	uint16_t freed; /* offset of the last block that came back, plus 1; each begins with the next one's */
};

static struct {
	uint8_t *range;
	struct page *pages;
	uint32_t count;   /* pages handed out so far; those beyond have never been used */
	uint32_t present; /* pages that may be touched */
	uint32_t idle;    /* list of pages that came back, by `next` */
	uint32_t roomy[CLASSES];
	uint8_t class_of[MAX_SMALL / GRAIN + 1];
} heap;

static uint16_t size_of_class(int class)
{
	if (class < 16)
		return (uint16_t)((class + 1) * 8);
	if (class < 24)
		return (uint16_t)(128 + (class - 15) * 16);
	return (uint16_t)(256 + (class - 23) * 32);
}

static bool reserve(void)
{
	size_t table = PAGES * sizeof *heap.pages;
	uint8_t *range = mmap(NULL, RANGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (range == MAP_FAILED)
		return false;
	void *pages = mmap(NULL, table, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (pages == MAP_FAILED) {
		munmap(range, RANGE);
		return false;
	}
	/* One page of 2 MiB for a few bytes would be dear. */
	madvise(range, RANGE, MADV_NOHUGEPAGE);
	madvise(pages, table, MADV_NOHUGEPAGE);
	for (int class = 0, grain = 0; class < CLASSES; class++) {
		while (grain * GRAIN <= size_of_class(class))
			heap.class_of[grain++] = (uint8_t)class;
	}
	heap.range = range;
	heap.pages = pages;
	heap.count = 1;
	return true;
}

static bool extend(void)
{
	size_t at = (size_t)heap.present * PAGE;
	size_t step = at == 0 ? FIRST_STEP : STEP;
	if (at + step > RANGE || mprotect(heap.range + at, step, PROT_READ | PROT_WRITE) < 0)
		return false;
	/* An older kernel does not know it, and takes the faults one by one. */
	madvise(heap.range + at, step, MADV_POPULATE_WRITE);
	heap.present += (uint32_t)(step / PAGE);
	return true;
}

static uint32_t take_page(void)
{
	uint32_t number = heap.idle;
	if (number != NONE) {
		heap.idle = heap.pages[number].next;
		return number;
	}
	if (heap.count >= heap.present && !extend())
		return NONE;
	return heap.count++;
}

static void link_page(int class, uint32_t number)
{
	struct page *page = &heap.pages[number];
	page->previous = NONE;
	page->next = heap.roomy[class];
	if (page->next != NONE)
		heap.pages[page->next].previous = number;
	heap.roomy[class] = number;
}

static void unlink_page(int class, uint32_t number)
{
	struct page *page = &heap.pages[number];
	if (page->next != NONE)
		heap.pages[page->next].previous = page->previous;
	if (page->previous != NONE)
		heap.pages[page->previous].next = page->next;
	else
		heap.roomy[class] = page->next;
}

static bool is_full(const struct page *page)
{
	return page->freed == 0 && page->fresh + page->size > PAGE;
}

static uint32_t roomy_page(int class)
{
	uint32_t number = heap.roomy[class];
	if (number != NONE)
		return number;
	number = take_page();
	if (number != NONE) {
		heap.pages[number] = (struct page){.size = size_of_class(class)};
		link_page(class, number);
	}
	return number;
}

static void *take_block(size_t size)
{
	int class = heap.class_of[(size + GRAIN - 1) / GRAIN];
	uint32_t number = roomy_page(class);
	if (number == NONE)
		return NULL;
	struct page *page = &heap.pages[number];
	uint8_t *base = heap.range + (size_t)number * PAGE;
	uint8_t *block;
	if (page->freed != 0) {
		block = base + page->freed - 1;
		memcpy(&page->freed, block, sizeof page->freed);
	} else {
		block = base + page->fresh;
		page->fresh = (uint16_t)(page->fresh + page->size);
	}
	page->used++;
	if (is_full(page))
		unlink_page(class, number);
	return block;
}

static bool is_ours(const void *block)
{
	return (uintptr_t)block - (uintptr_t)heap.range < RANGE && heap.range;
}

static uint32_t page_of(const void *block)
{
	return (uint32_t)(((uintptr_t)block - (uintptr_t)heap.range) / PAGE);
}

static void give_block(void *block)
{
	uint32_t number = page_of(block);
	struct page *page = &heap.pages[number];
	int class = heap.class_of[page->size / GRAIN];
	if (is_full(page))
		link_page(class, number);
	memcpy(block, &page->freed, sizeof page->freed);
	page->freed = (uint16_t)(((uintptr_t)block - (uintptr_t)heap.range) % PAGE + 1);
	if (--page->used == 0) {
		unlink_page(class, number);
		page->next = heap.idle;
		page->size = 0;
		heap.idle = number;
	}
}

/* ----------------------------------------------------------------------------------------- as the engine wants it */

static size_t usable_size(const void *block)
{
	return is_ours(block) ? heap.pages[page_of(block)].size : malloc_usable_size((void *)block);
}

static void *take_any(size_t size)
{
#ifdef USHER_TEST_HOOKS
	if (faults_no_memory())
		return NULL;
#endif
	void *block = size <= MAX_SMALL && heap.range ? take_block(size) : NULL;
	return block ? block : malloc(size);
}

static void give_any(void *block)
{
	if (is_ours(block))
		give_block(block);
	else
		free(block);
}

static void *heap_malloc(JSMallocState *state, size_t size)
{
	if (state->malloc_size + size > state->malloc_limit)
		return NULL;
	void *block = take_any(size);
	if (!block)
		return NULL;
	state->malloc_count++;
	state->malloc_size += usable_size(block);
	return block;
}

static void heap_free(JSMallocState *state, void *block)
{
	if (!block)
		return;
	state->malloc_count--;
	state->malloc_size -= usable_size(block);
	give_any(block);
}

/* Moves a block to one of the other kind or size. */
static void *move_block(void *block, size_t old_size, size_t size)
{
	void *moved = take_any(size);
	if (!moved)
		return NULL;
	memcpy(moved, block, old_size < size ? old_size : size);
	give_any(block);
	return moved;
}

static void *heap_realloc(JSMallocState *state, void *block, size_t size)
{
	if (!block)
		return size == 0 ? NULL : heap_malloc(state, size);
	if (size == 0) {
		heap_free(state, block);
		return NULL;
	}
	size_t old_size = usable_size(block);
	if (state->malloc_size + size - old_size > state->malloc_limit)
		return NULL;
	bool stays_small = is_ours(block) && size <= MAX_SMALL;
	void *result;
	if (stays_small && heap.class_of[(size + GRAIN - 1) / GRAIN] == heap.class_of[old_size / GRAIN])
		result = block;
	else if (is_ours(block) || size <= MAX_SMALL)
		result = move_block(block, old_size, size);
	else
		result = realloc(block, size);
	if (result)
		state->malloc_size += usable_size(result) - old_size;
	return result;
}

JSRuntime *heap_new_runtime(void)
{
	static const JSMallocFunctions functions = {heap_malloc, heap_free, heap_realloc, usable_size};
	reserve();
	return JS_NewRuntime2(&functions, NULL);
}

void heap_trim(void)
{
	/* The kernel gives back whole pages of its own. */
	bool are_kernel_pages = sysconf(_SC_PAGESIZE) == PAGE;
	for (uint32_t number = heap.idle; number != NONE && are_kernel_pages; number = heap.pages[number].next)
		madvise(heap.range + (size_t)number * PAGE, PAGE, MADV_DONTNEED);
	if (heap.present > heap.count && are_kernel_pages)
		madvise(heap.range + (size_t)heap.count * PAGE, (size_t)(heap.present - heap.count) * PAGE, MADV_DONTNEED);
	malloc_trim(0);
}

#endif
