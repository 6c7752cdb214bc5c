/* SPDX-License-Identifier: MIT */
/* The float modes that a caller may have set. */
#ifndef LAM_TESTS_FLOAT_MODES_H
#define LAM_TESTS_FLOAT_MODES_H

#include "tests/kit.h"

#include "framework/base/float_mode.h"

/* The default, the mode of a step, upward rounding and downward rounding. */
static const lam_float_mode modes[] = {
	LAM_FLOAT_IEEE,
	LAM_FLOAT_FLUSH,
#if defined __SSE__
	{(uint64_t)(0x037f | 0x0800) << 32 | 0x1f80 | 0x4000, 0},
	{(uint64_t)(0x037f | 0x0400) << 32 | 0x1f80 | 0x2000, 0},
#elif defined __aarch64__
	{1 << 22, 0},
	{2 << 22, 0},
#endif
};
enum { MODES = sizeof modes / sizeof *modes };

/* Whether the mode is set, apart from x86's sticky flags, which any arithmetic sets. */
static bool is_mode(lam_float_mode mode)
{
	return ((lam_float_now().control ^ mode.control) & ~(uint64_t)0x3f) == 0;
}

/* Whether the processor keeps a mode that was set. valgrind ignores modes, and float_mode.h does
 * not know every processor's. */
static bool modes_are_kept(void)
{
	if (LAM_FLOAT_FLUSH.control == LAM_FLOAT_IEEE.control) {
		test_skip("framework/base/float_mode.h does not know this processor's modes");
		return false;
	}
	const lam_float_mode before = lam_float_set(LAM_FLOAT_FLUSH);
	const bool kept = is_mode(LAM_FLOAT_FLUSH);
	lam_float_restore(before);
	if (!kept)
		test_skip("this processor, or what stands for it, keeps no mode");
	return kept;
}

#endif
