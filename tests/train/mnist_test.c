/* SPDX-License-Identifier: MIT */
/* The MNIST family: files are found under every name, plain and gzipped; bad ones are refused. */
#include "datasets/datasets.h"
#include "framework/memory.h"

#include "tests/files/files.h"

#include <zlib.h>

enum { IMAGES = 3, ROWS = 4, COLUMNS = 5, PIXELS = ROWS * COLUMNS, HEADER = 16, LABEL_HEADER = 8 };

static unsigned char images[HEADER + IMAGES * PIXELS] = {
	0, 0, 8, 3, 0, 0, 0, IMAGES, 0, 0, 0, ROWS, 0, 0, 0, COLUMNS};
static unsigned char labels[LABEL_HEADER + IMAGES] = {0, 0, 8, 1, 0, 0, 0, IMAGES, 7, 0, 9};

#define check_none(dataset, words) \
	check((dataset) == NULL && strstr(lam_error(), (words)), "says \"%s\"", lam_error())

static void put(const char *name, bool zipped, const unsigned char *bytes, size_t count)
{
	char full[100];
	snprintf(full, sizeof full, "%s%s", name, zipped ? ".gz" : "");
	if (!zipped) {
		file_write(file_path(full), bytes, count);
		return;
	}
	gzFile file = gzopen(file_path(full), "wb");
	if (!file || gzwrite(file, bytes, (unsigned)count) != (int)count || gzclose(file) != Z_OK)
		exit(TEST_ERROR);
}

/* Writes both files of a split under these names. */
static void put_pair(const char *image_name, const char *label_name, bool zipped)
{
	for (int i = 0; i < IMAGES * PIXELS; i++)
		images[HEADER + i] = (unsigned char)(i * 4);
	put(image_name, zipped, images, sizeof images);
	put(label_name, zipped, labels, sizeof labels);
}

static void clear(void)
{
	file_path("x"); /* makes the folder */
	files_remove();
	mkdir(files_folder, 0777);
}

static void check_dataset(lam_dataset *dataset, int32_t first, int64_t classes)
{
	require(dataset != NULL, "%s", lam_error());
	lam_shape shape = lam_dataset_shape(dataset);
	check(lam_dataset_count(dataset) == IMAGES && shape.rank == 3 && shape.dim[0] == 1
		&& shape.dim[1] == ROWS && shape.dim[2] == COLUMNS);
	check(lam_dataset_targets(dataset).type == LAM_CLASSES
		&& lam_dataset_targets(dataset).classes == classes);
	for (int64_t i = 0; i < IMAGES; i++) {
		lam_real x[PIXELS];
		int32_t label = -1;
		check_ok(lam_dataset_read(dataset, i, x, &label));
		check(label == labels[LABEL_HEADER + i] - first, "%d", label);
		for (int p = 0; p < PIXELS; p++)
			check(x[p] == (lam_real)images[HEADER + i * PIXELS + p] / 255);
	}
	lam_dataset_free(dataset);
}

