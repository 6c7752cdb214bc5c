/* SPDX-License-Identifier: MIT */
/* Data sets: a user's own class, from arrays, from .npy files. */
#include "framework/memory.h"
#include <lamina.h>

#include "tests/train/write_npy.h"

#include <pthread.h>

/* Checks that the data set is NULL and that lam_error() contains the words. */
#define check_none(dataset, words) \
	check((dataset) == NULL && strstr(lam_error(), (words)), "says \"%s\"", lam_error())

/* A user's data set: sample i is i, i + 1, …; its class is i modulo a number in the state. */
struct ramp {
	int32_t modulo;
	int *destroyed;
};

static lam_status ramp_read(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	const struct ramp *ramp = lam_dataset_state(self);
	for (int i = 0; i < 6; i++)
		x[i] = (lam_real)(index + i);
	if (target)
		*(int32_t *)target = (int32_t)index % ramp->modulo;
	return index == 99 ? lam_fail(LAM_ERR_IO, "sample 99 is lost") : LAM_OK;
}

static void ramp_destroy(lam_dataset *self)
{
	++*((struct ramp *)lam_dataset_state(self))->destroyed;
}

/* Returns a failure without an error sentence. */
static lam_status mute_read(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	(void)self, (void)x, (void)target;
	return index == 2 ? lam_fail(LAM_ERR_FORMAT, "said") : LAM_ERR_IO;
}

static void a_failure_without_a_sentence_is_named(void)
{
	static const lam_dataset_class mute = {LAM_DATASET_ABI, .kind = "mute", .read = mute_read};
	lam_dataset *dataset = lam_dataset_new(
		&mute, 3, LAM_SHAPE(2, 3), (lam_target_info){.classes = 3});
	require(dataset != NULL, "%s", lam_error());
	lam_real x[6];
	lam_fail(LAM_ERR_STATE, "before");
	check_fails(lam_dataset_read(dataset, 1, x, NULL), LAM_ERR_IO,
		"data set \"mute\": its .read failed (io) at sample 1 and left no sentence");
	check(lam_error_status() == LAM_ERR_IO);
	lam_fail(LAM_ERR_IO, "before");
	check_fails(lam_dataset_read(dataset, 0, x, NULL), LAM_ERR_IO, "at sample 0");
	check_fails(lam_dataset_read(dataset, 2, x, NULL), LAM_ERR_FORMAT, "said");
	lam_dataset_free(dataset);
}

static const lam_dataset_class ramp_class = {
	LAM_DATASET_ABI,
	.kind = "ramp",
	.state_size = sizeof(struct ramp),
	.read = ramp_read,
	.destroy = ramp_destroy,
};

static void ones_own_is_read(void)
{
	int destroyed = 0;
	lam_dataset *dataset = lam_dataset_new(
		&ramp_class, 100, LAM_SHAPE(2, 3), (lam_target_info){.classes = 3});
	require(dataset != NULL, "%s", lam_error());
	*(struct ramp *)lam_dataset_state(dataset) = (struct ramp){3, &destroyed};
	lam_real x[6];
	int32_t target = -1;
	check(lam_dataset_count(dataset) == 100 && lam_dataset_count(NULL) == 0);
	check(lam_dataset_shape(dataset).rank == 2 && lam_dataset_targets(dataset).classes == 3);
	check(lam_dataset_class_of(dataset) == &ramp_class);
	check_ok(lam_dataset_read(dataset, 7, x, &target));
	check(x[0] == 7 && x[5] == 12 && target == 1);
	check_ok(lam_dataset_read(dataset, 8, x, NULL));
	check_fails(lam_dataset_read(dataset, 99, x, &target), LAM_ERR_IO, "sample 99 is lost");
	check_fails(lam_dataset_read(dataset, 100, x, &target), LAM_ERR_ARGUMENT,
		"\"ramp\": no sample 100 among 100");
	check_fails(lam_dataset_read(dataset, -1, x, &target), LAM_ERR_ARGUMENT, "no sample -1");
	check_fails(lam_dataset_read(dataset, 0, NULL, &target), LAM_ERR_ARGUMENT, "NULL");
	check_fails(lam_dataset_read(NULL, 0, x, &target), LAM_ERR_ARGUMENT, "NULL");
	((struct ramp *)lam_dataset_state(dataset))->modulo = 5;
	check_fails(lam_dataset_read(dataset, 4, x, &target), LAM_ERR_ARGUMENT,
		"sample 4 has class 4, expected 0 to 2");
	lam_dataset_free(dataset);
	check(destroyed == 1);
	lam_dataset_free(NULL);
	check(!lam_dataset_state(NULL) && !lam_dataset_class_of(NULL)
		&& lam_dataset_shape(NULL).rank == 0);
	check(lam_dataset_targets(NULL).shape.rank == 0);
}

