/* SPDX-License-Identifier: MIT */
/* Operations of the processor that compilers do not use for any generic form. <immintrin.h> has
 * names for them, but to read it takes longer than to compile most kernels. Only vector.h includes
 * this. */
#ifndef LAM_VECTOR_ASM_H
#define LAM_VECTOR_ASM_H

#include <math.h>
#include <stdbool.h>

#ifdef LAM_DOUBLE
#define VEC_OF(name) name##pd
#else
#define VEC_OF(name) name##ps
#endif
#define VEC_PASTE(name, bits) VEC_PASTE_2(name, bits)
#define VEC_PASTE_2(name, bits) name##bits
#define VEC_TEXT(name) VEC_TEXT_2(name)
#define VEC_TEXT_2(name) #name

/* y = operation(a, x), and y = operation(x). clang would take an operand from memory always. */
#if defined __AVX__
#ifdef __clang__
#define VEC_OPERAND "v"
#else
#define VEC_OPERAND "vm"
#endif
#define VEC_ASM_2(name, y, a, x) \
	__asm__("v" VEC_TEXT(VEC_OF(name)) " %2, %1, %0" : "=v"(y) : "v"(a), VEC_OPERAND(x))
#define VEC_ASM_1(name, y, x) \
	__asm__("v" VEC_TEXT(VEC_OF(name)) " %1, %0" : "=v"(y) : VEC_OPERAND(x))
#elif defined __SSE2__
#define VEC_ASM_1(name, y, x) __asm__(VEC_TEXT(VEC_OF(name)) " %1, %0" : "=x"(y) : "x"(x))
#endif

/* y = max or min of a and x, by the compiler's own name where it has one: it knows more of it than
 * of a line of assembly, and makes smaller tiles. */
#if defined __AVX512F__
#ifdef __has_builtin
#if __has_builtin(__builtin_ia32_maxps512_mask) && __has_builtin(__builtin_ia32_maxpd512_mask)
#define VEC_EXTREME(name, y, a, x) \
	(y) = VEC_PASTE(VEC_OF(__builtin_ia32_##name), 512_mask)(a, x, a, -1, 4)
#endif
#endif
#ifndef VEC_EXTREME
#define VEC_EXTREME VEC_ASM_2
#endif
#elif defined __AVX__
#define VEC_EXTREME(name, y, a, x) (y) = VEC_PASTE(VEC_OF(__builtin_ia32_##name), 256)(a, x)
#elif defined __SSE2__
#define VEC_EXTREME(name, y, a, x) (y) = VEC_OF(__builtin_ia32_##name)(a, x)
#endif

/* a > x ? a : x, and a < x ? a : x. If one is NaN, or both are zero, the result is x. */
static inline vec vec_larger(vec a, vec x)
{
	vec y;

#ifdef VEC_EXTREME
	VEC_EXTREME(max, y, a, x);
#else
	y = vec_select(a > x, a, x);
#endif
	return y;
}

static inline vec vec_smaller(vec a, vec x)
{
	vec y;

#ifdef VEC_EXTREME
	VEC_EXTREME(min, y, a, x);
#else
	y = vec_select(a < x, a, x);
#endif
	return y;
}

static inline vec vec_sqrt(vec x)
{
#ifdef VEC_ASM_1
	vec y;

	VEC_ASM_1(sqrt, y, x);
	return y;
#else
	for (int i = 0; i < VEC; i++)
		x[i] = (lam_real)sqrt(x[i]);
	return x;
#endif
}

/* Whether any element of a comparison holds. */
static inline bool vec_any(vec_mask mask)
{
#if defined __AVX512F__
	uint16_t any;

	__asm__("vptestmd %1, %1, %0" : "=k"(any) : "v"(mask));
	return any != 0;
#elif defined __AVX__
	bool any;

	__asm__("vptest %1, %1" : "=@ccnz"(any) : "x"(mask));
	return any;
#elif defined __SSE2__
	int any;

	__asm__("pmovmskb %1, %0" : "=r"(any) : "x"(mask));
	return any != 0;
#else
	vec_mask_element any = 0;

	for (int i = 0; i < VEC; i++)
		any |= mask[i];
	return any != 0;
#endif
}

/* Element i of the result is x[index[i]]. */
ALWAYS_INLINE vec vec_permute(vec x, vec_mask index)
{
	vec y;

#if defined __AVX512F__ || (defined __AVX2__ && !defined LAM_DOUBLE)
	VEC_ASM_2(perm, y, index, x);
#else
	UNROLL_FOR (int i = 0; i < VEC; i++)
		y[i] = x[index[i]];
#endif
	return y;
}

#endif
