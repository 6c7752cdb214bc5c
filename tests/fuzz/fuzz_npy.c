/* SPDX-License-Identifier: MIT */
/* .npy files as data sets: the file holds the samples, then also their targets; every sample is
 * read. */
#include "datasets/datasets.h"
#include "tests/fuzz/fuzz.h"

enum {
	FLOOR = 1 << 20,
	PER_BYTE = 16,
	MOST = 1 << 12, /* values of a sample; larger ones are not read here */
};

static void read_samples(const lam_dataset *dataset)
{
	static lam_real x[MOST], target[MOST];
	lam_shape shape = lam_dataset_shape(dataset);
	int64_t count = lam_dataset_count(dataset);
	for (int64_t i = 0; i < count && i < 16 && lam_shape_count(&shape) <= MOST; i++)
		if (lam_dataset_read(dataset, i, x, target) && !*lam_error())
			fuzz_wrong("a failure without a sentence");
}

FUZZ_TARGET(npy)
{
	const char *path = fuzz_path(data, size);
	for (int targets = 0; targets < 2; targets++) {
		fuzz_begin(FLOOR, PER_BYTE, size);
		lam_dataset *dataset = lam_dataset_npy(path, targets ? path : NULL);
		if (dataset)
			read_samples(dataset);
		lam_dataset_free(dataset);
		fuzz_end();
	}
	return 0;
}
