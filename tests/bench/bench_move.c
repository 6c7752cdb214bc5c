/* SPDX-License-Identifier: MIT */
/* The speed on one thread of kernels that mostly move data, beside a plain copy in the same level
 * of cache.
 *
 *     bench_move [word]       the kernels whose name contains the word; LAMINA_ISA chooses the
 *                             instruction set
 *
 * Each line is a kernel. For each level of cache it shows the bytes read and written per second,
 * and their share of the copy's. Both are measured in turn in the same run, in this thread's own
 * time, as the best of several. A kernel that is bound by its arithmetic, not by its bytes, has the
 * same rate in all levels. */
#include "framework/kernels/kernels.h"
#include "framework/memory.h"
#include "tests/bench/move_rows.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 7 };

/* For each level of cache the bytes of all arrays together: well below its size, and well above the
 * size of the level before. */
static const struct level {
	const char *name;
	size_t bytes;
	int64_t side; /* of the planes, so small that at least one channel fits */
} levels[] = {
	{"L1", 24 << 10, 8},
	{"L2", 512 << 10, 24},
	{"L3", 8 << 20, 24},
	{"memory", 160 << 20, 24},
};
enum { LEVELS = sizeof levels / sizeof *levels };

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* does not count other programs' time */
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double time_of(
	void (*run)(const struct move_arrays *), const struct move_arrays *s, int repeats)
{
	const double start = now();
	for (int i = 0; i < repeats; i++)
		run(s);
	return (now() - start) / repeats;
}

/* Chooses the number of values so that `held` numbers per value make the level's bytes. The values
 * are whole planes and whole blocks of classes. */
static void fit(struct move_arrays *s, const struct level *level, double held)
{
	const size_t plane = (size_t)(level->side * level->side * LAM_LANES);
	const size_t planes = (size_t)((double)level->bytes / sizeof(lam_real) / held) / plane;
	s->side = level->side;
	s->values = (planes ? planes : 1) * plane;
}

/* Measures the kernel and the copy in turn, and takes the best times, because other programs use
 * the machine too. Rates are in bytes per second. */
static void measure(const struct move_row *row, const struct level *level, struct move_arrays *s,
	double *rate, double *share)
{
	double best = 1e30, best_copy = 1e30;
	int repeats = 1;
	struct move_arrays of_copy = *s;
	fit(s, level, row->held);
	fit(&of_copy, level, 2);
	while (time_of(row->run, s, repeats) * repeats < 2e-3)
		repeats *= 2;
	int copies = 1;
	while (time_of(move_copy, &of_copy, copies) * copies < 2e-3)
		copies *= 2;
	for (int round = 0; round < ROUNDS; round++) {
		const double time = time_of(row->run, s, repeats),
			     copy = time_of(move_copy, &of_copy, copies);
		best = time < best ? time : best;
		best_copy = copy < best_copy ? copy : best_copy;
	}
	*rate = row->moved * (double)s->values * sizeof(lam_real) / best;
	*share = *rate / (2 * (double)of_copy.values * sizeof(lam_real) / best_copy);
}

int main(int argc, char **argv)
{
	const char *wanted = argc > 1 ? argv[1] : "";
	const size_t most = levels[LEVELS - 1].bytes / sizeof(lam_real) + (1 << 16);
	struct move_arrays s = {.values = most};
	for (int i = 0; i < MOVE_ARRAYS; i++)
		s.a[i] = lam_alloc(most, sizeof(lam_real));
	s.index = lam_alloc(most, 1);
	for (int i = 0; i < LAM_LANES; i++)
		s.classes[i] = i % MOVE_CLASSES;
	if (!s.a[0] || !s.a[1] || !s.a[2] || !s.a[3] || !s.index) {
		fprintf(stderr, "bench_move: not enough memory\n");
		return 1;
	}
	printf("%s: GB/s read and written, and share of a copy's\n%-32s", lam_kernel()->isa, "");
	for (int l = 0; l < LEVELS; l++)
		printf(" %14s", levels[l].name);
	printf("\n");
	for (int r = 0; r < move_row_count; r++) {
		if (!strstr(move_rows[r].name, wanted))
			continue;
		printf("%-32s", move_rows[r].name);
		for (int l = 0; l < LEVELS; l++) {
			double rate, share;
			/* The arrays are filled again for each kernel, so that none reads another's
			 * output. Second moments must not be negative. */
			for (int i = 0; i < MOVE_ARRAYS; i++)
				for (size_t k = 0;
					k < levels[l].bytes / sizeof(lam_real) + (1 << 15); k++)
					s.a[i][k] = (lam_real)((double)(k * 2654435761u % 1000)
							/ 1000
						- (i < 2 ? 0.5 : 0));
			memset(s.index, 1, levels[l].bytes / sizeof(lam_real));
			measure(&move_rows[r], &levels[l], &s, &rate, &share);
			printf(" %8.1f %4.0f%%", rate * 1e-9, 100 * share);
			fflush(stdout);
		}
		printf("\n");
	}
	for (int i = 0; i < MOVE_ARRAYS; i++)
		lam_free(s.a[i]);
	lam_free(s.index);
	return 0;
}
