/*
 * Letting go of pages.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "pages.h"

#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Less than the gap that the kernel keeps between the stack and what is below. */
#define DEEPEST_STACK ((size_t)512 * 1024)
#define STILL_USED ((size_t)16 * 1024)

/* Where the linker put our ELF header, which is where our file is mapped. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

void forget_program_pages(void)
{
	const ElfW(Ehdr) *header = (const void *)__ehdr_start;
	const ElfW(Phdr) *segments = (const void *)(__ehdr_start + header->e_phoff);
	for (int i = 0; i < header->e_phnum; i++) {
		const ElfW(Phdr) *segment = &segments[i];
		if (segment->p_type != PT_LOAD || segment->p_flags & PF_W)
			continue;
		uintptr_t start = (uintptr_t)__ehdr_start + segment->p_vaddr;
		uintptr_t before = start % (uintptr_t)getpagesize();
		madvise((void *)(start - before), segment->p_memsz + before, MADV_DONTNEED);
	}
}

void forget_stack_pages(void)
{
	uintptr_t end = (uintptr_t)__builtin_frame_address(0) - STILL_USED;
	end -= end % (uintptr_t)getpagesize();
	madvise((void *)(end - DEEPEST_STACK), DEEPEST_STACK, MADV_DONTNEED);
}
