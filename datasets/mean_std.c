/* SPDX-License-Identifier: MIT */
/* The mean and the deviation of a data set's channels, and a layer that takes them off. */
#include "datasets/parts.h"

#include "framework/data/fields.h"
#include "framework/memory.h"
#include "layers/standardize.h"

#include <math.h>

/* The moments of a channel, updated sample by sample (Chan, Golub and LeVeque 1979): the mean, and
 * the sum of squared distances from it. */
struct moments {
	double mean, squares;
};

/* Merges `count` values, whose moments are `one`, into those of `before` values. */
static void merge(struct moments *all, int64_t before, struct moments one, int64_t count)
{
	const double n = (double)count, total = (double)(before + count),
		     distance = one.mean - all->mean;
	all->mean += distance * n / total;
	all->squares += one.squares + distance * distance * (double)before * n / total;
}

static struct moments moments_of(const lam_real *x, int64_t count)
{
	struct moments m = {0};
	for (int64_t i = 0; i < count; i++)
		m.mean += (double)x[i];
	m.mean /= (double)count;
	for (int64_t i = 0; i < count; i++)
		m.squares += ((double)x[i] - m.mean) * ((double)x[i] - m.mean);
	return m;
}

static lam_status measure(const lam_dataset *dataset, lam_real *x, void **to, struct moments *all)
{
	const lam_shape shape = lam_dataset_shape(dataset);
	const int64_t places = lam_shape_count(&shape) / shape.dim[0],
		      count = lam_dataset_count(dataset);
	for (int64_t i = 0; i < count; i++) {
		lam_status status = lam_dataset_read_fields(dataset, i, to);
		if (status)
			return status;
		for (int64_t c = 0; c < shape.dim[0]; c++)
			merge(&all[c], i * places, moments_of(x + c * places, places), places);
	}
	return LAM_OK;
}

lam_status lam_dataset_mean_std(const lam_dataset *dataset, lam_real *mean, lam_real *std)
{
	if (!dataset || !mean)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_dataset_mean_std: the %s is NULL",
			dataset ? "place of the means" : "data set");
	if (lam_dataset_count(dataset) == LAM_ENDLESS)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_dataset_mean_std: the data set is endless; expected one with a count");
	const lam_shape shape = lam_dataset_shape(dataset);
	lam_real *x = lam_alloc((size_t)lam_shape_count(&shape), sizeof *x);
	void **to = lam_alloc((size_t)lam_dataset_field_count(dataset), sizeof *to);
	struct moments *all = lam_alloc((size_t)shape.dim[0], sizeof *all);
	lam_status status = x && to && all ? LAM_OK : LAM_ERR_MEMORY;
	if (!status) {
		int input = 0;
		while (lam_dataset_field_at(dataset, input)->target)
			input++;
		to[input] = x;
		status = measure(dataset, x, to, all);
	}
	const double values = (double)lam_dataset_count(dataset)
		* (double)(lam_shape_count(&shape) / shape.dim[0]);
	for (int64_t c = 0; c < shape.dim[0] && !status; c++) {
		mean[c] = (lam_real)all[c].mean;
		if (std)
			std[c] = (lam_real)sqrt(all[c].squares / values);
	}
	lam_free(x);
	lam_free(to);
	lam_free(all);
	return status;
}

lam_layer *lam_standardize_for(const lam_dataset *train)
{
	if (!train) {
		lam_fail(LAM_ERR_ARGUMENT, "lam_standardize_for: the data set is NULL");
		return NULL;
	}
	const int64_t channels = lam_dataset_shape(train).dim[0];
	lam_real *mean = lam_alloc((size_t)channels, sizeof *mean),
		 *std = lam_alloc((size_t)channels, sizeof *std);
	lam_layer *layer = NULL;
	if (mean && std && lam_dataset_mean_std(train, mean, std) == LAM_OK) {
		for (int64_t c = 0; c < channels; c++)
			if (std[c] == 0)
				std[c] = 1;
		layer = lam_standardize(.count = channels, .means = mean, .stds = std);
	}
	lam_free(mean);
	lam_free(std);
	return layer;
}
