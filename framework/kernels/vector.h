/* SPDX-License-Identifier: MIT */
/* The vector of the ISA that this file is being compiled for. Included by kernel sources only,
 * never by a layer.
 *
 * Every kernel source is compiled once per ISA with -DLAM_ISA=<name> and that ISA's flags. A vector
 * is exactly as wide as one register: a 64-byte type compiled for AVX2 would go through memory.
 * LAM_LANES samples are PARTS vectors.
 *
 * docs/design.md says how to add an ISA, and how to add a kernel. */
#ifndef LAM_VECTOR_H
#define LAM_VECTOR_H

#include "framework/real.h"

#include <stddef.h>
#include <stdint.h>

/* The width and the number of registers; shuffles, tiles and loops follow from these two. They are
 * macros, because #if lists the tiles. */
#if defined __AVX512F__
#define VEC_BYTES 64
#define VEC_REGISTERS 32
#elif defined __AVX__
#define VEC_BYTES 32
#define VEC_REGISTERS 16
#elif defined __aarch64__
#define VEC_BYTES 16
#define VEC_REGISTERS 32
#else
#define VEC_BYTES 16
#define VEC_REGISTERS 16
#endif

/* Elements of a vector, and vectors of a lane block. */
#ifdef LAM_DOUBLE
#define VEC (VEC_BYTES / 8)
#else
#define VEC (VEC_BYTES / 4)
#endif
#define PARTS (LAM_LANES / VEC)

typedef lam_real vec __attribute__((vector_size(VEC_BYTES), may_alias));
typedef lam_real vec_unaligned
	__attribute__((vector_size(VEC_BYTES), aligned(sizeof(lam_real)), may_alias));

/* The integer vector that comparisons of two vec give: all ones or zero in each element. */
#ifdef LAM_DOUBLE
typedef int64_t vec_mask_element;
typedef uint64_t vec_bits __attribute__((vector_size(VEC_BYTES), may_alias));
#else
typedef int32_t vec_mask_element;
typedef uint32_t vec_bits __attribute__((vector_size(VEC_BYTES), may_alias));
#endif
typedef vec_mask_element vec_mask __attribute__((vector_size(VEC_BYTES), may_alias));

/* Put in front of a loop with constant bounds, at most 16, it unrolls the loop, so that its arrays
 * can be kept in registers. */
#ifdef __clang__
#define UNROLL_FOR _Pragma("clang loop unroll(full)") for
#else
#define UNROLL_FOR _Pragma("GCC unroll 16") for
#endif

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* A function that runs seldom, or does little in a run: small rather than fast. What always calls
 * one that it can see, and what only such a one calls, becomes so, too, unless it is HOT. */
#define COLD __attribute__((cold))
#define HOT __attribute__((hot, noinline))
#define NOT_INLINE __attribute__((noinline))

static inline vec vec_splat(lam_real value)
{
	/* v - 0 is v; v + 0 would turn -0 into 0, and so costs an addition */
	return value - (vec){0};
}

static inline vec vec_select(vec_mask mask, vec yes, vec no)
{
	return (vec)(((vec_mask)yes & mask) | ((vec_mask)no & ~mask));
}

/* All ones in the lanes of part `part` of a block that lie below `lanes`. */
static inline vec_mask vec_lanes_below(int part, int64_t lanes)
{
	vec_mask lane = {0};

	for (int i = 0; i < VEC; i++)
		lane[i] = part * VEC + i;
	return lane < (vec_mask){0} + (vec_mask_element)lanes;
}

static inline vec vec_load(const lam_real *x)
{
	return *(const vec_unaligned *)x;
}

static inline void vec_store(lam_real *y, vec value)
{
	*(vec_unaligned *)y = value;
}

#include "framework/kernels/vector_asm.h"

/* NaN stays NaN. */
static inline vec vec_at_most(vec x, lam_real bound)
{
	return vec_smaller(vec_splat(bound), x);
}

static inline vec vec_at_least(vec x, lam_real bound)
{
	return vec_larger(vec_splat(bound), x);
}

/* All bits but the sign. */
static inline vec_mask vec_magnitude_bits(void)
{
	return (vec_mask){0} + (sizeof(lam_real) == 8 ? INT64_MAX : INT32_MAX);
}

static inline vec vec_abs(vec x)
{
	return (vec)((vec_mask)x & vec_magnitude_bits());
}

/* x, which is not below 0, with the sign of `sign` */
static inline vec vec_with_sign(vec x, vec sign)
{
	return (vec)((vec_mask)x | ((vec_mask)sign & ~vec_magnitude_bits()));
}

/* Keeps the value in a register from here on. Without it gcc reads a value from memory again for
 * each use. */
ALWAYS_INLINE vec vec_hold(vec value)
{
#if defined __AVX512F__
	__asm__("" : "+v"(value));
#elif defined __x86_64__
	__asm__("" : "+x"(value));
#elif defined __aarch64__
	__asm__("" : "+w"(value));
#endif
	return value;
}

/* Keeps the address in a register from here on. Without it gcc computes the addresses of all rows
 * of a tile in advance, and keeps them on the stack. */
ALWAYS_INLINE lam_real *place_hold(lam_real *place)
{
	__asm__("" : "+r"(place));
	return place;
}

/* LAM_KERNEL(name) is a name for this ISA alone, such as lam_avx2_name. */
#define LAM_KERNEL(name) LAM_KERNEL_PASTE(LAM_ISA, name)
#define LAM_KERNEL_PASTE(isa, name) LAM_KERNEL_PASTE_2(isa, name)
#define LAM_KERNEL_PASTE_2(isa, name) lam_##isa##_##name

#endif