static void senseless_ones_are_refused(void)
{
	lam_dataset_class c = ramp_class;
	lam_target_info none = {.type = LAM_CLASSES};
	lam_shape shape = LAM_SHAPE(2, 3);
	check_none(lam_dataset_new(NULL, 1, shape, none), "needs a class");
	c.kind = NULL;
	check_none(lam_dataset_new(&c, 1, shape, none), "needs a class with a kind");
	c = ramp_class;
	c.abi = 0;
	check_none(lam_dataset_new(&c, 1, shape, none), "another version");
	c = ramp_class;
	c.read = NULL;
	check_none(lam_dataset_new(&c, 1, shape, none), "no .read");
	check_none(lam_dataset_new(&ramp_class, 0, shape, none), "0 samples");
	check_none(lam_dataset_new(&ramp_class, 1, LAM_SHAPE(2, 0), none), "2x0 is no shape");
	check_none(lam_dataset_new(&ramp_class, 1, shape, (lam_target_info){.type = LAM_VALUES}),
		"need their shape");
	check_none(lam_dataset_new(
			   &ramp_class, 1, shape, (lam_target_info){.type = (lam_target_type)7}),
		"no known type: 7");
	check_none(lam_dataset_new(&ramp_class, 1, shape, (lam_target_info){.classes = -1}),
		"-1 classes");
	check_none(
		lam_dataset_new(&ramp_class, 1, shape, (lam_target_info){.shape = LAM_SHAPE(2, 0)}),
		"a class per place have the shape 2x0, which is not possible");
	check_none(lam_dataset_new(&ramp_class, 1, shape,
			   (lam_target_info){.type = LAM_INPUT, .ignore = 1}),
		"a class to ignore, but its targets are no classes");
	check_none(lam_dataset_new(&ramp_class, 1, shape,
			   (lam_target_info){.type = LAM_INPUT, .shape = LAM_SHAPE(3)}),
		"its shape 2x3, got 3");
	check_none(lam_dataset_new(&ramp_class, 1, shape,
			   (lam_target_info){.type = LAM_INPUT, .classes = 2}),
		"targets are no classes");
}

