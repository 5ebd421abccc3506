/*
 * Pages that are let go of once something is done: they count as resident though nothing needs them.
 */
#ifndef USHER_PAGES_H
#define USHER_PAGES_H

/*
 * Our program's pages: what ran once at the start, and what the kernel mapped along. The few that waiting needs come back
 * from the page cache.
 */
void forget_program_pages(void);
/* The stack below the caller's, which was deeper once. */
void forget_stack_pages(void);

#endif
