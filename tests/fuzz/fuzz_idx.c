/* SPDX-License-Identifier: MIT */
/* IDX files of rank 1 and 3, plain and gzipped. */
#include "datasets/idx.h"
#include "tests/fuzz/fuzz.h"

/* The memory for values grows as they are inflated; a deflated byte holds at most 1032 of them. */
enum { FLOOR = 1 << 20, PER_BYTE = 32 + 3 * 1032 };

FUZZ_TARGET(idx)
{
	const char *path = fuzz_path(data, size);
	for (int rank = 1; rank <= 3; rank += 2) {
		fuzz_begin(FLOOR, PER_BYTE, size);
		lam_idx *idx = lam_idx_open(path, rank);
		if (idx)
			lam_free(lam_idx_load(idx));
		lam_idx_close(idx);
		fuzz_end();
	}
	return 0;
}
