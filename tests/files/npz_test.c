/* SPDX-License-Identifier: MIT */
/* .npz files: numpy's are read, those that the library writes are read back unchanged, and any
 * damage is reported in a sentence. */
#include "framework/files/npz.h"

#include "framework/memory.h"

#include "tests/files/files.h"

static const lam_zip_options forms[] = {
	{.zip64 = false}, {.deflate = true}, {.zip64 = true}, {.deflate = true, .zip64 = true}};
enum { FORMS = sizeof forms / sizeof *forms };

/* Reads array `index` in every way that its type allows; returns the first failure. */
static lam_status read_every_way(const lam_npz *npz, int64_t index)
{
	const lam_npy *info = lam_npz_info(npz, index);
	if (!info)
		return LAM_ERR_FORMAT;
	lam_status status;
	if (info->kind == LAM_NPY_BYTES) {
		char *text = lam_npz_read_text(npz, index, 10000);
		status = text ? LAM_OK : LAM_ERR_FORMAT;
		lam_free(text);
		return status;
	}
	/* A damaged header must not claim more values than the file could hold. */
	if (!check(info->count < 10000000, "%s", lam_npy_text(info).text))
		return LAM_ERR_FORMAT;
	lam_real *real = malloc((size_t)info->count * sizeof *real + 1);
	int64_t *integer = malloc((size_t)info->count * sizeof *integer + 1);
	status = lam_npz_read_real(npz, index, real, info->count);
	if (status == LAM_OK && info->kind != LAM_NPY_REAL)
		status = lam_npz_read_int64(npz, index, integer, info->count);
	free(real);
	free(integer);
	return status;
}

static void check_reals(const lam_npz *npz, const char *name, double scale, double shift)
{
	int64_t index = lam_npz_find(npz, name);
	require(index >= 0, "no %s", name);
	lam_real real[24];
	double number[24];
	if (!check_ok(lam_npz_read_real(npz, index, real, 24))
		|| !check_ok(lam_npz_read_double(npz, index, number, 24)))
		return;
	for (int i = 0; i < 24; i++)
		check(real[i] == (lam_real)(i * scale + shift) && number[i] == i * scale + shift,
			"%s[%d]", name, i);
}

static void check_integers(const lam_npz *npz, const char *name, int64_t shift)
{
	int64_t values[24], index = lam_npz_find(npz, name);
	require(index >= 0, "no %s", name);
	check_reals(npz, name, 1, (double)shift);
	if (!check_ok(lam_npz_read_int64(npz, index, values, 24)))
		return;
	for (int i = 0; i < 24; i++)
		check(values[i] == i + shift, "%s[%d] is %lld", name, i, (long long)values[i]);
}

