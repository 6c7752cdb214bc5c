/* SPDX-License-Identifier: MIT */
/* Targets in .npy files: a loss takes what is exact, whatever type numpy has saved. The sentence
 * about anything else says what to save instead. */
#include "tests/train/write_npy.h"

#include <lamina.h>

#include <math.h>

enum { N = 5, K = 3, PLANE = 4 };

#define REAL_NAME (sizeof(lam_real) == 4 ? "float32" : "float64")

/* Every type that holds the numbers 0 to 2. */
static const struct type {
	lam_npy_kind kind;
	size_t item;
} types[] = {
	{LAM_NPY_REAL, sizeof(lam_real)}, {LAM_NPY_REAL, 4}, {LAM_NPY_REAL, 8}, {LAM_NPY_INT, 1},
	{LAM_NPY_INT, 2}, {LAM_NPY_INT, 4}, {LAM_NPY_INT, 8}, {LAM_NPY_UINT, 1}, {LAM_NPY_UINT, 2},
	{LAM_NPY_UINT, 4}, {LAM_NPY_UINT, 8}, {LAM_NPY_BOOL, 1}, /* 0 and 1 alone */
};
enum { TYPES = sizeof types / sizeof *types };

static size_t put(unsigned char *to, struct type type, double value)
{
	const int64_t whole = (int64_t)value;
	const float single = (float)value;
	if (type.kind == LAM_NPY_REAL && type.item == 4)
		memcpy(to, &single, sizeof single);
	else if (type.kind == LAM_NPY_REAL)
		memcpy(to, &value, sizeof value);
	else
		for (size_t i = 0; i < type.item; i++)
			to[i] = (unsigned char)((uint64_t)whole >> 8 * i);
	return type.item;
}

/* Writes "t.npy" with these values; rows of `shape`, which may have rank 0. */
static const char *write_targets(
	struct type type, const double *values, const int64_t *shape, int rank)
{
	unsigned char bytes[N * K * PLANE * 8];
	lam_npy npy = {.kind = type.kind, .item = type.item, .rank = 1 + rank, .dim = {N}};
	int64_t count = N;
	size_t at = 0;
	for (int i = 0; i < rank; i++)
		count *= npy.dim[i + 1] = shape[i];
	for (int64_t i = 0; i < count; i++)
		at += put(bytes + at, type, values[i]);
	write_npy(file_path("t.npy"), npy, bytes);
	return file_path("t.npy");
}

static lam_layer *loss_number(int number)
{
	switch (number) {
	case 0:
		return lam_softmax_cross_entropy();
	case 1:
		return lam_softmax_cross_entropy(.soft = true);
	case 2:
		return lam_sigmoid_cross_entropy();
	case 3:
		return lam_mean_squared_error();
	default:
		return lam_softmax_cross_entropy(.ignore = number == 4 ? -100 : 2);
	}
}
enum { CLASSES, SOFT, SIGMOID, SQUARED, MINUS, TWO };

/* Evaluates a net of `out` outputs, or of a plane of as many pixels as the input has, on x.npy and
 * t.npy. */
static lam_status score_of(int loss, int out, double *value)
{
	lam_real x[N * PLANE];
	for (int i = 0; i < N * PLANE; i++)
		x[i] = (lam_real)sin(i);
	write_npy(file_path("x.npy"),
		(lam_npy){.kind = LAM_NPY_REAL, .item = sizeof *x, .rank = 4, .dim = {N, 1, 2, 2}},
		x);
	const bool map = out == 0 && (loss == CLASSES || loss >= MINUS);
	lam_layer *first = out > 0 ? lam_affine(.out = out)
				   : lam_conv2d(.out = map ? K : 1, .kernel = {1});
	lam_net *net = lam_net_create(lam_sequential(first, loss_number(loss)), LAM_SHAPE(1, 2, 2),
		.max_batch = 2, .seed = 3);
	lam_dataset *data = lam_dataset_npy(file_path("x.npy"), file_path("t.npy"));
	lam_score score = {.loss = -1};
	lam_report report;
	lam_status status = net && data ? lam_fit(net, data, &report, .epochs = 2, .batch = 2,
				    .optimizer = lam_sgd(.lr = (lam_real)0.1), .validation = data)
					: lam_error_status();
	if (!status)
		status = lam_evaluate(net, data, &score);
	*value = score.loss;
	lam_dataset_free(data);
	lam_net_free(net);
	return status;
}