static void every_name_is_found(void)
{
	static const struct {
		const char *image, *label;
		lam_split split;
	} rows[] = {
		{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", LAM_SPLIT_TRAIN},
		{"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", LAM_SPLIT_TEST},
		{"train-images.idx3-ubyte", "train-labels.idx1-ubyte", LAM_SPLIT_TRAIN},
		{"t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte", LAM_SPLIT_TEST},
		{"emnist-digits-train-images-idx3-ubyte", "emnist-digits-train-labels-idx1-ubyte",
			LAM_SPLIT_TRAIN},
		{"emnist-mnist-test-images-idx3-ubyte", "emnist-mnist-test-labels-idx1-ubyte",
			LAM_SPLIT_TEST},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int zipped = 0; zipped < 2; zipped++) {
			clear();
			put_pair(rows[i].image, rows[i].label, zipped);
			check_dataset(lam_mnist_open(files_folder, rows[i].split), 0, 10);
			check_none(lam_mnist_open(files_folder, !rows[i].split),
				"-images-idx3-ubyte', plain or .gz, in");
		}
}

static void fashion_has_names(void)
{
	clear();
	lam_dataset *digits, *clothes;
	put_pair("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", false);
	digits = lam_mnist_open(files_folder, LAM_SPLIT_TEST);
	check(digits && !lam_dataset_class_name(digits, 0));
	lam_dataset_free(digits);
	char folder[300];
	snprintf(folder, sizeof folder, "%s/fashion-mnist", files_folder);
	check(mkdir(folder, 0700) == 0);
	put_pair("fashion-mnist/t10k-images-idx3-ubyte", "fashion-mnist/t10k-labels-idx1-ubyte",
		false);
	clothes = lam_mnist_open(folder, LAM_SPLIT_TEST);
	check(clothes && strcmp(lam_dataset_class_name(clothes, 9), "Ankle boot") == 0);
	lam_dataset_free(clothes);
	unlink(file_path("fashion-mnist/t10k-images-idx3-ubyte"));
	unlink(file_path("fashion-mnist/t10k-labels-idx1-ubyte"));
	rmdir(folder);
}

static void emnist_knows_its_classes(void)
{
	clear();
	put_pair("emnist-balanced-test-images-idx3-ubyte", "emnist-balanced-test-labels-idx1-ubyte",
		true);
	check_dataset(lam_mnist_open(files_folder, LAM_SPLIT_TEST), 0, 47);
	put_pair("emnist-letters-test-images-idx3-ubyte", "emnist-letters-test-labels-idx1-ubyte",
		true);
	check_none(lam_mnist_open(files_folder, LAM_SPLIT_TEST),
		"has two sets, 'emnist-balanced-test-");
	clear();
	labels[LABEL_HEADER + 1] = 26;
	put_pair("emnist-letters-test-images-idx3-ubyte", "emnist-letters-test-labels-idx1-ubyte",
		true);
	check_dataset(lam_mnist_open(files_folder, LAM_SPLIT_TEST), 1, 26);
	labels[LABEL_HEADER + 1] = 0;
	put_pair("emnist-letters-test-images-idx3-ubyte", "emnist-letters-test-labels-idx1-ubyte",
		true);
	check_none(lam_mnist_open(files_folder, LAM_SPLIT_TEST), "label 1 is 0, expected 1 to 26");
}

static void the_named_folder_is_read(void)
{
	clear();
	setenv("LAMINA_DATA", files_folder, 1);
	put_pair("train-images-idx3-ubyte", "train-labels-idx1-ubyte", false);
	check_dataset(lam_mnist_open(NULL, LAM_SPLIT_TRAIN), 0, 10);
	/* A damaged file in a folder is an error; the next folder is not searched. */
	put("train-labels-idx1-ubyte", false, labels, 5);
	check_none(lam_mnist_open(NULL, LAM_SPLIT_TRAIN),
		"train-labels-idx1-ubyte': ends 3 bytes too early");
	unlink(file_path("train-labels-idx1-ubyte"));
	check_none(lam_mnist_open(NULL, LAM_SPLIT_TRAIN), "no labels beside");
	unsetenv("LAMINA_DATA");
}

/* If a folder that the caller named lacks files, that is an error. Otherwise a program would train
 * on other files without notice. */
static void a_named_place_must_serve(void)
{
	static const char *const places[] = {"/nowhere", "nowhere", " ", "/dev/null", "/", "."};
	clear();
	/* Only this split is there; the other must not come from another folder. */
	put_pair("train-images-idx3-ubyte", "train-labels-idx1-ubyte", false);
	setenv("LAMINA_DATA", files_folder, 1);
	lam_dataset *dataset = lam_mnist_open(NULL, LAM_SPLIT_TRAIN);
	check(dataset
			&& strcmp(lam_dataset_source(dataset), file_path("train-images-idx3-ubyte"))
				== 0,
		"%s", lam_error());
	lam_dataset_free(dataset);
	check_none(lam_mnist_open(NULL, LAM_SPLIT_TEST), files_folder);
	check(lam_error_status() == LAM_ERR_IO && strstr(lam_error(), "LAMINA_DATA names"));
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		setenv("LAMINA_DATA", places[i], 1);
		check_none(lam_mnist_open(NULL, LAM_SPLIT_TRAIN), "which LAMINA_DATA names");
		check(lam_error_status() == LAM_ERR_IO && strstr(lam_error(), places[i]), "%s",
			lam_error());
		/* An argument takes precedence over the environment. */
		dataset = lam_mnist_open(files_folder, LAM_SPLIT_TRAIN);
		check(dataset != NULL, "%s", lam_error());
		lam_dataset_free(dataset);
		unsetenv("LAMINA_DATA");
		check_none(lam_mnist_open(places[i], LAM_SPLIT_TRAIN), places[i]);
		check(!strstr(lam_error(), "LAMINA_DATA"), "%s", lam_error());
	}
	setenv("LAMINA_DATA", "/nowhere", 1);
	check_none(lam_mnist_open(NULL, LAM_SPLIT_TRAIN), "there is no such folder");
	setenv("LAMINA_DATA", "/dev/null", 1);
	check_none(lam_mnist_open(NULL, LAM_SPLIT_TRAIN), "it is no folder");
	/* An empty name counts as no name. */
	setenv("LAMINA_DATA", "", 1);
	dataset = lam_mnist_open(NULL, LAM_SPLIT_TEST);
	check(dataset || strstr(lam_error(), "LAMINA_DATA is not set"), "%s", lam_error());
	lam_dataset_free(dataset);
	unsetenv("LAMINA_DATA");
}

