/* SPDX-License-Identifier: MIT */
/* Runs every fuzz target on the files of its corpus, unchanged and with bytes changed. The corpus
 * has seeds and the inputs that once made a target fail. */
#include "tests/files/files.h"

#include <stdint.h>

#define FUZZ_TARGETS(row) \
	row(architecture) row(cifar10) row(csv) row(idx) row(jpeg) row(load_params) row(net_load) \
		row(npy) row(npz) row(png) row(replay) row(resume) row(roundtrip) row(sequences) \
			row(zip)

#ifdef LAM_ONNX_MISSING
#define FUZZ_OPTIONAL(row)
#else
#define FUZZ_OPTIONAL(row) row(onnx)
#endif

#define DECLARE(name) int fuzz_##name(const uint8_t *data, size_t size);
FUZZ_TARGETS(DECLARE)
FUZZ_OPTIONAL(DECLARE)

#define ROW(name) {#name, fuzz_##name},
static const struct target {
	const char *name;
	int (*run)(const uint8_t *data, size_t size);
} targets[] = {FUZZ_TARGETS(ROW) FUZZ_OPTIONAL(ROW)};

enum { CHANGED = 100 }; /* changed copies of each file */

/* Runs the target on the file, then on copies with one byte changed, spread over its length. A
 * target that fails aborts. */
static void run(const struct target *target, const char *path)
{
	struct bytes file = file_read(path);
	target->run(file.data, file.count);
	size_t step = file.count / CHANGED + 1;
	for (size_t at = 0; at < file.count; at += step) {
		unsigned char before = file.data[at];
		file.data[at] = (unsigned char)(before + 1 + at % 255);
		target->run(file.data, file.count);
		file.data[at] = before;
	}
	free(file.data);
}

static void corpus(void)
{
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		char folder_path[1200], path[1500];
		snprintf(folder_path, sizeof folder_path, "%s/%s", file_given("tests/fuzz/corpus"),
			targets[i].name);
		test_begin("%s", targets[i].name);
		DIR *folder = opendir(folder_path);
		int files = 0;
		for (struct dirent *entry; folder && (entry = readdir(folder));) {
			if (entry->d_name[0] == '.')
				continue;
			snprintf(path, sizeof path, "%s/%s", folder_path, entry->d_name);
			run(&targets[i], path);
			files++;
		}
		if (folder)
			closedir(folder);
		check(files > 0, "no files in %s", folder_path);
		test_end();
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(corpus)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
