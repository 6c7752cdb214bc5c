/* SPDX-License-Identifier: MIT */
/* Whitening filters: the mean of p p^T over patches p, its eigenvectors by Jacobi's rotations, and
 * the weight. All in double. Eigenvectors: Golub and Van Loan, "Matrix computations", 8.5. */
#include "framework/whiten.h"

#include "framework/base/float_mode.h"
#include "framework/base/options.h"
#include "framework/base/shown.h"
#include "framework/layer/inside.h"
#include "framework/memory.h"
#include "framework/net/query.h"
#include "framework/net/use.h"
#include "framework/plan/inside.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { MOST_TERMS = 1024, BATCH = 64, SWEEPS = 60 };

/* What is computed: the convolution's weight, what it reads, and the matrix of its patches. */
struct whitening {
	lam_net *net;
	const lam_dataset *dataset;
	int64_t samples;
	double eps;
	lam_param *weight;
	int64_t filters, terms; /* the rows and columns of the weight */
	int64_t kh, kw, height, width;
	/* the layer or container whose output the convolution reads; NULL: the net's input */
	char *watched;
	lam_real *x, *y; /* [BATCH] samples, and what the net says of them */
	double *mean;    /* [terms][terms] */
	double *vectors; /* [terms][terms], one eigenvector in each row */
	double *patch;   /* [terms] */
};

/* The option "dilation" or "groups" of a layer is 1. */
static bool is_one(const lam_layer *layer, const char *name)
{
	const lam_option *row = layer->layer_class->options;
	for (; row && row->name; row++)
		if (!strcmp(row->name, name)) {
			int value[2] = {1, 1};
			memcpy(value, (const char *)lam_layer_state(layer) + row->offset,
				(row->type == LAM_OPTION_PAIR ? 2 : 1) * sizeof *value);
			return value[0] == 1 && value[1] == 1;
		}
	return true;
}

static const lam_call *find_call(const lam_plan *plan, const char *path)
{
	for (int i = 0; i < plan->call_count; i++)
		if (!plan->calls[i].owns_layer && !strcmp(plan->calls[i].path, path))
			return &plan->calls[i];
	return NULL;
}

/* Whether the plan has added a call that converts a value to another layout. */
static bool converts(const lam_call *call)
{
	return call->owns_layer && call->inputs == 1;
}

/* Finds the convolution and what it reads, past conversions between layouts. */
static lam_status find(struct whitening *w, const char *path)
{
	const lam_plan *plan = lam_net_plan(w->net);
	const lam_call *call = find_call(plan, path);
	if (!call)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_whiten: the net has no layer \"%s\"; expected a convolution's path, "
			"as in "
			"its parameters' names",
			lam_show(path).text);
	const char *kind = call->layer_class->kind;
	if ((strcmp(kind, "conv1d") != 0 && strcmp(kind, "conv2d") != 0)
		|| !is_one(call->layer, "groups") || !is_one(call->layer, "dilation"))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_whiten: \"%s\" is %s; expected conv1d or conv2d without groups and "
			"dilation",
			lam_show(path).text, lam_call_title(call).text);
	lam_slot slot = call->in[0].slot;
	while (plan->slots[slot].producer >= 0
		&& converts(&plan->calls[plan->slots[slot].producer]))
		slot = plan->calls[plan->slots[slot].producer].in[0].slot;
	const int producer = plan->slots[slot].producer;
	if (producer >= 0 && !(w->watched = lam_text_copy(plan->calls[producer].path)))
		return LAM_ERR_MEMORY;
	if (producer >= 0 && plan->calls[producer].owns_layer) {
		/* a sum that ends a residual block, whose path is that of the block and ".add" */
		char *end = strrchr(w->watched, '.');
		*(end ? end : w->watched) = '\0';
	}
	w->weight = plan->params[call->owner < 0 ? call->first_param
						 : plan->calls[call->owner].first_param];
	const lam_shape in = plan->slots[slot].shape, shape = lam_param_shape(w->weight);
	w->filters = shape.dim[0];
	w->terms = lam_shape_count(&shape) / w->filters;
	w->kh = shape.rank == 4 ? shape.dim[2] : 1;
	w->kw = shape.dim[shape.rank - 1];
	w->height = in.rank == 3 ? in.dim[1] : 1;
	w->width = in.dim[in.rank - 1];
	if (w->filters > 2 * w->terms || w->terms > MOST_TERMS)
		return lam_fail(LAM_ERR_SHAPE,
			"lam_whiten: the weight of \"%s\" is %s; expected at most %d terms a "
			"filter, "
			"and twice as many filters as terms",
			lam_show(path).text, lam_shape_text(shape).text, MOST_TERMS);
	if (w->kh > w->height || w->kw > w->width)
		return lam_fail(LAM_ERR_SHAPE,
			"lam_whiten: the kernel of \"%s\" is larger than its input, %s; expected a "
			"place where it fits",
			lam_show(path).text, lam_shape_text(in).text);
	return LAM_OK;
}

