/*
 * Faults on purpose, in test builds only: allocations of the script engine that fail, and callbacks that are ended as
 * if they had run too long, at places that a seed chooses. From when the loop runs: a boot without memory has no
 * services that could live on.
 *
 *     USHER_TEST_NO_MEMORY=SEED/N   one of N allocations fails
 *     USHER_TEST_ABORT=SEED/N       one of N looks at the time limit (one in 10,000 steps) finds it over
 */
#include "host.h"

#ifdef USHER_TEST_HOOKS

#include <stdio.h>
#include <stdlib.h>

struct fault {
	uint64_t state;
	unsigned one_in; /* 0: never */
};

static struct fault no_memory, abortion;
static bool begun;

/* xorshift64*: the same seed gives the same faults. */
static bool strikes(struct fault *fault)
{
	if (!begun || fault->one_in == 0)
		return false;
	fault->state ^= fault->state >> 12;
	fault->state ^= fault->state << 25;
	fault->state ^= fault->state >> 27;
	return (fault->state * UINT64_C(2685821657736338717)) >> 33 <= UINT32_MAX / 2 / fault->one_in;
}

static void read_fault(const char *name, struct fault *fault)
{
	const char *text = getenv(name);
	unsigned seed;
	if (text && sscanf(text, "%u/%u", &seed, &fault->one_in) == 2)
		fault->state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

void faults_begin(void)
{
	read_fault("USHER_TEST_NO_MEMORY", &no_memory);
	read_fault("USHER_TEST_ABORT", &abortion);
	begun = true;
}

bool faults_no_memory(void)
{
	return strikes(&no_memory);
}

bool faults_abort(void)
{
	return strikes(&abortion);
}

#else
/* A translation unit has at least one declaration. */
typedef int faults_are_for_test_builds;
#endif
