/* SPDX-License-Identifier: MIT */
/* Each file that tests/data/bad/sentences.txt lists is refused with the sentence given there. */
#include "datasets/datasets.h"
#include "datasets/idx.h"
#include "framework/files/npz.h"

#include "tests/files/bad_files.h"

/* The readers open a file and read all of it; true on success. */
static bool read_npz(const char *path)
{
	lam_npz *npz = lam_npz_open(path);
	bool good = npz != NULL;
	for (int64_t i = 0; good && i < lam_npz_count(npz); i++) {
		lam_real values[2];
		good = lam_npz_info(npz, i) && lam_npz_read_real(npz, i, values, 2) == LAM_OK;
	}
	lam_npz_close(npz);
	return good;
}

static bool read_npy(const char *path)
{
	lam_dataset *dataset = lam_dataset_npy(path, NULL);
	lam_dataset_free(dataset);
	return dataset != NULL;
}

static bool read_idx(const char *path)
{
	lam_idx *idx = lam_idx_open(path, 3);
	uint8_t *values = idx ? lam_idx_load(idx) : NULL;
	lam_idx_close(idx);
	lam_free(values);
	return values != NULL;
}

static void bad_files(void)
{
	static const struct reader readers[] = {{".npz", read_npz}, {".npy", read_npy},
		{".idx3-ubyte", read_idx}, {".idx3-ubyte.gz", read_idx}};
	refuse_all("sentences.txt", readers, sizeof readers / sizeof *readers, 80, 2 << 20);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(bad_files)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
