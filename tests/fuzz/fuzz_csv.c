/* SPDX-License-Identifier: MIT */
/* Tables of text: read with guesses, by words, and as a second file like the first. */
#include "datasets/csv.h"
#include "tests/fuzz/fuzz.h"

/* A byte of the file is at most one value; a word of one_hot makes a value of each line. */
enum { FLOOR = 1 << 20, PER_BYTE = 512, LIMIT = 1 << 20 };

static void read_all(lam_dataset *dataset)
{
	static lam_real x[LIMIT], target[1];
	for (int64_t i = 0; i < lam_dataset_count(dataset); i++)
		(void)!lam_dataset_read(dataset, i, x, target);
}

FUZZ_TARGET(csv)
{
	const char *path = fuzz_path(data, size);
	const unsigned how = size ? data[size - 1] : 0;
	fuzz_begin(FLOOR + 2 * LIMIT, PER_BYTE, size);
	lam_dataset *dataset = lam_dataset_csv(path, .missing = (lam_csv_missing)(how % 3),
		.header = (lam_csv_header)(how / 3 % 3), .one_hot = how & 16 ? "1" : NULL,
		.values = how & 32, .decimal = how & 64 ? ',' : '.', .memory_limit = LIMIT);
	lam_dataset *second = dataset ? lam_dataset_csv(path, .like = dataset,
				      .missing = LAM_MISSING_MEAN, .memory_limit = LIMIT)
				      : NULL;
	read_all(dataset);
	read_all(second);
	lam_dataset_free(second);
	lam_dataset_free(dataset);
	fuzz_end();
	return 0;
}