static void arrays_are_read(void)
{
	static const lam_real values[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
	static const int32_t classes[3] = {2, 0, 1};
	lam_real x[4], y[4] = {0};
	int32_t target = -1;
	lam_dataset *dataset = lam_dataset_arrays(values, LAM_SHAPE(1, 2, 2), classes, 3);
	require(dataset != NULL, "%s", lam_error());
	check(lam_dataset_targets(dataset).type == LAM_CLASSES
		&& lam_dataset_targets(dataset).classes == 3);
	check_ok(lam_dataset_read(dataset, 1, x, &target));
	check(x[0] == 4 && x[3] == 7 && target == 0);
	lam_dataset_free(dataset);

	dataset = lam_dataset_arrays(values, LAM_SHAPE(2), values + 1, 3, .targets = LAM_VALUES,
		.target_shape = LAM_SHAPE(3));
	require(dataset != NULL, "%s", lam_error());
	check_ok(lam_dataset_read(dataset, 2, x, y));
	check(x[0] == 4 && y[0] == 7 && y[2] == 9
		&& lam_dataset_targets(dataset).shape.dim[0] == 3);
	lam_dataset_free(dataset);

	dataset = lam_dataset_arrays(values, LAM_SHAPE(4), NULL, 3, .targets = LAM_INPUT);
	require(dataset != NULL, "%s", lam_error());
	y[0] = -5;
	check_ok(lam_dataset_read(dataset, 2, x, y));
	check(x[0] == 8 && y[0] == -5 && lam_dataset_targets(dataset).shape.dim[0] == 4);
	lam_dataset_free(dataset);
}

static void bad_arrays_are_refused(void)
{
	static const lam_real values[4] = {0};
	static const int32_t classes[2] = {0, 3}, negative[2] = {0, -1};
	lam_dataset_arrays_options none = {0};
	check_none(lam_dataset_arrays_with(NULL), "options of 0 bytes");
	check_none(lam_dataset_arrays_with(&none), "options of 0 bytes");
	check_none(lam_dataset_arrays(NULL, LAM_SHAPE(2), classes, 2), "x is NULL");
	check_none(lam_dataset_arrays(values, LAM_SHAPE(2), NULL, 2), "targets are NULL");
	check_none(lam_dataset_arrays(values, LAM_SHAPE(2), classes, 2, .targets = LAM_INPUT),
		"expected NULL");
	check_none(lam_dataset_arrays(values, LAM_SHAPE(2), classes, 2, .classes = 3),
		"sample 1 has class 3, expected 0 to 2");
	check_none(lam_dataset_arrays(values, LAM_SHAPE(2), negative, 2), "sample 1 has class -1");
	check_none(lam_dataset_arrays(values, LAM_SHAPE(2), classes, 0), "0 samples");
	check_none(lam_dataset_arrays(values, LAM_SHAPE(2), classes, -1), "-1 samples");
	check_none(lam_dataset_arrays(values, LAM_SHAPE(0), classes, 2), "no shape");
	check_none(lam_dataset_arrays(values, LAM_SHAPE(1 << 30), classes, INT64_C(1) << 40),
		"any memory");
	check_none(lam_dataset_arrays(values, LAM_SHAPE(2), values, 2, .targets = LAM_VALUES),
		"need their shape");
	check_none(lam_dataset_arrays(values, LAM_SHAPE(2), values, 2, .targets = LAM_VALUES,
			   .target_shape = LAM_SHAPE(1), .classes = 2),
		"targets are no classes");
	check_none(
		lam_dataset_arrays(values, LAM_SHAPE(2), classes, 2, .target_shape = LAM_SHAPE(-1)),
		"a class per place have the shape -1");
	check_none(lam_dataset_arrays(values, LAM_SHAPE(4), classes, 1, .classes = 3,
			   .target_shape = LAM_SHAPE(2, 1), .ignore = -1),
		"sample 0 at place 1,0 has class 3, expected 0 to 2 or -1 (ignored)");
	check_none(
		lam_dataset_arrays(values, LAM_SHAPE(4), negative, 1, .target_shape = LAM_SHAPE(2)),
		"sample 0 at place 1 has class -1, expected 0 to 1048575");
}

/* Maps, and the class that is ignored: it neither counts as a class nor is refused. */
static void maps_are_read(void)
{
	static const lam_real values[4] = {0, 1, 2, 3};
	static const int32_t map[12] = {2, 0, 255, 1, -1, 3, 0, 255, 255, 255, 1, 1};
	int32_t target[6];
	lam_real x[2];
	check_none(lam_dataset_arrays(values, LAM_SHAPE(2), map, 2, .target_shape = LAM_SHAPE(2, 3),
			   .ignore = 255),
		"sample 0 at place 1,1 has class -1, expected 0 to 1048575 or 255 (ignored)");
	lam_dataset *dataset = lam_dataset_arrays(values, LAM_SHAPE(2), map, 2,
		.target_shape = LAM_SHAPE(2, 3), .ignore = -1, .classes = 256);
	require(dataset != NULL, "%s", lam_error());
	check_ok(lam_dataset_read(dataset, 1, x, target));
	check(memcmp(target, map + 6, sizeof target) == 0 && x[0] == 2);
	lam_dataset_free(dataset);
	dataset = lam_dataset_arrays(
		values, LAM_SHAPE(2), map + 6, 1, .target_shape = LAM_SHAPE(2, 3), .ignore = 255);
	require(dataset != NULL, "%s", lam_error());
	const lam_target_info info = lam_dataset_targets(dataset);
	check(info.classes == 2 && info.ignore == 255 && info.shape.rank == 2);
	lam_dataset_free(dataset);
	dataset = lam_dataset_arrays(
		values, LAM_SHAPE(1), ((const int32_t[]){0, 3, 1, 0}), 4, .ignore = LAM_ZERO);
	require(dataset != NULL, "%s", lam_error());
	check(lam_dataset_targets(dataset).classes == 4);
	lam_dataset_free(dataset);
}

static void npy_files_are_read(void)
{
	static const uint8_t bytes[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255};
	static const int64_t classes[3] = {4, 0, 2};
	static const double values[3] = {0.5, 1.5, -2};
	write_npy(file_path("x.npy"),
		(lam_npy){.kind = LAM_NPY_UINT, .item = 1, .rank = 4, .dim = {3, 1, 2, 2}}, bytes);
	write_npy(file_path("c.npy"),
		(lam_npy){.kind = LAM_NPY_INT, .item = 8, .rank = 1, .dim = {3}}, classes);
	write_npy(file_path("v.npy"),
		(lam_npy){.kind = LAM_NPY_REAL, .item = 8, .rank = 1, .dim = {3}}, values);
	lam_real x[4], y = 0;
	int32_t target = -1;
	lam_dataset *dataset = lam_dataset_npy(file_path("x.npy"), file_path("c.npy"));
	require(dataset != NULL, "%s", lam_error());
	check(lam_dataset_count(dataset) == 3 && lam_dataset_shape(dataset).rank == 3
		&& lam_dataset_targets(dataset).classes == 5);
	check_ok(lam_dataset_read(dataset, 2, x, &target));
	check(x[0] == 8 && x[3] == 255 && target == 2);
	check_ok(lam_dataset_read(dataset, 0, x, NULL));
	lam_dataset_free(dataset);

	dataset = lam_dataset_npy(file_path("x.npy"), file_path("v.npy"));
	require(dataset != NULL, "%s", lam_error());
	check(lam_dataset_targets(dataset).type == LAM_VALUES
		&& lam_dataset_targets(dataset).shape.dim[0] == 1);
	check_ok(lam_dataset_read(dataset, 2, x, &y));
	check(x[0] == 8 && y == -2);
	lam_dataset_free(dataset);

	dataset = lam_dataset_npy(file_path("v.npy"), NULL);
	require(dataset != NULL, "%s", lam_error());
	check(lam_dataset_targets(dataset).type == LAM_INPUT
		&& lam_dataset_shape(dataset).dim[0] == 1);
	check_ok(lam_dataset_read(dataset, 1, x, NULL));
	check(x[0] == (lam_real)1.5);
	lam_dataset_free(dataset);
}

/* A file in column-major order, as numpy writes a transposed array, gives the same samples. */
static void fortran_order_is_turned(void)
{
	float values[12];
	char header[LAM_NPY_ROOM], all[LAM_NPY_ROOM + sizeof values];
	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 3; j++)
			for (int k = 0; k < 2; k++)
				values[i + 2 * (j + 3 * k)] = (float)((i * 3 + j) * 2 + k);
	lam_npy npy = {.kind = LAM_NPY_REAL, .item = 4, .rank = 3, .dim = {2, 3, 2}};
	size_t length = lam_npy_format(&npy, header);
	char *order = strstr(header + 10, "False");
	require(order != NULL);
	memcpy(order, "True ", 5);
	memcpy(all, header, length);
	memcpy(all + length, values, sizeof values);
	file_write(file_path("f.npy"), all, length + sizeof values);
	lam_dataset *dataset = lam_dataset_npy(file_path("f.npy"), NULL);
	require(dataset != NULL, "%s", lam_error());
	for (int64_t i = 0; i < 2; i++) {
		lam_real x[6];
		check_ok(lam_dataset_read(dataset, i, x, NULL));
		for (int f = 0; f < 6; f++)
			check(x[f] == (lam_real)(i * 6 + f), "sample %d value %d is %g", (int)i, f,
				(double)x[f]);
	}
	lam_dataset_free(dataset);
}