/* Adds the sum of p p^T over one sample to that of all. Only the lower triangle is computed. */
static void add_patches(struct whitening *w, const lam_real *x, double *sums)
{
	const int64_t plane = w->height * w->width, taps = w->kh * w->kw;
	memset(sums, 0, (size_t)(w->terms * w->terms) * sizeof *sums);
	for (int64_t i = 0; i + w->kh <= w->height; i++)
		for (int64_t j = 0; j + w->kw <= w->width; j++) {
			for (int64_t t = 0; t < w->terms; t++) {
				const int64_t c = t / taps, p = t % taps / w->kw, q = t % w->kw;
				w->patch[t] = (double)x[c * plane + (i + p) * w->width + j + q];
			}
			for (int64_t a = 0; a < w->terms; a++)
				for (int64_t b = 0; b <= a; b++)
					sums[a * w->terms + b] += w->patch[a] * w->patch[b];
		}
	for (int64_t k = 0; k < w->terms * w->terms; k++)
		w->mean[k] += sums[k];
}

/* Sums over all samples, then the mean, in both triangles. `sums` is room for one matrix. */
static lam_status measure(struct whitening *w, lam_net *replica, double *sums)
{
	const lam_shape in = lam_net_input_shape(w->net);
	const int64_t pixels = lam_shape_count(&in), terms = w->terms;
	for (int64_t first = 0, n; first < w->samples; first += n) {
		n = w->samples - first < BATCH ? w->samples - first : BATCH;
		for (int64_t i = 0; i < n; i++) {
			lam_status status = lam_dataset_read(
				w->dataset, first + i, w->x + i * pixels, NULL);
			if (status)
				return status;
		}
		const lam_real *read = w->x;
		lam_shape shape = in;
		if (replica) {
			lam_status status = lam_net_predict(replica, w->x, n, w->y);
			if (status)
				return status;
			if (!(read = lam_net_value(replica, w->watched, &shape)))
				return lam_error_status();
		}
		for (int64_t i = 0; i < n; i++)
			add_patches(w, read + i * lam_shape_count(&shape), sums);
	}
	const double places = (double)(w->height - w->kh + 1) * (double)(w->width - w->kw + 1)
		* (double)w->samples;
	for (int64_t a = 0; a < terms; a++)
		for (int64_t b = 0; b <= a; b++)
			w->mean[b * terms + a] = w->mean[a * terms + b] /= places;
	for (int64_t k = 0; k < terms * terms; k++)
		if (!isfinite(w->mean[k]))
			return lam_fail(LAM_ERR_NUMERIC,
				"lam_whiten: what the layer reads has a value that is not finite");
	return LAM_OK;
}

/* One rotation, of rows and columns p < q, that makes m[p][q] zero. */
static void rotate(double *m, double *vectors, int64_t n, int64_t p, int64_t q)
{
	const double apart = (m[q * n + q] - m[p * n + p]) / (2 * m[p * n + q]);
	const double t = (apart < 0 ? -1 : 1) / (fabs(apart) + sqrt(apart * apart + 1));
	const double c = 1 / sqrt(t * t + 1), s = t * c;
	for (int64_t k = 0; k < n; k++) {
		const double a = m[k * n + p], b = m[k * n + q];
		m[k * n + p] = c * a - s * b;
		m[k * n + q] = s * a + c * b;
	}
	for (int64_t k = 0; k < n; k++) {
		const double a = m[p * n + k], b = m[q * n + k];
		m[p * n + k] = c * a - s * b;
		m[q * n + k] = s * a + c * b;
		const double u = vectors[p * n + k], v = vectors[q * n + k];
		vectors[p * n + k] = c * u - s * v;
		vectors[q * n + k] = s * u + c * v;
	}
}

/* Leaves the eigenvalues on the diagonal of `mean`, and the vectors of each in a row. */
static void diagonalise(struct whitening *w)
{
	const int64_t n = w->terms;
	double all = 0;
	for (int64_t k = 0; k < n * n; k++)
		all += w->mean[k] * w->mean[k];
	for (int64_t k = 0; k < n; k++)
		w->vectors[k * n + k] = 1;
	for (int sweep = 0; sweep < SWEEPS; sweep++) {
		double beside = 0;
		for (int64_t p = 0; p < n; p++)
			for (int64_t q = p + 1; q < n; q++)
				beside += w->mean[p * n + q] * w->mean[p * n + q];
		if (beside <= 1e-30 * all)
			return;
		for (int64_t p = 0; p < n; p++)
			for (int64_t q = p + 1; q < n; q++)
				if (w->mean[p * n + q] != 0)
					rotate(w->mean, w->vectors, n, p, q);
	}
}

