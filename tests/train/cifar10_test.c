/* SPDX-License-Identifier: MIT */
/* CIFAR-10: files of records in a folder or in the archive's folder; bad ones are refused. The real
 * files, where LAMINA_CIFAR10 names their folder. */
#include <lamina.h>

#include "tests/files/files.h"

enum { PIXELS = 3 * 32 * 32, RECORD = 1 + PIXELS, RECORDS = 3 };

static void put(const char *name, int count, int first_class, size_t less)
{
	static unsigned char bytes[RECORDS * RECORD];
	for (int i = 0; i < count; i++) {
		bytes[i * RECORD] = (unsigned char)(first_class + i);
		for (int k = 0; k < PIXELS; k++)
			bytes[i * RECORD + 1 + k] = (unsigned char)(k * 7 + i);
	}
	file_write(file_path(name), bytes, (size_t)count * RECORD - less);
}

static void put_train(void)
{
	for (int i = 1; i <= 5; i++) {
		char name[40];
		snprintf(name, sizeof name, "data_batch_%d.bin", i);
		put(name, i == 2 ? 2 : 1, i, 0);
	}
}

static void check_sample(const lam_dataset *d, int64_t i, int32_t label, int offset)
{
	static lam_real x[PIXELS];
	int32_t found = -1;
	check_ok(lam_dataset_read(d, i, x, &found));
	check(found == label, "%d", found);
	for (int k = 0; k < PIXELS; k++)
		check(x[k] == (lam_real)(unsigned char)(k * 7 + offset) / 255, "pixel %d", k);
}

static void records_are_read(void)
{
	put_train();
	put("test_batch.bin", 3, 7, 0);
	lam_dataset *train = lam_cifar10_open(files_folder, LAM_SPLIT_TRAIN),
		    *test = lam_cifar10_open(files_folder, LAM_SPLIT_TEST);
	require(train && test, "%s", lam_error());
	const lam_shape shape = lam_dataset_shape(train);
	check(shape.rank == 3 && shape.dim[0] == 3 && shape.dim[1] == 32 && shape.dim[2] == 32);
	check(lam_dataset_count(train) == 6 && lam_dataset_count(test) == 3);
	check(lam_dataset_targets(train).classes == 10);
	check_sample(train, 0, 1, 0);
	check_sample(train, 2, 3, 1);
	check_sample(train, 5, 5, 0);
	check_sample(test, 2, 9, 2);
	check(strcmp(lam_dataset_class_name(test, 9), "truck") == 0);
	check(strcmp(lam_dataset_source(test), file_path("test_batch.bin")) == 0);
	lam_dataset_free(train);
	lam_dataset_free(test);
}

static void the_folder_is_found(void)
{
	char root[300];
	put("test_batch.bin", 1, 0, 0);
	snprintf(root, sizeof root, "%s/root", files_folder);
	const char *inner = file_path("root/cifar-10-batches-bin");
	check(mkdir(root, 0700) == 0 && mkdir(inner, 0700) == 0);
	put("root/cifar-10-batches-bin/test_batch.bin", 2, 4, 0);
	lam_dataset *d = lam_cifar10_open(root, LAM_SPLIT_TEST);
	check(d && lam_dataset_count(d) == 2, "%s", lam_error());
	lam_dataset_free(d);
	setenv("LAMINA_DATA", root, 1);
	d = lam_cifar10_open(NULL, LAM_SPLIT_TEST);
	check(d && lam_dataset_count(d) == 2, "%s", lam_error());
	lam_dataset_free(d);
	d = lam_cifar10_open(NULL, LAM_SPLIT_TRAIN);
	check(!d && strstr(lam_error(), ", which LAMINA_DATA names"), "%s", lam_error());
	unsetenv("LAMINA_DATA");
	d = lam_cifar10_open(NULL, LAM_SPLIT_TRAIN);
	check(d || strstr(lam_error(), "datasets/fetch-cifar10 brings it"), "%s", lam_error());
	lam_dataset_free(d);
	unlink(file_path("root/cifar-10-batches-bin/test_batch.bin"));
	rmdir(inner);
	rmdir(root);
}

static void refused(lam_split split, size_t limit, const char *words)
{
	lam_dataset *d = lam_cifar10_open(files_folder, split, .memory_limit = limit);
	check(!d && strstr(lam_error(), words), "says \"%s\"", lam_error());
	lam_dataset_free(d);
}

static void bad_files_are_refused(void)
{
	put_train();
	put("test_batch.bin", 2, 0, 1);
	refused(LAM_SPLIT_TEST, 0, "has 6145 bytes; expected a multiple of 3073");
	file_write(file_path("test_batch.bin"), "", 0);
	refused(LAM_SPLIT_TEST, 0, "has 0 bytes");
	put("test_batch.bin", 3, 8, 0);
	refused(LAM_SPLIT_TEST, 0, "record 2 has class 10; expected 0 to 9");
	refused(LAM_SPLIT_TRAIN, 5 * RECORD, ".memory_limit allows");
	refused((lam_split)2, 0, "the split is 2");
	unlink(file_path("data_batch_4.bin"));
	refused(LAM_SPLIT_TRAIN, 0, "data_batch_4.bin': cannot open");
	lam_dataset *d = lam_cifar10_open("/nowhere", LAM_SPLIT_TRAIN);
	check(!d && strstr(lam_error(), "no 'data_batch_1.bin' in '/nowhere'"), "%s", lam_error());
}

static void the_real_files(void)
{
	const char *folder = getenv("LAMINA_CIFAR10");
	if (!folder) {
		test_skip("LAMINA_CIFAR10 names no folder with the real files");
		return;
	}
	lam_dataset *train = lam_cifar10_open(folder, LAM_SPLIT_TRAIN);
	require(train, "%s", lam_error());
	lam_real mean[3], std[3];
	check(lam_dataset_count(train) == 50000);
	check_ok(lam_dataset_mean_std(train, mean, std));
	/* 0.4914, 0.4822, 0.4465 and 0.2470, 0.2435, 0.2616, as everybody's programs have them */
	check(fabs((double)mean[0] - 0.4914) < 1e-4 && fabs((double)std[2] - 0.2616) < 1e-4);
	lam_dataset_free(train);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(records_are_read), TEST(the_folder_is_found),
		TEST(bad_files_are_refused), TEST(the_real_files)};
	file_path("x"); /* makes the folder */
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