static void bad_npy_files_are_refused(void)
{
	static const int32_t three[3] = {1, -1, 2};
	static const double values[2] = {1, 2};
	write_npy(file_path("three.npy"),
		(lam_npy){.kind = LAM_NPY_INT, .item = 4, .rank = 1, .dim = {3}}, three);
	write_npy(file_path("two.npy"),
		(lam_npy){.kind = LAM_NPY_REAL, .item = 8, .rank = 1, .dim = {2}}, values);
	check_none(lam_dataset_npy(NULL, NULL), "no path");
	check_none(lam_dataset_npy(file_path("none.npy"), NULL), "No such file");
	check_none(lam_dataset_npy(file_path("two.npy"), file_path("none.npy")), "No such file");
	check_none(lam_dataset_npy(file_path("two.npy"), file_path("three.npy")), "3 targets");
	/* a sample that is its own target is not rounded */
	static const int64_t large[2] = {1, (INT64_C(1) << 53) + 1};
	write_npy(file_path("large.npy"),
		(lam_npy){.kind = LAM_NPY_INT, .item = 8, .rank = 1, .dim = {2}}, large);
	check_none(lam_dataset_npy(file_path("large.npy"), NULL),
		"9007199254740993 of sample 1 is not exact");
	lam_net *net = lam_net_create(lam_affine(.out = 1), LAM_SHAPE(1));
	check(lam_net_load_params(net, file_path("large.npy")) == LAM_ERR_FORMAT
		&& strstr(lam_error(), "it is .npy, a single array; expected .npz"));
	lam_net_free(net);
}

