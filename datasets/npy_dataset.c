/* SPDX-License-Identifier: MIT */
/* A data set from .npy files. Values stay in memory in the file's type; a sample is converted when
 * it is read. */
#include "datasets/datasets.h"

#include "framework/data/inside.h"
#include "framework/data/numbers.h"
#include "framework/files/file.h"
#include "framework/files/npy.h"
#include "framework/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#ifdef LAM_DOUBLE
#define REAL_NAME "float64"
#else
#define REAL_NAME "float32"
#endif

/* One file: [count][features] values of some type. */
struct table {
	lam_npy info;
	unsigned char *values; /* as stored in the file */
	int64_t features;
	char what[320];
};

struct npy_state {
	struct table x, target;
};

/* Converts the values of sample `index`, in row-major order, to lam_real. */
static lam_status read_row(const struct table *t, int64_t index, lam_real *out)
{
	size_t item = t->info.item;
	if (!t->info.fortran)
		return lam_npy_to_real(&t->info, t->values + (size_t)(index * t->features) * item,
			t->features, t->what, out);
	/* Fortran order: a sample's values lie `count` values apart, the first of its dimensions
	 * varying fastest. */
	lam_npy sample = t->info;
	int64_t count = sample.dim[0];
	sample.count = t->features;
	sample.dim[0] = 1;
	for (int64_t i = 0; i < t->features; i++) {
		const unsigned char *from = t->values + (size_t)(index + i * count) * item;
		lam_status status = lam_npy_to_real(
			&t->info, from, 1, t->what, out + lam_npy_place(&sample, i));
		if (status != LAM_OK)
			return status;
	}
	return LAM_OK;
}

static lam_status npy_read(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	const struct npy_state *s = lam_dataset_state(self);
	lam_status status = read_row(&s->x, index, x);
	if (status != LAM_OK || !target)
		return status;
	if (lam_dataset_targets(self).type == LAM_VALUES)
		return read_row(&s->target, index, target);
	const struct table *t = &s->target; /* one integer per sample */
	int64_t found = 0;
	status = lam_npy_to_int64(
		&t->info, t->values + (size_t)index * t->info.item, 1, t->what, &found);
	int32_t label = (int32_t)found; /* the range was checked */
	if (status == LAM_OK)
		memcpy(target, &label, sizeof label);
	return status;
}

static void npy_destroy(lam_dataset *self)
{
	struct npy_state *s = lam_dataset_state(self);
	lam_free(s->x.values);
	lam_free(s->target.values);
}

static const lam_dataset_class npy_class = {
	LAM_DATASET_ABI,
	.kind = "npy",
	.state_size = sizeof(struct npy_state),
	.read = npy_read,
	.destroy = npy_destroy,
};

/* Reads the header and checks it against the file's length. */
static lam_status read_header(const lam_file_reader *file, struct table *t)
{
	unsigned char prefix[LAM_NPY_PREFIX];
	size_t length;
	lam_status status = lam_file_read(file, 0, prefix, sizeof prefix);
	if (status == LAM_OK)
		status = lam_npy_header_length(prefix, t->what, &length);
	if (status != LAM_OK)
		return status;
	unsigned char *header = lam_alloc(length, 1);
	if (!header)
		return LAM_ERR_MEMORY;
	status = lam_file_read(file, 0, header, length);
	if (status == LAM_OK)
		status = lam_npy_parse(header, length, t->what, &t->info);
	lam_free(header);
	if (status != LAM_OK)
		return status;
	if (lam_file_size(file) - length != lam_npy_bytes(&t->info))
		return lam_fail(LAM_ERR_FORMAT, "%s: is %s of %zu bytes, but holds %" PRIu64,
			t->what, lam_npy_text(&t->info).text, lam_npy_bytes(&t->info),
			lam_file_size(file) - length);
	if (t->info.rank < 1 || t->info.dim[0] < 1)
		return lam_fail(LAM_ERR_SHAPE,
			"%s: is %s, expected at least one sample along its first dimension",
			t->what, lam_npy_text(&t->info).text);
	if (t->info.count < 1)
		return lam_fail(LAM_ERR_SHAPE, "%s: is %s, expected samples of at least one value",
			t->what, lam_npy_text(&t->info).text);
	t->features = t->info.count / t->info.dim[0];
	return LAM_OK;
}