static void lies_are_found(void)
{
	clear();
	put_pair("train-images-idx3-ubyte", "train-labels-idx1-ubyte", false);
	check_none(lam_mnist_open(files_folder, LAM_SPLIT_TRAIN, .classes = 9),
		"label 2 is 9, expected 0 to 8");
	labels[7]++;
	put("train-labels-idx1-ubyte", false, labels, sizeof labels);
	check_none(lam_mnist_open(files_folder, LAM_SPLIT_TRAIN),
		"make 12 bytes, but the file has 11");
	labels[7] = 2;
	put("train-labels-idx1-ubyte", false, labels, sizeof labels - 1);
	check_none(lam_mnist_open(files_folder, LAM_SPLIT_TRAIN), "has 3 images, but");
	labels[7] = IMAGES;
	put("train-labels-idx1-ubyte", false, images, sizeof images);
	check_none(lam_mnist_open(files_folder, LAM_SPLIT_TRAIN),
		"magic bytes are 00 00 08 03, expected 00 00 08 01");
	unlink(file_path("train-labels-idx1-ubyte"));
	check_none(lam_mnist_open(files_folder, LAM_SPLIT_TRAIN), "no labels beside");
	check_none(lam_mnist_open("/nowhere", LAM_SPLIT_TRAIN), "in '/nowhere'");
	check_none(lam_mnist_open(files_folder, (lam_split)2), "split 2");
	check_none(lam_mnist_open(files_folder, LAM_SPLIT_TRAIN, .classes = 257), "257 classes");
	check_none(lam_mnist_open_with(NULL), "options of 0 bytes");
	check_none(lam_mnist_open_with(&(lam_mnist_options){.dir = files_folder}),
		"options of 0 bytes");
}

/* A damaged file of images is refused, unless the damage only changes a pixel of a plain file. */
static void look(const char *path, bool cut, size_t at)
{
	bool plain = strstr(path, ".gz") == NULL;
	lam_dataset *dataset = lam_mnist_open(files_folder, LAM_SPLIT_TRAIN);
	check(dataset == NULL || !cut, "cut at %zu was not found", at);
	check(dataset == NULL || !plain || at >= HEADER, "byte %zu of the header changed unseen",
		at);
	if (dataset && !plain) {
		lam_real x[PIXELS];
		for (int i = 0; i < IMAGES; i++) {
			check_ok(lam_dataset_read(dataset, i, x, NULL));
			for (int p = 0; p < PIXELS; p++)
				check(x[p] == (lam_real)images[HEADER + i * PIXELS + p] / 255,
					"byte %zu changed pixels unseen", at);
		}
	}
	lam_dataset_free(dataset);
}