/* Checks that all types give the bits of the reals. */
static void check_alike(int loss, int out, const double *values, const int64_t *shape, int rank)
{
	double expected = 0, value;
	bool boolean = true;
	int64_t count = N;
	for (int i = 0; i < rank; i++)
		count *= shape[i];
	for (int64_t i = 0; i < count; i++)
		boolean = boolean && (values[i] == 0 || values[i] == 1);
	for (int i = 0; i < TYPES; i++) {
		if (types[i].kind == LAM_NPY_BOOL && !boolean)
			continue;
		write_targets(types[i], values, shape, rank);
		check(score_of(loss, out, &value) == LAM_OK, "loss %d, %c%zu: %s", loss,
			(char)types[i].kind, types[i].item, lam_error());
		expected = i == 0 ? value : expected;
		check(value == expected, "loss %d, %c%zu: %g, not %g", loss, (char)types[i].kind,
			types[i].item, value, expected);
	}
}

static const double labels[N] = {0, 2, 1, 1, 0}, binary[N] = {0, 1, 1, 0, 1},
		    one_hot[N * K] = {1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0},
		    mask[N * PLANE] = {0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 1};

static void what_is_exact_is_taken(void)
{
	static const int64_t one[] = {1}, k[] = {K}, plane[] = {2, 2}, image[] = {1, 2, 2};
	check_alike(CLASSES, K, labels, NULL, 0);
	check_alike(CLASSES, K, labels, one, 1);
	check_alike(SOFT, K, one_hot, k, 1);
	check_alike(SIGMOID, K, one_hot, k, 1);
	check_alike(SIGMOID, 1, binary, NULL, 0);
	check_alike(SIGMOID, 1, binary, one, 1);
	check_alike(SIGMOID, 0, mask, plane, 2);
	check_alike(SIGMOID, 0, mask, image, 3);
	check_alike(SQUARED, 1, labels, NULL, 0);
	check_alike(SQUARED, K, one_hot, k, 1);
	check_alike(SQUARED, 0, mask, image, 3);
}

/* Checks that lam_fit() or lam_dataset_npy() refuses the targets, with both pieces of a sentence.
 */
static void refused(int loss, int out, const char *words, const char *more)
{
	double value;
	lam_status status = score_of(loss, out, &value);
	check(status && strstr(lam_error(), words) && strstr(lam_error(), more),
		"%s: says \"%s\", not \"%s\" and \"%s\"", lam_status_text(status), lam_error(),
		words, more);
}

/* Whole numbers, one for each place, are a map of classes for a loss that expects one. */
static void maps_of_classes_are_taken(void)
{
	static const int64_t plane[] = {2, 2}, image[] = {1, 2, 2}, wide[] = {4, 1}, one[] = {1};
	static const struct type int16 = {LAM_NPY_INT, 2}, float64 = {LAM_NPY_REAL, 8};
	double value, expected, minus[N * PLANE];
	check_alike(CLASSES, 0, mask, plane, 2);
	check_alike(CLASSES, 0, mask, image, 3);
	check_alike(TWO, 0, mask, plane, 2);
	for (int i = 0; i < N * PLANE; i++)
		minus[i] = i % 3 == 1 ? -100 : mask[i];
	write_targets(int16, minus, plane, 2);
	check_ok(score_of(MINUS, 0, &expected));
	write_targets(float64, minus, plane, 2);
	check_ok(score_of(MINUS, 0, &value));
	check(value == expected);
	refused(CLASSES, 0, "sample ", "at place ");
	refused(TWO, 0, "has class -100", "the loss expected 0 to 2 or 2 (ignored)");
	write_targets(int16, mask, wide, 2);
	refused(CLASSES, 0, "has a class per place of 4x1", "expected one per place of 2x2");
	write_targets(int16, labels, NULL, 0);
	refused(CLASSES, 0, "has a class per sample", "expected one per place of 2x2");
	write_targets(float64, (const double[N * PLANE]){[3] = 0.5}, plane, 2);
	refused(CLASSES, 0, "is float64 [5, 2, 2]", "a whole number at each place of 2x2");

	/* one per sample, of which some are ignored */
	const double some[N] = {0, -100, 1, 2, -100}, large[N] = {0, 2, 7, 1, 0};
	write_targets(int16, some, NULL, 0);
	check_ok(score_of(MINUS, K, &expected));
	write_targets(float64, some, one, 1);
	check_ok(score_of(MINUS, K, &value));
	check(value == expected);
	refused(CLASSES, K, "sample 1 is -100, no class", "expected classes");
	write_targets(int16, large, NULL, 0);
	refused(MINUS, K, "sample 2 has class 7", "the loss expected 0 to 2 or -100 (ignored)");
}

