/* SPDX-License-Identifier: MIT */
/* The largest errors of the vector mathematics, in units in the last place: in float over all 2^32
 * numbers, which takes some minutes, in double over as many numbers spread over all. Not a test:
 * `make check` tries a part of these numbers (tests/kernels/vec_test.c).
 *
 *     bench_ulp [name [step]]     only this function ("": all); only every step-th number
 *
 * It also counts how often the result decreases from one number to the next although the function
 * does not. The exit status is 1 when an error is larger than vec.h promises. */
#include "tests/kernels/ulp.h"

#include <stdio.h>
#include <stdlib.h>

enum { CHUNK = 1 << 12 };

struct found {
	double error;
	lam_real where;
	unsigned long long steps_down;
};

/* Tries every step-th of the numbers `first` to `first + count - 1` of the 2^32. */
static struct found search(
	const struct vector_function *f, uint64_t first, uint64_t count, uint64_t step)
{
	lam_real x[CHUNK], y[CHUNK];
	struct found worst = {.error = 0};
	int used = 0;
	for (uint64_t i = first; i < first + count; i += step) {
		/* In double these bits are the upper half; the lower half is pseudo-random. */
		bit_pattern bits = (bit_pattern)i;
		if (sizeof bits == 8)
			bits = (bit_pattern)(i << 16 << 16 | (uint32_t)(i * 2654435761u));
		x[used++] = from_bits(bits);
		if (used < CHUNK && i + step < first + count)
			continue;
		f->function(y, x, (size_t)used);
		for (int k = 0; k < used; k++) {
			const double error = ulp_error(y[k], f->exact(x[k]));
			if (!(error <= worst.error))
				worst.error = error, worst.where = x[k];
			worst.steps_down += k && !signbit(x[k]) == !signbit(x[k - 1])
				&& (x[k] > x[k - 1] ? y[k] < y[k - 1] : y[k] > y[k - 1]);
		}
		used = 0;
	}
	return worst;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	const uint64_t step = argc > 2 ? strtoull(argv[2], NULL, 10) : 1, part = UINT64_C(1) << 24;
	int result = 0;
	if (!step)
		return 2;
	for (int f = 0; f < VECTOR_FUNCTIONS; f++) {
		if (*name && strcmp(name, vector_functions[f].name))
			continue;
		struct found worst = {.error = 0};
#pragma omp parallel for schedule(dynamic)
		for (int p = 0; p < 256; p++) {
			const struct found found = search(
				&vector_functions[f], (uint64_t)p * part, part, step);
#pragma omp critical
			{
				const unsigned long long steps_down = worst.steps_down
					+ found.steps_down;
				if (!(found.error <= worst.error))
					worst = found;
				worst.steps_down = steps_down;
			}
		}
		printf("%-8s %.3f at %.9g, promised %.1f; %llu steps down\n",
			vector_functions[f].name, worst.error, (double)worst.where,
			ulp_bound(&vector_functions[f]), worst.steps_down);
		fflush(stdout);
		result |= !(worst.error <= ulp_bound(&vector_functions[f]));
	}
	return result;
}