enum { THREADS = 4, SAMPLES = 100 };

/* Reads every sample. Several threads do so at once, and ThreadSanitizer looks for data races. */
static void *read_all(void *argument)
{
	const lam_dataset *dataset = argument;
	uintptr_t wrong = 0;
	for (int64_t i = 0; i < SAMPLES; i++) {
		lam_real x[2];
		int32_t target;
		wrong += lam_dataset_read(dataset, i, x, &target) != LAM_OK
			|| x[0] != (lam_real)(2 * i) || target != i % 7;
	}
	return (void *)wrong;
}

static void threads_read_at_once(void)
{
	static uint8_t values[2 * SAMPLES], classes[SAMPLES];
	for (int i = 0; i < SAMPLES; i++) {
		values[2 * i] = (uint8_t)(2 * i);
		classes[i] = (uint8_t)(i % 7);
	}
	write_npy(file_path("tx.npy"),
		(lam_npy){.kind = LAM_NPY_UINT, .item = 1, .rank = 2, .dim = {SAMPLES, 2}}, values);
	write_npy(file_path("tc.npy"),
		(lam_npy){.kind = LAM_NPY_UINT, .item = 1, .rank = 2, .dim = {SAMPLES, 1}},
		classes);
	lam_dataset *dataset = lam_dataset_npy(file_path("tx.npy"), file_path("tc.npy"));
	require(dataset != NULL, "%s", lam_error());
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		require(pthread_create(&threads[i], NULL, read_all, dataset) == 0);
	for (int i = 0; i < THREADS; i++) {
		void *wrong;
		pthread_join(threads[i], &wrong);
		check(wrong == NULL, "thread %d", i);
	}
	lam_dataset_free(dataset);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(ones_own_is_read),
		TEST(a_failure_without_a_sentence_is_named),
		TEST(senseless_ones_are_refused),
		TEST(arrays_are_read),
		TEST(bad_arrays_are_refused),
		TEST(npy_files_are_read),
		TEST(maps_are_read),
		TEST(fortran_order_is_turned),
		TEST(bad_npy_files_are_refused),
		TEST(threads_read_at_once),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