/* Checks a file that tests/data/npz/make.py made. */
static void check_numpy_file(const char *path)
{
	lam_npz *npz = lam_npz_open(path);
	require(npz != NULL, "%s", lam_error());
	check(lam_npz_count(npz) == 20, "%lld", (long long)lam_npz_count(npz));
	check(strcmp(lam_npz_name(npz, 0), "f4") == 0);
	check(strcmp(lam_npy_text(lam_npz_info(npz, 0)).text, "float32 [2, 3, 4]") == 0);
	static const char *const quarters[] = {"f4", "f8", "f2", "f4_big", "f8_fortran"};
	for (size_t i = 0; i < sizeof quarters / sizeof *quarters; i++)
		check_reals(npz, quarters[i], 0.25, 0);
	static const char *const integers[] = {"i1", "i4", "i8", "i8_fortran", "i2_big"};
	for (size_t i = 0; i < sizeof integers / sizeof *integers; i++)
		check_integers(npz, integers[i], -8);
	check_integers(npz, "u1", 0);
	lam_real real[24];
	check_ok(lam_npz_read_real(
		npz, lam_npz_find(npz, "f4_transposed"), real, 24)); /* [4][3][2] */
	for (int k = 0; k < 24; k++)
		check(real[k] == (lam_real)((k % 2 * 3 + k / 2 % 3) * 4 + k / 6) / 4);
	check_ok(lam_npz_read_real(npz, lam_npz_find(npz, "bool"), real, 24));
	check(real[0] == 0 && real[1] == 1 && real[23] == 1);
	int64_t step = 0;
	check_ok(lam_npz_read_int64(npz, lam_npz_find(npz, "step"), &step, 1));
	check(step == 42 && lam_npz_info(npz, lam_npz_find(npz, "step"))->rank == 0);
	check_ok(lam_npz_read_real(npz, lam_npz_find(npz, "scalar"), real, 1));
	check(real[0] == (lam_real)0.25);
	check_ok(lam_npz_read_real(npz, lam_npz_find(npz, "none"), real, 0));
	check_ok(lam_npz_read_real(npz, lam_npz_find(npz, "layer.é"), real, 3));
	char *text = lam_npz_read_text(npz, lam_npz_find(npz, "text"), 100);
	check(text && strcmp(text, "conv2d(.out = 32)\nrelu()") == 0);
	lam_free(text);
	text = lam_npz_read_text(npz, lam_npz_find(npz, "text_empty"), 100);
	check(text && strcmp(text, "") == 0);
	lam_free(text);
	/* An array of an unknown type fails when it is read; the other arrays can be read. */
	check(lam_npz_info(npz, lam_npz_find(npz, "unicode")) == NULL
			&& strstr(lam_error(), "'unicode.npy': type '<U4'"),
		"%s", lam_error());
	check(lam_npz_find(npz, "f") == -1 && lam_npz_find(npz, "f4.npy") == -1);
	check_fails(lam_npz_read_int64(npz, 0, &step, 24), LAM_ERR_FORMAT,
		"entry 'f4.npy': is float32 [2, 3, 4], expected integers");
	check_fails(lam_npz_read_real(npz, 0, real, 23), LAM_ERR_SHAPE, "24 values, expected 23");
	check_fails(lam_npz_read_bytes(npz, 0, real, 23), LAM_ERR_SHAPE, "expected 23 bytes");
	check(lam_npz_read_text(npz, 0, 100) == NULL && strstr(lam_error(), "expected one text"),
		"%s", lam_error());
	check(lam_npz_read_text(npz, lam_npz_find(npz, "text"), 5) == NULL
			&& strstr(lam_error(), "at most 5 bytes"),
		"%s", lam_error());
	lam_npz_close(npz);
}

static void numpys_are_read(void)
{
	check_numpy_file(file_given("tests/data/npz/stored.npz"));
	check_numpy_file(file_given("tests/data/npz/compressed.npz"));
}

/* Writes a small file with an array of each type; false and a failed check on failure. */
static bool write_one_of_each(const char *path, const lam_zip_options *form)
{
	static const lam_real real[6] = {0, 1, -2, (lam_real)0.1, 4, 5};
	static const double number = 0.1;
	static const int64_t integer[2] = {-1, INT64_MAX};
	lam_shape two_three = LAM_SHAPE(2, 3), two = LAM_SHAPE(2);
	lam_npz_writer *npz = lam_npz_create(path, form);
	if (!check(npz != NULL, "%s", lam_error()))
		return false;
	check_ok(lam_npz_add_real(npz, "0.weight", &two_three, real));
	check_ok(lam_npz_add_int64(npz, "counts", &two, integer));
	check_ok(lam_npz_add_double(npz, "loss", NULL, &number));
	check_ok(lam_npz_add_text(npz, "architecture", "affine(.out = 3)"));
	return check_ok(lam_npz_finish(npz));
}

static void ours_come_back(void)
{
	for (int f = 0; f < FORMS; f++) {
		test_begin("deflate %d, zip64 %d", forms[f].deflate, forms[f].zip64);
		if (!write_one_of_each(file_path("x.npz"), &forms[f]))
			return;
		lam_npz *npz = lam_npz_open(file_path("x.npz"));
		require(npz != NULL, "%s", lam_error());
		lam_real real[6];
		int64_t integer[2];
		double number;
		check(lam_npz_count(npz) == 4);
		check_ok(lam_npz_read_real(npz, lam_npz_find(npz, "0.weight"), real, 6));
		check(real[2] == -2 && real[3] == (lam_real)0.1 && lam_npz_info(npz, 0)->rank == 2);
		check_ok(lam_npz_read_int64(npz, lam_npz_find(npz, "counts"), integer, 2));
		check(integer[0] == -1 && integer[1] == INT64_MAX);
		check_ok(lam_npz_read_double(npz, lam_npz_find(npz, "loss"), &number, 1));
		check(number == 0.1);
		char *text = lam_npz_read_text(npz, lam_npz_find(npz, "architecture"), 1000);
		check(text && strcmp(text, "affine(.out = 3)") == 0);
		lam_free(text);
		lam_npz_close(npz);
	}
}