/* Integers below 0 are no classes, but values. */
static void negative_integers_are_values(void)
{
	static const double values[N] = {-3, 2, 0, -1, 100};
	double value, expected;
	write_targets(types[0], values, NULL, 0);
	check_ok(score_of(SQUARED, 1, &expected));
	write_targets((struct type){LAM_NPY_INT, 1}, values, NULL, 0);
	check_ok(score_of(SQUARED, 1, &value));
	check(value == expected);
}

static void the_sentence_says_what_to_save(void)
{
	static const int64_t k[] = {K}, image[] = {1, 2, 2};
	static const struct type int64 = {LAM_NPY_INT, 8}, float64 = {LAM_NPY_REAL, 8};
	char eye[100], cast[100];
	snprintf(eye, sizeof eye, "numpy.eye(3, dtype='%s')[t]", REAL_NAME);
	snprintf(cast, sizeof cast, "t.astype('%s')", REAL_NAME);

	write_targets(int64, one_hot, k, 1);
	refused(CLASSES, K, "t.npy' is int64 [5, 3]", "numpy.argmax(t, axis=1)");
	write_targets(int64, labels, NULL, 0);
	refused(SOFT, K, "t.npy' is int64 [5]", eye);
	write_targets(int64, labels, NULL, 0);
	refused(SIGMOID, 1, "sample 1 is 2", "expected 0 to 1");
	write_targets(float64, (const double[N]){0, 1, 0.5, 1, 0}, NULL, 0);
	refused(CLASSES, K, "is float64 [5]: sample 2 is 0.5, no class", "t.astype('int32')");
	write_targets(float64, (const double[N]){0, 1, 1, NAN, 0}, NULL, 0);
	refused(CLASSES, K, "sample 3 is nan, no class", "t.astype('int32')");
	write_targets(int64, (const double[N]){0, -1, 1, 1, 0}, NULL, 0);
	refused(CLASSES, K, "is int64 [5]: sample 1 is -1, no class", "expected classes");
	write_targets(int64, (const double[N]){0, 3e9, 1, 1, 0}, NULL, 0);
	refused(CLASSES, K, "sample 1 is 3000000000, no class", "expected classes");
	write_targets(int64, (const double[N]){0, 1, 7, 1, 0}, NULL, 0);
	refused(CLASSES, K, "8 classes", "at most 3");
	write_targets(
		(struct type){LAM_NPY_UINT, 1}, (const double[N * PLANE]){[17] = 255}, image, 3);
	refused(SIGMOID, 0, "the target of sample 4 is 255 (value 1); the loss expected 0 to 1",
		"t.npy' is uint8 [5, 1, 2, 2]; t / 255 of bytes is in that range)");
	write_npy(file_path("t.npy"),
		(lam_npy){.kind = LAM_NPY_BYTES, .item = 3, .rank = 1, .dim = {N}},
		"catdogcatdogcat");
	refused(CLASSES, K, "is bytes3 [5]", "numpy.unique(t, return_inverse=True)[1]");
	file_write(file_path("t.npy"), "PK\3\4 and so on", 15);
	refused(CLASSES, K, "is an archive, such as numpy.savez() writes", "numpy.save()");

	/* 2^24 + 1 and 2^53 + 1: the first integers that are not exact in float and in double */
	const double most = sizeof(lam_real) == 4 ? 0x1p24 : 0x1p53;
	write_targets(int64, (const double[N * K]){[4] = most}, k, 1);
	double value;
	check_ok(score_of(SQUARED, K, &value));
	if (sizeof(lam_real) == 8)
		return;
	write_targets(int64, (const double[N * K]){[4] = most + 1}, k, 1);
	refused(SQUARED, K, "is int64 [5, 3]; 16777217 of sample 1 is not exact as float32", cast);
	write_targets(int64, (const double[N]){[2] = most + 1}, NULL, 0);
	refused(SQUARED, 1, "is int64 [5]: class 16777217 is not exact as float32", cast);
}

/* numpy takes every byte but 0 for true. */
static void any_byte_is_true(void)
{
	double value, expected;
	write_targets((struct type){LAM_NPY_BOOL, 1}, binary, NULL, 0);
	check_ok(score_of(SIGMOID, 1, &expected));
	write_npy(file_path("t.npy"),
		(lam_npy){.kind = LAM_NPY_BOOL, .item = 1, .rank = 1, .dim = {N}}, "\0\2\377\0\1");
	check_ok(score_of(SIGMOID, 1, &value));
	check(value == expected);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(what_is_exact_is_taken),
		TEST(maps_of_classes_are_taken),
		TEST(negative_integers_are_values),
		TEST(the_sentence_says_what_to_save),
		TEST(any_byte_is_true),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
