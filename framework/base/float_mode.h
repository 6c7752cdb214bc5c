/* SPDX-License-Identifier: MIT */
/* The float mode of this thread's processor: rounding, traps, and the treatment of subnormals, the
 * numbers nearer to 0 than the smallest normal one.
 *
 * Arithmetic on subnormals takes a processor tens of times as long as any other, and training makes
 * millions of them where gradients vanish. So a step flushes them to 0. All else is IEEE 754's
 * default, whatever the caller has set, so that results do not depend on the caller's mode. That
 * mode, with its sticky flags, is restored before the step returns. */
#ifndef LAM_FLOAT_MODE_H
#define LAM_FLOAT_MODE_H

#include <stdint.h>

typedef struct lam_float_mode {
	/* The whole register FPCR; or MXCSR with its sticky flags, and in the upper 32 bits x87's
	 * control word, which the C library's conversion of numbers to text depends on. */
	uint64_t control;
	uint64_t status; /* FPSR, where the sticky flags have a register of their own */
} lam_float_mode;

/* IEEE 754's default (round to nearest, no traps, subnormals), and the same with subnormals read
 * and written as 0. */
#if defined __SSE__
#define LAM_FLOAT_IEEE \
	(lam_float_mode) \
	{ \
		(uint64_t)0x037f << 32 | 0x1f80, 0 \
	}
#define LAM_FLOAT_FLUSH \
	(lam_float_mode) \
	{ \
		(uint64_t)0x037f << 32 | 0x1f80 | 0x8000 | 0x0040, 0 \
	} /* MXCSR's FTZ and DAZ */
#elif defined __aarch64__
#define LAM_FLOAT_IEEE \
	(lam_float_mode) \
	{ \
		0, 0 \
	}
#define LAM_FLOAT_FLUSH \
	(lam_float_mode) \
	{ \
		1 << 24, 0 \
	} /* FPCR's FZ, for reading and writing */
#else
#define LAM_FLOAT_IEEE \
	(lam_float_mode) \
	{ \
		0, 0 \
	}
#define LAM_FLOAT_FLUSH LAM_FLOAT_IEEE /* unknown processor: the mode is never changed */
#endif

static inline lam_float_mode lam_float_now(void)
{
	lam_float_mode mode = {0, 0};
#if defined __SSE__
	uint32_t word;
	uint16_t x87;
	__asm__ volatile("stmxcsr %0" : "=m"(word));
	__asm__ volatile("fnstcw %0" : "=m"(x87));
	mode.control = (uint64_t)x87 << 32 | word;
#elif defined __aarch64__
	__asm__ volatile("mrs %0, fpcr" : "=r"(mode.control));
	__asm__ volatile("mrs %0, fpsr" : "=r"(mode.status));
#endif
	return mode;
}

/* Sets a mode. The compiler must not move arithmetic across it, so operands and results before and
 * after it must be in memory, or the arithmetic in other functions. */
static inline void lam_float_restore(lam_float_mode mode)
{
#if defined __SSE__
	uint32_t word = (uint32_t)mode.control;
	uint16_t x87 = (uint16_t)(mode.control >> 32);
	__asm__ volatile("ldmxcsr %0" : : "m"(word) : "memory");
	__asm__ volatile("fldcw %0" : : "m"(x87) : "memory");
#elif defined __aarch64__
	__asm__ volatile("msr fpcr, %0" : : "r"(mode.control) : "memory");
	__asm__ volatile("msr fpsr, %0" : : "r"(mode.status) : "memory");
#else
	(void)mode;
#endif
}

/* Sets a mode and returns the one before, for lam_float_restore(). */
static inline lam_float_mode lam_float_set(lam_float_mode mode)
{
	const lam_float_mode before = lam_float_now();
	lam_float_restore(mode);
	return before;
}

static inline void lam_float_leave(const lam_float_mode *before)
{
	lam_float_restore(*before);
}

/* Runs the rest of the enclosing block in a mode. The mode before is stored in the variable
 * `before` and restored when the block is left. Arithmetic in the block must be in functions that
 * it calls. */
#define LAM_FLOAT_SCOPE(before, mode) \
	const lam_float_mode before \
		__attribute__((cleanup(lam_float_leave), unused)) = lam_float_set(mode)

#endif
