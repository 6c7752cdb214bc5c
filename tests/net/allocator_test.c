/* SPDX-License-Identifier: MIT */
/* All scenarios with the n-th allocation refused, for every n: an error sentence, no leak, no
 * crash, and existing objects still work. */
#include "tests/net/scenarios.h"

#include <stdatomic.h>

/* An allocator that refuses allocations and counts those not freed. Any thread may call it. */
static struct {
	atomic_long number; /* allocations so far */
	long refused;       /* the allocation to refuse, from 0; -1: none */
	bool for_good;      /* refuse every later one, too */
	atomic_long out;
} ledger;

static void *ledger_allocate(void *data, size_t align, size_t bytes)
{
	(void)data;
	long number = ledger.number++;
	void *memory = NULL;
	if (ledger.refused >= 0
		&& (ledger.for_good ? number >= ledger.refused : number == ledger.refused))
		return NULL;
	if (posix_memalign(&memory, align, bytes))
		return NULL;
	memset(memory, 0xa5, bytes); /* the library must not rely on zeros */
	ledger.out++;
	return memory;
}

static void ledger_release(void *data, void *memory)
{
	(void)data;
	ledger.out--;
	free(memory);
}

/* These tests need no durable files, so they skip the sync. */
int __wrap_fsync(int descriptor);
int __wrap_fsync(int descriptor)
{
	(void)descriptor;
	return 0;
}

int __wrap_posix_fadvise(int descriptor, off_t at, off_t size, int advice);
int __wrap_posix_fadvise(int descriptor, off_t at, off_t size, int advice)
{
	(void)descriptor, (void)at, (void)size, (void)advice;
	return 0;
}

static int open_descriptors(void)
{
	int count = 0;
	DIR *folder = opendir("/proc/self/fd");
	for (; folder && readdir(folder);)
		count++;
	if (folder)
		closedir(folder);
	return count;
}

/* Refuses one allocation, or all from it on; false: there are fewer. */
static bool refuse(const struct scenario *s, long refused, bool for_good)
{
	if (s->make)
		s->make();
	const int descriptors = open_descriptors();
	lam_fail(LAM_OK, "%s", "");
	ledger.number = 0;
	ledger.for_good = for_good;
	ledger.refused = refused;
	lam_status status = s->act();
	const bool happened = ledger.number > refused;
	ledger.refused = -1;
	if (happened)
		check(status == LAM_ERR_MEMORY && strstr(lam_error(), "out of memory"),
			"allocation %ld refused: %s, \"%s\"", refused, lam_status_text(status),
			lam_error());
	else
		check_ok(status);
	check(open_descriptors() == descriptors, "allocation %ld refused: a descriptor is lost",
		refused);
	if (s->make)
		check_ok(s->act()); /* on the same objects */
	if (s->leave)
		s->leave();
	check(ledger.out == 0, "allocation %ld refused: %ld did not come back", refused,
		(long)ledger.out);
	return happened;
}

static void every_allocation_may_fail(void)
{
	fill();
	ledger.refused = -1;
	lam_set_allocator(&(lam_allocator){ledger_allocate, ledger_release, NULL});
	for (int i = 0; i < SCENARIOS; i++) {
		long refused = 0;
		test_begin("%s", scenarios[i].name);
		while (kit.failures < TEST_SHOWN && refuse(&scenarios[i], refused, false))
			refused++;
		for (long from = 0; from < refused && kit.failures < TEST_SHOWN;
			from += 1 + from / 4)
			refuse(&scenarios[i], from, true);
		printf("      %ld allocations\n", refused);
	}
	test_end();
	lam_set_allocator(NULL);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(every_allocation_may_fail)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
