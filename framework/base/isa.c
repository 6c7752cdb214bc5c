/* SPDX-License-Identifier: MIT */
/* Chooses the instruction set of the kernels: the best that this processor has, or the one that
 * $LAMINA_ISA names. */
#include "framework/kernels/kernels.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC visibility push(hidden)
void lam_base_kernels(lam_kernels *table);
void lam_avx2_kernels(lam_kernels *table);
void lam_avx512_kernels(lam_kernels *table);
#pragma GCC visibility pop

struct isa {
	const char *name;
	bool (*present)(void);
	void (*fill)(lam_kernels *table);
};

static bool base_present(void)
{
	return true;
}

#ifdef LAM_HAVE_AVX2
static bool avx2_present(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

#ifdef LAM_HAVE_AVX512
static bool avx512_present(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
		&& __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")
		&& __builtin_cpu_supports("fma");
}
#endif

/* From the plainest to the best. */
static const struct isa isas[] = {
	{"base", base_present, lam_base_kernels},
#ifdef LAM_HAVE_AVX2
	{"avx2", avx2_present, lam_avx2_kernels},
#endif
#ifdef LAM_HAVE_AVX512
	{"avx512", avx512_present, lam_avx512_kernels},
#endif
};

static lam_kernels chosen;

static void choose(void)
{
	const char *wanted = getenv("LAMINA_ISA");
	const struct isa *best = &isas[0];
	for (size_t i = 0; i < sizeof isas / sizeof *isas; i++) {
		if (!isas[i].present())
			continue;
		best = &isas[i];
		if (wanted && strcmp(wanted, best->name) == 0)
			break;
	}
	best->fill(&chosen);
}

const lam_kernels *lam_kernel(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, choose);
	return &chosen;
}