/* An array written in pieces gives the same file as one written whole. */
static void pieces_make_the_whole(void)
{
	enum { COUNT = 50000 };
	lam_real *values = malloc(COUNT * sizeof *values);
	for (int i = 0; i < COUNT; i++)
		values[i] = (lam_real)i / 7;
	lam_shape shape = LAM_SHAPE(COUNT);
	lam_npz_writer *npz = lam_npz_create(file_path("whole.npz"), &forms[1]);
	require(npz != NULL, "%s", lam_error());
	check_ok(lam_npz_add_real(npz, "x", &shape, values));
	check_ok(lam_npz_finish(npz));
	npz = lam_npz_create(file_path("pieces.npz"), &forms[1]);
	require(npz != NULL, "%s", lam_error());
	check_ok(lam_npz_begin(npz, "x",
		&(lam_npy){
			.kind = LAM_NPY_REAL, .item = sizeof *values, .rank = 1, .dim = {COUNT}}));
	for (int i = 0; i < COUNT; i += 100)
		check_ok(lam_npz_write(npz, values + i, 100 * sizeof *values));
	check_ok(lam_npz_end(npz));
	check_ok(lam_npz_finish(npz));
	struct bytes a = file_read(file_path("whole.npz")), b = file_read(file_path("pieces.npz"));
	check(a.count == b.count && memcmp(a.data, b.data, a.count) == 0);
	lam_npz *back = lam_npz_open(file_path("pieces.npz"));
	require(back != NULL, "%s", lam_error());
	lam_real *read = malloc(COUNT * sizeof *read);
	check_ok(lam_npz_read_real(back, 0, read, COUNT));
	check(memcmp(read, values, COUNT * sizeof *read) == 0);
	lam_npz_close(back);
	free(read);
	free(a.data);
	free(b.data);
	free(values);
}

static void failures_leave_the_old_file(void)
{
	write_one_of_each(file_path("keep.npz"), NULL);
	struct bytes before = file_read(file_path("keep.npz"));
	lam_real value = 1;
	static const lam_shape bad = {.rank = 2, .dim = {0, 3}};
	lam_npz_writer *npz = lam_npz_create(file_path("keep.npz"), NULL);
	require(npz != NULL, "%s", lam_error());
	check_fails(lam_npz_add_real(npz, "x", &bad, &value), LAM_ERR_SHAPE, "array 'x'");
	check_fails(lam_npz_add_real(npz, "y", NULL, &value), LAM_ERR_SHAPE, "array 'x'");
	check_fails(lam_npz_finish(npz), LAM_ERR_SHAPE, "array 'x'");
	npz = lam_npz_create(file_path("keep.npz"), NULL);
	require(npz != NULL, "%s", lam_error());
	check_fails(lam_npz_add_real(npz, "../x", NULL, &value), LAM_ERR_ARGUMENT,
		"'../x.npy' cannot name");
	check_fails(lam_npz_finish(npz), LAM_ERR_ARGUMENT, "cannot name");
	npz = lam_npz_create(file_path("keep.npz"), NULL);
	require(npz != NULL, "%s", lam_error());
	lam_npz_abandon(npz);
	lam_npz_abandon(NULL);
	lam_npz_close(NULL);
	struct bytes after = file_read(file_path("keep.npz"));
	check(after.count == before.count && memcmp(after.data, before.data, after.count) == 0);
	free(before.data);
	free(after.data);
}

/* Examines a damaged archive: every array that can still be read must hold the values that were
 * written. */
static void look(const char *path, bool cut, size_t at)
{
	lam_npz *npz = lam_npz_open(path);
	check(npz == NULL || !cut, "cut at %zu was not found", at);
	check(npz != NULL || *lam_error());
	for (int64_t i = 0; npz && i < lam_npz_count(npz); i++)
		read_every_way(npz, i);
	lam_real real[6];
	int64_t index = npz ? lam_npz_find(npz, "0.weight") : -1;
	if (index >= 0 && lam_npz_read_real(npz, index, real, 6) == LAM_OK)
		check(real[0] == 0 && real[1] == 1 && real[2] == -2 && real[3] == (lam_real)0.1,
			"byte %zu changed values unseen", at);
	lam_npz_close(npz);
}

