/* SPDX-License-Identifier: MIT */
/* How this thread's processor rounds, traps, and treats subnormals (numbers closer to 0 than the
 * smallest with all its digits).
 *
 * A product or sum with a subnormal takes the processor tens of times as long as any other, and
 * training makes them by the million where gradients fade. A step therefore runs with them flushed
 * to 0, and all else as IEEE 754 has it by default, whatever its caller has set: the bits do not
 * depend on that. What the caller had, sticky flags included, is back before he is. */
#ifndef LAM_FLOAT_MODE_H
#define LAM_FLOAT_MODE_H

#include <stdint.h>

typedef struct lam_float_mode {
	/* the whole register: FPCR; or MXCSR with its sticky flags, and 32 bits up x87's control
	 * word, by which the C library rounds numbers in text */
	uint64_t control;
	uint64_t status; /* where the sticky flags have one of their own: FPSR */
} lam_float_mode;

/* IEEE 754's default: round to nearest, no traps, subnormals count; and the same with subnormals
 * taken for 0 and written as 0. */
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
	} /* FPCR's FZ, which is both */
#else
#define LAM_FLOAT_IEEE \
	(lam_float_mode) \
	{ \
		0, 0 \
	}
#define LAM_FLOAT_FLUSH LAM_FLOAT_IEEE /* unknown here: nothing is changed */
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

/* No arithmetic may move across it: what is computed before or after lies behind a call or in
 * memory. */
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

/* Runs the rest of the enclosing block in a mode. The one before, which `before` names, is back
 * when the block is left. What is computed there lies in functions that it calls. */
#define LAM_FLOAT_SCOPE(before, mode) \
	const lam_float_mode before \
		__attribute__((cleanup(lam_float_leave), unused)) = lam_float_set(mode)

#endif
