/* SPDX-License-Identifier: MIT */
/* Where sums and their loops begin. */
#ifndef LAM_VEC_OWN_H
#define LAM_VEC_OWN_H

#include "framework/kernels/vector.h"

/* The value in a register of its own. Without it compilers keep one register for the sums of a tile
 * that begin equal, and copy it twice: before the loop over taps, and for a tile without taps. That
 * is a tenth of a tile's code. */
ALWAYS_INLINE vec vec_own(vec value)
{
#if defined __AVX512F__
	__asm__ volatile("" : "+v"(value));
#elif defined __x86_64__
	__asm__ volatile("" : "+x"(value));
#elif defined __aarch64__
	__asm__ volatile("" : "+w"(value));
#endif
	return value;
}

/* With AVX2 the `do` loop that follows begins at a multiple of 64 bytes. Its variables, and with
 * LOOP_HOLDS more of them, are named so that gcc puts no copy of them in between. A Zen 3 holds
 * decoded instructions by lines of 64 bytes, and a tap of the widest tile takes 120 bytes: in three
 * lines, not two, it was up to a tenth slower, with chance, as code before it grew or shrank. Other
 * processors were not measured. */
#if defined __x86_64__ && defined __AVX2__ && !defined __AVX512F__
#define LOOP_HOLDS(a, b) __asm__ volatile("" : "+r"(a), "+r"(b))
#define LOOP_HERE(a, b, c) __asm__ volatile(".p2align 6" : "+r"(a), "+r"(b), "+r"(c))
#else
#define LOOP_HOLDS(a, b) ((void)0)
#define LOOP_HERE(a, b, c) ((void)0)
#endif

#endif