static lam_status load(const char *path, struct table *t)
{
	snprintf(t->what, sizeof t->what, "'%s'", lam_path_text(path).text);
	lam_file_reader *file = lam_file_open(path);
	if (!file)
		return LAM_ERR_IO;
	lam_status status = read_header(file, t);
	if (status == LAM_OK) {
		t->values = lam_alloc((size_t)t->info.count, t->info.item);
		status = t->values
			? lam_file_read(file, t->info.header, t->values, lam_npy_bytes(&t->info))
			: LAM_ERR_MEMORY;
	}
	lam_file_close(file);
	return status;
}

/* Value number `i` of the file; the type is one of numbers. */
static double number_of(const struct table *t, int64_t i)
{
	double number = NAN;
	(void)!lam_npy_to_double(
		&t->info, t->values + (size_t)i * t->info.item, 1, t->what, &number);
	return number;
}

/* The shape of one sample: the dimensions behind the first, or [1] if there are none. */
static lam_status sample_shape(const struct table *t, lam_shape *shape)
{
	*shape = LAM_SHAPE(1);
	if (t->info.rank == 1)
		return LAM_OK;
	if (t->info.rank - 1 > LAM_MAX_RANK)
		return lam_fail(LAM_ERR_SHAPE,
			"%s: is %s, expected at most %d dimensions behind the first", t->what,
			lam_npy_text(&t->info).text, LAM_MAX_RANK);
	shape->rank = t->info.rank - 1;
	for (int i = 0; i < shape->rank; i++)
		shape->dim[i] = t->info.dim[i + 1];
	return LAM_OK;
}

/* The first sample whose target, one number, is no class: not whole, below 0 or too large; -1:
 * there is none, and *classes is the largest one + 1. */
static int64_t first_without_class(const struct table *t, int64_t *classes)
{
	double largest = 0;
	for (int64_t i = 0; i < t->info.count; i++) {
		double found = number_of(t, i);
		if (!(found >= 0 && found < INT32_MAX && found == floor(found)))
			return i;
		largest = found > largest ? found : largest;
	}
	*classes = (int64_t)largest + 1;
	return -1;
}

/* Whether the targets may be classes of a map, or one that a loss ignores: whole, in int32_t's
 * range, exact as lam_real. */
static bool all_whole(const struct table *t)
{
	if (t->info.kind != LAM_NPY_REAL && t->info.item <= 2)
		return true;
	for (int64_t i = 0; i < t->info.count; i++) {
		const double number = number_of(t, i);
		if (!(fabs(number) <= fmin(INT32_MAX, (double)LAM_EXACT_WHOLE)
			    && number == floor(number)))
			return false;
	}
	return true;
}

/* Decides what targets of one number per sample are: classes or values, or both. */
static void judge_numbers(
	const struct table *t, lam_target_info *targets, lam_target_numbers *numbers)
{
	int64_t classes = 0;
	const int64_t without = first_without_class(t, &classes);
	if (without < 0 && t->info.kind != LAM_NPY_REAL)
		*targets = (lam_target_info){.type = LAM_CLASSES, .classes = classes};
	const double number = without < 0 ? 0 : number_of(t, without);
	if (without >= 0)
		snprintf(numbers->flaw, sizeof numbers->flaw,
			": sample %" PRId64 " is %.17g, no class", without,
			isnan(number) ? (double)NAN : number); /* not "-nan" */
	else if (classes - 1 <= LAM_EXACT_WHOLE)
		numbers->classes = classes;
	else
		snprintf(numbers->flaw, sizeof numbers->flaw,
			": class %" PRId64 " is not exact as " REAL_NAME, classes - 1);
}

/* Refuses integers that would be rounded as targets. Reals may be: a float64 file serves a float
 * net. */