/* The row of the largest eigenvalue that is not written yet, which is marked by -1. */
static int64_t next_largest(struct whitening *w, double *value)
{
	const int64_t n = w->terms;
	int64_t best = -1;
	for (int64_t k = 0; k < n; k++)
		if (w->patch[k] >= 0 && (best < 0 || w->patch[k] > w->patch[best]))
			best = k;
	*value = w->patch[best];
	w->patch[best] = -1;
	return best;
}

static void write_weight(struct whitening *w)
{
	const int64_t n = w->terms;
	lam_real *to = lam_param_edit(w->weight);
	for (int64_t k = 0; k < n; k++)
		w->patch[k] = fmax(w->mean[k * n + k], 0);
	for (int64_t i = 0; i < n && i < w->filters; i++) {
		double value, largest = 0;
		const double *vector = w->vectors + next_largest(w, &value) * n;
		for (int64_t k = 0; k < n; k++)
			if (fabs(vector[k]) > fabs(largest))
				largest = vector[k];
		const double scale = (largest < 0 ? -1 : 1) / sqrt(value + w->eps);
		for (int64_t k = 0; k < n; k++) {
			to[i * n + k] = (lam_real)(vector[k] * scale);
			if (i + n < w->filters)
				to[(i + n) * n + k] = -to[i * n + k];
		}
	}
}

static lam_status whiten(struct whitening *w)
{
	const lam_shape in = lam_net_input_shape(w->net), out = lam_net_output_shape(w->net);
	const int64_t square = w->terms * w->terms;
	lam_net *replica = NULL;
	if (w->watched
		&& !(replica = lam_net_replica_with(
			     &(lam_replica_options){.size = sizeof(lam_replica_options),
				     .net = w->net,
				     .max_batch = BATCH,
				     .watch = (const char *const[]){w->watched, NULL}})))
		return lam_error_status();
	w->x = lam_alloc((size_t)(BATCH * lam_shape_count(&in)), sizeof *w->x);
	w->y = lam_alloc((size_t)(BATCH * lam_shape_count(&out)), sizeof *w->y);
	w->mean = lam_alloc((size_t)square, sizeof *w->mean);
	w->vectors = lam_alloc((size_t)square, sizeof *w->vectors);
	w->patch = lam_alloc((size_t)w->terms, sizeof *w->patch);
	lam_status status = w->x && w->y && w->mean && w->vectors && w->patch
		? measure(w, replica, w->vectors)
		: LAM_ERR_MEMORY;
	if (!status) {
		memset(w->vectors, 0, (size_t)square * sizeof *w->vectors);
		diagonalise(w);
		write_weight(w);
	}
	lam_free(w->patch);
	lam_free(w->vectors);
	lam_free(w->mean);
	lam_free(w->y);
	lam_free(w->x);
	lam_net_free(replica);
	return status;
}

lam_status lam_whiten_with(const lam_whiten_options *given)
{
	LAM_FLOAT_SCOPE(caller, LAM_FLOAT_IEEE);
	lam_whiten_options o;
	if (!lam_take_options("lam_whiten", &o, sizeof o, offsetof(lam_whiten_options, samples),
		    offsetof(lam_whiten_options, named), given))
		return LAM_ERR_ARGUMENT;
	if (!o.net || !o.path || !o.dataset)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_whiten: the %s is NULL",
			!o.net            ? "net"
				: !o.path ? "path"
					  : "data set");
	if (o.samples < 0 || !(o.eps >= 0) || isinf(o.eps))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_whiten: .samples is %" PRId64 " and .eps %g; expected at least 1 and "
			"above 0, or 0 for the defaults",
			o.samples, (double)o.eps);
	const int64_t count = lam_dataset_count(o.dataset);
	const lam_shape in = lam_net_input_shape(o.net), shape = lam_dataset_shape(o.dataset);
	if (count == LAM_ENDLESS)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_whiten: the data set is endless; expected one with a count");
	if (!lam_shape_equal(&in, &shape))
		return lam_fail(LAM_ERR_SHAPE,
			"lam_whiten: samples are %s; expected the net's input, %s",
			lam_shape_text(shape).text, lam_shape_text(in).text);
	lam_status status = lam_net_expect_idle(o.net, "lam_whiten");
	struct whitening w = {.net = o.net,
		.dataset = o.dataset,
		.samples = o.samples ? o.samples : 5000,
		.eps = o.eps > 0 ? (double)o.eps : 5e-4};
	w.samples = w.samples < count ? w.samples : count;
	if (!status)
		status = find(&w, o.path);
	if (!status)
		status = whiten(&w);
	lam_free(w.watched);
	return status;
}
