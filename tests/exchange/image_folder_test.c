/* SPDX-License-Identifier: MIT */
/* A folder of images as a data set. */
#define _GNU_SOURCE /* nftw() */

#include "exchange/images/lamina-image.h"

#include "tests/exchange/write_images.h"

#include <ftw.h>
#ifdef _OPENMP
#include <omp.h>
#endif

enum { SIDE = 6, PLANE = SIDE * SIDE };

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *ftw)
{
	(void)s;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* A new, empty folder, the same for each test. */
static const char *new_root(void)
{
	static char root[600];
	snprintf(root, sizeof root, "%s", file_path("root"));
	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	check(mkdir(root, 0700) == 0, "%s", strerror(errno));
	return root;
}

static const char *in_root(const char *name)
{
	char path[400];
	snprintf(path, sizeof path, "root/%s", name);
	return file_path(path);
}

static void folder(const char *name)
{
	check(mkdir(in_root(name), 0700) == 0, "%s: %s", name, strerror(errno));
}

/* A grey picture all of whose pixels are `value`, as PNG or JPEG, as the name says. */
static void put(const char *name, int value)
{
	unsigned char pixels[PLANE];
	memset(pixels, value, sizeof pixels);
	struct bytes file = {0};
	(void)pixels;
	if (strstr(name, ".j")) {
#ifdef LAM_HAVE_JPEG
		file = write_jpeg(
			&(struct jpeg_written){.width = SIDE, .height = SIDE, .channels = 1},
			pixels);
#endif
	} else {
#ifdef LAM_HAVE_PNG
		file = write_plain_png(pixels, SIDE, SIDE, 1);
#endif
	}
	file_write(in_root(name), file.data ? (char *)file.data : "", file.count);
	free(file.data);
}

/* Sample i is of the class and of this value, and its path ends so. */
static void check_sample(const lam_dataset *d, int64_t i, int label, int value, const char *path)
{
	lam_real x[3 * PLANE];
	int32_t found = -1;
	check_ok(lam_dataset_read(d, i, x, &found));
	check(found == label, "sample %d is of class %d", (int)i, (int)found);
	const lam_shape shape = lam_dataset_shape(d);
	for (int64_t k = 0; k < lam_shape_count(&shape); k++)
		check_near((double)x[k] * 255, value, 0.001);
	const char *real = lam_dataset_image_path(d, i);
	const size_t length = real ? strlen(real) : 0, ending = strlen(path);
	check(length >= ending && strcmp(real + length - ending, path) == 0, "%s", real);
}

static void fails(lam_dataset *d, lam_status status, const char *words)
{
	check(!d, "there is a data set");
	check_fails(lam_error_status(), status, words);
	lam_dataset_free(d);
}

static void a_folder(void)
{
	const char *root = new_root();
	folder("zebra");
	folder("ant");
	folder("ant/more");
	folder("ant/more/.hidden");
	folder(".git");
	put("zebra/b.png", 20);
	put("zebra/a.JPG.jpg", 10);
	put("ant/z.PNG", 30);
	put("ant/more/1.png", 40);
	put("ant/more/.hidden/1.png", 1);
	put("ant/.2.png", 2);
	put("beside.png", 3);
	file_write(in_root("ant/notes.txt"), "x", 1);
	file_write(in_root("ant/png"), "x", 1);
	check(symlink("nowhere.png", in_root("ant/link.png")) == 0);
	lam_dataset *d = lam_dataset_images(root, .shape = LAM_SHAPE(3, 4, 9));
	require(d, "%s", lam_error());
	check(lam_dataset_count(d) == 4, "%d", (int)lam_dataset_count(d));
	check(lam_dataset_targets(d).type == LAM_CLASSES && lam_dataset_targets(d).classes == 2);
	check(strcmp(lam_dataset_class_name(d, 0), "ant") == 0);
	check(strcmp(lam_dataset_class_name(d, 1), "zebra") == 0);
	check(strcmp(lam_dataset_source(d), root) == 0);
	check_sample(d, 0, 0, 40, "root/ant/more/1.png");
	check_sample(d, 1, 0, 30, "root/ant/z.PNG");
	check_sample(d, 2, 1, 10, "root/zebra/a.JPG.jpg");
	check_sample(d, 3, 1, 20, "root/zebra/b.png");
	check(!lam_dataset_image_path(d, 4) && !lam_dataset_image_path(d, -1));
	const char *first = "";
	check(lam_dataset_images_skipped(d, &first) == 0 && !first);
	lam_dataset_free(d);
}

/* A second folder has the classes of the first, by name. */
static void like(void)
{
	const char *root = new_root();
	folder("train");
	folder("test");
	folder("train/a");
	folder("train/b");
	folder("test/b");
	put("train/a/1.png", 1);
	put("train/b/1.png", 2);
	put("test/b/1.png", 3);
	lam_dataset *train = lam_dataset_images(in_root("train"), .shape = LAM_SHAPE(1, 3, 3)),
		    *test = lam_dataset_images(in_root("test"), .like = train);
	require(train && test, "%s", lam_error());
	check(lam_dataset_targets(test).classes == 2 && lam_dataset_shape(test).dim[1] == 3);
	check(strcmp(lam_dataset_class_name(test, 0), "a") == 0);
	check_sample(test, 0, 1, 3, "test/b/1.png");
	fails(lam_dataset_images(in_root("test"), .like = train, .shape = LAM_SHAPE(1, 3, 3)),
		LAM_ERR_ARGUMENT, ".shape beside .like");
	folder("test/c");
	put("test/c/1.png", 3);
	fails(lam_dataset_images(in_root("test"), .like = train), LAM_ERR_FORMAT,
		"has the class \"c\", which .like has not");
	lam_dataset_free(train);
	lam_dataset_free(test);
	(void)root;
}

/* Images without classes, wherever they are. */
static void no_target(void)
{
	const char *root = new_root();
	folder("b");
	put("c.png", 3);
	put("a.png", 1);
	put("b/1.png", 2);
	file_write(in_root("notes.txt"), "x", 1);
	lam_dataset *d = lam_dataset_images(root, .shape = LAM_SHAPE(1, 3, 3), .no_target = true);
	require(d, "%s", lam_error());
	check(lam_dataset_count(d) == 3 && lam_dataset_targets(d).type == LAM_INPUT);
	check(!lam_dataset_class_name(d, 0));
	check_sample(d, 0, -1, 1, "root/a.png");
	check_sample(d, 1, -1, 2, "root/b/1.png");
	check_sample(d, 2, -1, 3, "root/c.png");
	file_write(in_root("b/0.png"), "text", 4);
	fails(lam_dataset_images(root, .shape = LAM_SHAPE(1, 3, 3), .no_target = true),
		LAM_ERR_FORMAT, "b/0.png: is neither");
	lam_dataset *like = lam_dataset_images(
		root, .like = d, .no_target = true, .skip_broken = true);
	require(like, "%s", lam_error());
	check(lam_dataset_images_skipped(like, NULL) == 1 && lam_dataset_count(like) == 3);
	check(lam_dataset_shape(like).dim[1] == 3);
	check_sample(like, 1, -1, 2, "root/b/1.png");
	fails(lam_dataset_images(in_root("b"), .like = d), LAM_ERR_ARGUMENT, "has no classes");
	lam_dataset_free(like);
	lam_dataset_free(d);
}

static void broken_files(void)
{
	const char *root = new_root();
	folder("a");
	folder("b");
	put("a/1.png", 1);
	put("a/4.png", 4);
	put("b/1.png", 5);
	file_write(in_root("a/2.png"), "text", 4);
	file_write(in_root("a/3.gif"), "GIF89a", 6);
	file_write(in_root("b/2.jpg"), "", 0);
	for (int threads = 1; threads <= 4; threads++) {
#ifdef _OPENMP
		omp_set_num_threads(threads);
#endif
		fails(lam_dataset_images(root, .shape = LAM_SHAPE(1, 6, 6)), LAM_ERR_FORMAT,
			"root/a/2.png: is neither PNG nor JPEG, by its first bytes; expected");
		lam_dataset *d = lam_dataset_images(
			root, .shape = LAM_SHAPE(1, 6, 6), .skip_broken = true);
		require(d, "%s", lam_error());
		const char *first = NULL;
		check(lam_dataset_images_skipped(d, &first) == 3);
		check(first && strstr(first, "root/a/2.png: is neither"), "%s", first);
		check(lam_dataset_count(d) == 3);
		check_sample(d, 0, 0, 1, "a/1.png");
		check_sample(d, 1, 0, 4, "a/4.png");
		check_sample(d, 2, 1, 5, "b/1.png");
		lam_dataset_free(d);
		fails(lam_dataset_images(root, .shape = LAM_SHAPE(1, 6, 6), .skip_broken = true,
			      .pixel_limit = PLANE - 1),
			LAM_ERR_FORMAT, "none of its 6 images is whole; ");
	}
	check(strstr(lam_error(), "a/1.png: is a picture of 6 x 6 pixels; expected at most 35"),
		"%s", lam_error());
}

#if defined(LAM_HAVE_PNG) && defined(LAM_HAVE_JPEG)
/* Noise of many sizes: the samples do not depend on the number of threads. */
static void same_bits(void)
{
	enum { FILES = 60, VALUES = 3 * 7 * 5 };
	static lam_real first[FILES][VALUES], x[VALUES];
	static unsigned char pixels[40 * 40 * 3];
	const char *root = new_root();
	folder("a");
	for (int i = 0; i < FILES; i++) {
		char name[40];
		for (size_t k = 0; k < sizeof pixels; k++)
			pixels[k] = (unsigned char)((k * k * 31 + k * (size_t)(i + 1)) >> 3);
		struct bytes file = write_plain_png(pixels, 1 + i % 40, 1 + i * 7 % 40, 3);
		snprintf(name, sizeof name, "a/%d.png", i);
		file_write(in_root(name), file.data, file.count);
		free(file.data);
	}
	for (int threads = 1; threads <= 5; threads++) {
#ifdef _OPENMP
		omp_set_num_threads(threads);
#endif
		lam_dataset *d = lam_dataset_images(root, .shape = LAM_SHAPE(3, 7, 5));
		require(d && lam_dataset_count(d) == FILES, "%s", lam_error());
		for (int i = 0; i < FILES; i++) {
			check_ok(lam_dataset_read(d, i, threads == 1 ? first[i] : x, NULL));
			check(threads == 1 || memcmp(x, first[i], sizeof x) == 0, "sample %d", i);
			check_ok(lam_image_read(
				lam_dataset_image_path(d, i), LAM_SHAPE(3, 7, 5), x));
			check(memcmp(x, first[i], sizeof x) == 0, "file %d", i);
		}
		lam_dataset_free(d);
	}
}
#endif

static void wrong_folders(void)
{
	const char *root = new_root();
	const lam_shape shape = LAM_SHAPE(1, 6, 6);
	fails(lam_dataset_images(NULL, .shape = shape), LAM_ERR_ARGUMENT, "the folder is NULL");
	fails(lam_dataset_images("", .shape = shape), LAM_ERR_ARGUMENT, "path has 0 bytes");
	fails(lam_dataset_images(in_root("none"), .shape = shape), LAM_ERR_IO,
		"root/none: cannot be read: No such file");
	fails(lam_dataset_images(root), LAM_ERR_SHAPE, "the shape is not given; expected 1 or 3 x");
	fails(lam_dataset_images(root, .shape = LAM_SHAPE(4, 2, 2)), LAM_ERR_SHAPE, "4x2x2");
	fails(lam_dataset_images(root, .shape = shape), LAM_ERR_FORMAT,
		"has 0 folders and 0 images; expected a folder for each class");
	fails(lam_dataset_images(root, .shape = shape, .no_target = true), LAM_ERR_FORMAT,
		"root: has no image (.png");
	put("1.png", 1);
	put("2.png", 1);
	fails(lam_dataset_images(root, .shape = shape), LAM_ERR_FORMAT,
		"has 0 folders and 2 images; expected a folder for each class");
	fails(lam_dataset_images(root, .shape = shape, .pixel_limit = -1), LAM_ERR_ARGUMENT,
		".pixel_limit is -1");
	folder("a");
	folder("b");
	put("a/1.png", 1);
	fails(lam_dataset_images(root, .shape = shape), LAM_ERR_FORMAT,
		"root: the folder of class \"b\" has no image");
	put("b/1.png", 1);
	fails(lam_dataset_images(root, .shape = shape, .memory_limit = 71), LAM_ERR_MEMORY,
		"2 images of 1x6x6 take more than .memory_limit, 71 bytes");
	lam_dataset *d = lam_dataset_images(root, .shape = shape, .memory_limit = 72);
	check(d, "%s", lam_error());
	lam_dataset_free(d);
	check(symlink("..", in_root("b/loop")) == 0);
	fails(lam_dataset_images(root, .shape = shape), LAM_ERR_IO,
		"folders lie deeper than 16 in each other");
	unlink(in_root("b/loop"));
	folder("c\033");
	put("c\033/1.png", 1);
	fails(lam_dataset_images(root, .shape = shape), LAM_ERR_FORMAT,
		"root: the names of its folders: lam_dataset_set_class_names: name 2 is "
		"\"c\\x1b\"");
}

static long long allowed; /* allocations before the next one fails */

static void *scarce(void *data, size_t align, size_t bytes)
{
	return allowed-- > 0 ? kit_allocate(data, align, bytes) : NULL;
}

static void scarce_memory(void)
{
	const char *root = new_root();
	lam_dataset *d = NULL;
	int tries = 0;
	folder("a");
	put("a/1.png", 1);
	put("a/2.png", 1);
#ifdef _OPENMP
	omp_set_num_threads(1);
#endif
	for (; !d && tries < 1000; tries++) {
		allowed = tries;
		lam_set_allocator(&(lam_allocator){scarce, kit_release, NULL});
		d = lam_dataset_images(root, .shape = LAM_SHAPE(1, 3, 3), .skip_broken = true);
		allowed = 1000;
		check(d || lam_error_status() == LAM_ERR_MEMORY, "%s", lam_error());
	}
	check(d && tries > 10, "%d tries", tries);
	lam_dataset_free(d);
	lam_set_allocator(&(lam_allocator){kit_allocate, kit_release, NULL});
}

int main(int argc, char **argv)
{
#if defined(LAM_HAVE_PNG) && defined(LAM_HAVE_JPEG)
	static const struct test tests[] = {TEST(a_folder), TEST(like), TEST(no_target),
		TEST(broken_files), TEST(same_bits), TEST(wrong_folders), TEST(scarce_memory)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
#else
	(void)a_folder, (void)like, (void)no_target, (void)broken_files, (void)wrong_folders,
		(void)scarce_memory;
	(void)argc, (void)argv;
	printf("skip  image_folder_test: configured without libpng or libjpeg\n");
	return TEST_SKIP;
#endif
}