static lam_status check_exact(const struct table *t)
{
	if (t->info.kind == LAM_NPY_REAL || t->info.item < 4)
		return LAM_OK;
	for (int64_t i = 0; i < t->info.count; i++) {
		int64_t found;
		lam_status status = lam_npy_to_int64(
			&t->info, t->values + (size_t)i * t->info.item, 1, t->what, &found);
		if (status != LAM_OK)
			return status;
		const double real = (double)(lam_real)found;
		if (fabs(real) < 0x1p63 && (int64_t)real == found)
			continue;
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: is %s; %" PRId64 " of sample %" PRId64 " is not exact as " REAL_NAME
			"; expected t.astype('" REAL_NAME "'), if it may be rounded",
			t->what, lam_npy_text(&t->info).text, found,
			lam_npy_place(&t->info, i) / t->features);
	}
	return LAM_OK;
}

/* The targets of the second file. */
static lam_status describe_targets(
	const struct npy_state *s, lam_target_info *targets, lam_target_numbers *numbers)
{
	const struct table *t = &s->target;
	if (t->info.kind == LAM_NPY_BYTES)
		return lam_fail(LAM_ERR_FORMAT,
			"%s: is %s, expected numbers, as numpy.unique(t, return_inverse=True)[1] "
			"makes of names",
			t->what, lam_npy_text(&t->info).text);
	if (t->info.dim[0] != s->x.info.dim[0])
		return lam_fail(LAM_ERR_SHAPE,
			"%.150s has %" PRId64 " samples, but %.150s has %" PRId64 " targets",
			s->x.what, s->x.info.dim[0], t->what, t->info.dim[0]);
	snprintf(numbers->text, sizeof numbers->text, "%s is %s", t->what,
		lam_npy_text(&t->info).text);
	*targets = (lam_target_info){.type = LAM_VALUES};
	numbers->whole = all_whole(t);
	if (t->features == 1)
		judge_numbers(t, targets, numbers);
	if (targets->type == LAM_CLASSES)
		return LAM_OK;
	lam_status status = sample_shape(t, &targets->shape);
	return status == LAM_OK ? check_exact(t) : status;
}

/* The shape and the targets of the samples of the two files. */
static lam_status describe(const struct npy_state *s, bool has_target, lam_shape *shape,
	lam_target_info *targets, lam_target_numbers *numbers)
{
	if (s->x.info.kind == LAM_NPY_BYTES)
		return lam_fail(LAM_ERR_FORMAT, "%s: is %s, expected numbers", s->x.what,
			lam_npy_text(&s->x.info).text);
	*targets = (lam_target_info){.type = LAM_INPUT};
	lam_status status = sample_shape(&s->x, shape);
	if (status != LAM_OK)
		return status;
	return has_target ? describe_targets(s, targets, numbers) : check_exact(&s->x);
}

lam_dataset *lam_dataset_npy(const char *x_path, const char *target_path)
{
	if (!x_path) {
		lam_fail(LAM_ERR_ARGUMENT,
			"data set \"npy\": no path of the samples, expected a .npy file");
		return NULL;
	}
	lam_shape shape;
	lam_target_info targets;
	lam_target_numbers numbers = {0};
	lam_dataset *dataset = NULL;
	struct npy_state *s = lam_alloc(1, sizeof *s);
	if (!s)
		return NULL;
	lam_status status = load(x_path, &s->x);
	if (status == LAM_OK && target_path)
		status = load(target_path, &s->target);
	if (status == LAM_OK)
		status = describe(s, target_path != NULL, &shape, &targets, &numbers);
	if (status == LAM_OK)
		dataset = lam_dataset_new(&npy_class, s->x.info.dim[0], shape, targets);
	if (dataset) {
		*(struct npy_state *)lam_dataset_state(dataset) = *s;
		lam_dataset_set_light(dataset);
	} else {
		lam_free(s->x.values);
		lam_free(s->target.values);
	}
	lam_free(s);
	if (!dataset
		|| (lam_dataset_set_source(dataset, x_path) == LAM_OK
			&& (!target_path || lam_dataset_set_numbers(dataset, &numbers) == LAM_OK)))
		return dataset;
	lam_dataset_free(dataset);
	return NULL;
}