static void damage_is_found(void)
{
	static const char *const names[] = {
		"train-images-idx3-ubyte", "train-images-idx3-ubyte.gz"};
	for (int zipped = 0; zipped < 2; zipped++) {
		clear();
		put_pair("train-images-idx3-ubyte", "train-labels-idx1-ubyte", zipped);
		struct bytes good = file_read(file_path(names[zipped]));
		char path[300];
		snprintf(path, sizeof path, "%s", file_path(names[zipped]));
		file_damage(path, good, look);
		free(good.data);
	}
}

/* Reads the real Fashion-MNIST, where Debian's package is installed. */
static void fashion_mnist_is_read(void)
{
	static const char folder[] = "/usr/share/datasets/fashion-mnist";
	if (!file_exists("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")) {
		test_skip("the package dataset-fashion-mnist is not installed");
		return;
	}
	lam_dataset *dataset = lam_mnist_open(folder, LAM_SPLIT_TEST);
	require(dataset != NULL, "%s", lam_error());
	check(lam_dataset_count(dataset) == 10000 && lam_dataset_shape(dataset).dim[1] == 28);
	int64_t count[10] = {0};
	for (int64_t i = 0; i < 10000; i++) {
		lam_real x[28 * 28];
		int32_t label = 0;
		check_ok(lam_dataset_read(dataset, i, x, &label));
		count[label]++;
	}
	for (int i = 0; i < 10; i++)
		check(count[i] == 1000, "class %d has %d", i, (int)count[i]);
	lam_dataset_free(dataset);
}

/* A zip bomb: zeros deflate a thousandfold. It is refused unless .memory_limit allows it. */
static void a_zip_bomb_is_refused(void)
{
	enum { SIDE = 5200, COUNT = HEADER + IMAGES * SIDE * SIDE };
	clear();
	put_pair("train-images-idx3-ubyte", "train-labels-idx1-ubyte", false);
	check_none(lam_mnist_open(files_folder, LAM_SPLIT_TRAIN,
			   .memory_limit = IMAGES * PIXELS + IMAGES - 1),
		"holds 63 bytes of pixels and labels in files of 87; .memory_limit allows 62");
	lam_dataset_free(lam_mnist_open(
		files_folder, LAM_SPLIT_TRAIN, .memory_limit = IMAGES * PIXELS + IMAGES));
	clear();
	unsigned char *zeros = calloc(COUNT, 1);
	require(zeros != NULL);
	memcpy(zeros, images, HEADER);
	zeros[10] = zeros[14] = SIDE >> 8;
	zeros[11] = zeros[15] = SIDE & 255;
	put("train-images-idx3-ubyte", true, zeros, COUNT);
	put("train-labels-idx1-ubyte", false, labels, sizeof labels);
	free(zeros);
	check_none(lam_mnist_open(files_folder, LAM_SPLIT_TRAIN), ".memory_limit allows");
	check(lam_error_status() == LAM_ERR_MEMORY);
	lam_dataset *dataset = lam_mnist_open(
		files_folder, LAM_SPLIT_TRAIN, .memory_limit = SIZE_MAX);
	check(dataset != NULL, "%s", lam_error());
	lam_dataset_free(dataset);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(every_name_is_found),
		TEST(fashion_has_names),
		TEST(emnist_knows_its_classes),
		TEST(the_named_folder_is_read),
		TEST(a_named_place_must_serve),
		TEST(lies_are_found),
		TEST(damage_is_found),
		TEST(a_zip_bomb_is_refused),
		TEST(fashion_mnist_is_read),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