static void damage_is_found(void)
{
	for (int f = 0; f < FORMS; f++) {
		test_begin("deflate %d, zip64 %d", forms[f].deflate, forms[f].zip64);
		write_one_of_each(file_path("good.npz"), &forms[f]);
		struct bytes good = file_read(file_path("good.npz"));
		file_damage(file_path("damaged.npz"), good, look);
		free(good.data);
	}
}

/* An entry that is no valid array fails when it is read, not when the file is opened. */
static void an_invalid_array_fails_when_read(void)
{
	lam_zip_writer *zip = lam_zip_create(file_path("mixed.npz"), &forms[0]);
	require(zip != NULL, "%s", lam_error());
	check_ok(lam_zip_begin(zip, "training/notes.npy", 11));
	check_ok(lam_zip_write(zip, "no array...", 11));
	check_ok(lam_zip_end(zip));
	check_ok(lam_zip_finish(zip));
	lam_fail(LAM_ERR_STATE, "older");
	lam_npz *npz = lam_npz_open(file_path("mixed.npz"));
	require(npz != NULL, "%s", lam_error());
	check(!strcmp(lam_error(), "older") && lam_error_status() == LAM_ERR_STATE, "%s",
		lam_error());
	check(!lam_npz_info(npz, 0) && lam_error_status() == LAM_ERR_FORMAT
			&& strstr(lam_error(), "training/notes.npy"),
		"%s", lam_error());
	lam_npz_close(npz);
}

/* An allocator each of whose calls fails once. Each failure must give a sentence and free
 * everything, which the sanitizers check. */
struct limit {
	int left, open;
};

static void *limited_allocate(void *data, size_t align, size_t bytes)
{
	struct limit *limit = data;
	void *memory = NULL;
	if (limit->left-- <= 0 || posix_memalign(&memory, align, bytes) != 0)
		return NULL;
	limit->open++;
	return memory;
}

static void limited_release(void *data, void *memory)
{
	((struct limit *)data)->open--;
	free(memory);
}

static lam_status write_and_read(const char *path)
{
	lam_real value = 3;
	lam_npz_writer *writer = lam_npz_create(path, &forms[1]);
	if (!writer)
		return LAM_ERR_MEMORY;
	lam_npz_add_real(writer, "x", NULL, &value);
	lam_npz_add_text(writer, "text", "word");
	lam_status status = lam_npz_finish(writer);
	lam_npz *npz = status == LAM_OK ? lam_npz_open(path) : NULL;
	if (!npz)
		return LAM_ERR_MEMORY;
	status = lam_npz_read_real(npz, lam_npz_find(npz, "x"), &value, 1);
	char *text = status == LAM_OK ? lam_npz_read_text(npz, lam_npz_find(npz, "text"), 9) : NULL;
	if (!text)
		status = LAM_ERR_MEMORY;
	lam_free(text);
	lam_npz_close(npz);
	return status;
}

static void failed_allocations_are_survived(void)
{
	int limit = 0;
	for (lam_status status = LAM_ERR_MEMORY; status != LAM_OK && limit < 1000; limit++) {
		struct limit ledger = {limit, 0};
		lam_fail(LAM_ERR_STATE, "nothing was said");
		lam_set_allocator(&(lam_allocator){limited_allocate, limited_release, &ledger});
		status = write_and_read(file_path("memory.npz"));
		lam_set_allocator(NULL);
		check(ledger.open == 0, "%d allocations were left at limit %d", ledger.open, limit);
		check(status == LAM_OK || strstr(lam_error(), "out of memory"), "limit %d: %s",
			limit, lam_error());
	}
	check(limit > 10 && limit < 1000, "%d allocations", limit);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(numpys_are_read),
		TEST(ours_come_back),
		TEST(pieces_make_the_whole),
		TEST(failures_leave_the_old_file),
		TEST(damage_is_found),
		TEST(an_invalid_array_fails_when_read),
		TEST(failed_allocations_are_survived),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
