/* SPDX-License-Identifier: MIT */
/* Upsampling. The linear kernels go over a row from one input to the next. Between inputs k and k +
 * 1 lie the outputs begin[k] to begin[k + 1] - 1, so that an input is read, or its gradient's share
 * of this row is summed, once for all of them. The outputs before begin[0] and from the last
 * input's begin on are that input. */
#include "framework/kernels/upsample.h"
#include "framework/kernels/sizes.h"
#include "framework/kernels/thresholds.h"
#include "framework/kernels/vector.h"

#include <string.h>

static void nearest_forward(lam_real *y, const lam_real *x, const struct lam_upsample_geometry *g)
{
	const int64_t row = g->in[1] * g->scale[1] * LAM_LANES;
	for (int64_t h = 0; h < g->channels * g->in[0]; h++) {
		const lam_real *first = y;
		for (int64_t w = 0; w < g->in[1]; w++, x += LAM_LANES)
			for (int64_t q = 0; q < g->scale[1]; q++, y += LAM_LANES)
				for (int l = 0; l < LAM_LANES; l += VEC)
					vec_store(y + l, vec_load(x + l));
		for (int64_t p = 1; p < g->scale[0]; p++, y += row)
			memcpy(y, first, (size_t)row * sizeof *y);
	}
}

/* The sum of a window of more than SUM_TERMS values, of which as many are added in lam_real. */
static vec sum_long(const lam_real *window, const struct lam_upsample_geometry *g, int64_t row)
{
	double total[VEC] = {0};
	vec sum = {0};
	int64_t terms = 0;
	for (int64_t p = 0; p < g->scale[0]; p++)
		for (int64_t q = 0; q < g->scale[1]; q++) {
			const bool last = p + 1 == g->scale[0] && q + 1 == g->scale[1];
			sum += vec_load(window + p * row + q * LAM_LANES);
			if (++terms < SUM_TERMS && !last)
				continue;
			for (int e = 0; e < VEC; e++)
				total[e] += (double)sum[e];
			sum = (vec){0};
			terms = 0;
		}
	for (int e = 0; e < VEC; e++)
		sum[e] = (lam_real)total[e];
	return sum;
}

static void nearest_backward(
	lam_real *dx, const lam_real *dy, const struct lam_upsample_geometry *g)
{
	const int64_t height = g->scale[0], width = g->scale[1], row = g->in[1] * width * LAM_LANES;
	for (int64_t h = 0; h < g->channels * g->in[0]; h++, dy += height * row)
		for (int64_t w = 0; w < g->in[1]; w++, dx += LAM_LANES)
			for (int l = 0; l < LAM_LANES; l += VEC) {
				const lam_real *window = dy + w * width * LAM_LANES + l;
				vec sum = {0};
				if (height * width > SUM_TERMS) {
					vec_store(dx + l, sum_long(window, g, row));
					continue;
				}
				for (int64_t p = 0; p < height; p++)
					for (int64_t q = 0; q < width; q++)
						sum += vec_load(window + p * row + q * LAM_LANES);
				vec_store(dx + l, sum);
			}
}

/* One axis. The place of output i, in inputs, is (a i + b) / d. */
struct axis {
	int64_t in, out, a, b, d;
};

static struct axis axis_of(const struct lam_upsample_geometry *g, int side)
{
	const int64_t in = g->in[side], scale = g->scale[side], out = in * scale;
	return g->align_corners && in > 1
		? (struct axis){in, out, .a = in - 1, .b = 0, .d = out - 1}
		: (struct axis){in, out, .a = 2, .b = 1 - scale, .d = 2 * scale};
}

/* The first output that lies at input k or behind it. */
static int64_t begin_of(const struct axis *axis, int64_t k)
{
	return limit(ceil_divide(k * axis->d - axis->b, axis->a), 0, axis->out);
}

/* Output i is `left` times input k plus `right` times input k + 1, which exists unless `right` is
 * 0. */
struct weights {
	lam_real left, right;
};

static struct weights weights_of(const struct axis *axis, int64_t i, int64_t *k)
{
	const int64_t at = axis->a * i + axis->b;
	*k = limit(at / axis->d, 0, axis->in - 1);
	if (at < 0 || *k == axis->in - 1)
		return (struct weights){1, 0};
	const double right = (double)(at - *k * axis->d) / (double)axis->d;
	return (struct weights){(lam_real)(1 - right), (lam_real)right};
}

/* What the rows of a call have in common. */
struct columns {
	int64_t in, out;
	int64_t *begin;          /* [in] */
	struct weights *weights; /* [out] */
};

static struct columns columns_of(const struct axis *axis, void *scratch)
{
	const struct columns c = {axis->in, axis->out, .begin = scratch,
		.weights = (struct weights *)((int64_t *)scratch + axis->in)};
	int64_t k;
	for (k = 0; k < axis->in; k++)
		c.begin[k] = begin_of(axis, k);
	for (int64_t j = 0; j < axis->out; j++)
		c.weights[j] = weights_of(axis, j, &k);
	return c;
}

/* The sixteen lanes of a value. */
struct lanes {
	vec part[PARTS];
};

ALWAYS_INLINE struct lanes load(const lam_real *x)
{
	struct lanes v;
	UNROLL_FOR (int p = 0; p < PARTS; p++)
		v.part[p] = vec_load(x + p * VEC);
	return v;
}

ALWAYS_INLINE void store(lam_real *y, struct lanes v)
{
	UNROLL_FOR (int p = 0; p < PARTS; p++)
		vec_store(y + p * VEC, v.part[p]);
}

ALWAYS_INLINE struct lanes sum(struct lanes a, struct lanes b)
{
	UNROLL_FOR (int p = 0; p < PARTS; p++)
		a.part[p] += b.part[p];
	return a;
}

/* a + b w */
ALWAYS_INLINE struct lanes sum_with(struct lanes a, struct lanes b, lam_real w)
{
	UNROLL_FOR (int p = 0; p < PARTS; p++)
		a.part[p] += b.part[p] * w;
	return a;
}

ALWAYS_INLINE struct lanes between(struct lanes left, struct lanes right, struct weights w)
{
	UNROLL_FOR (int p = 0; p < PARTS; p++)
		left.part[p] = left.part[p] * w.left + right.part[p] * w.right;
	return left;
}

/* One row of y, between two rows of x, or equal to the upper one. */
ALWAYS_INLINE void forward_row(lam_real *y, const lam_real *up, const lam_real *down,
	struct weights w, const struct columns *c, bool equal)
{
	const lam_real *const end = y + c->out * LAM_LANES;
	const struct weights *weights = c->weights + c->begin[0];
	struct lanes left = equal ? load(up) : between(load(up), load(down), w);
	for (int64_t j = 0; j < c->begin[0]; j++, y += LAM_LANES)
		store(y, left);
	for (int64_t k = 1; k < c->in; k++) {
		const struct weights *next = c->weights + c->begin[k];
		up += LAM_LANES, down += LAM_LANES;
		const struct lanes right = equal ? load(up) : between(load(up), load(down), w);
		if (weights->right == 0) {
			store(y, left);
			weights++, y += LAM_LANES;
		}
		for (; weights < next; weights++, y += LAM_LANES)
			store(y, between(left, right, *weights));
		left = right;
	}
	for (; y < end; y += LAM_LANES)
		store(y, left);
}

static void linear_forward(
	lam_real *y, const lam_real *x, const struct lam_upsample_geometry *g, void *scratch)
{
	const struct axis rows = axis_of(g, 0), along = axis_of(g, 1);
	const struct columns columns = columns_of(&along, scratch);
	const int64_t row = g->in[1] * LAM_LANES;
	for (int64_t c = 0; c < g->channels; c++, x += g->in[0] * row)
		for (int64_t i = 0; i < rows.out; i++, y += columns.out * LAM_LANES) {
			int64_t k;
			const struct weights w = weights_of(&rows, i, &k);
			if (w.right == 0)
				forward_row(y, x + k * row, x + k * row, w, &columns, true);
			else
				forward_row(y, x + k * row, x + (k + 1) * row, w, &columns, false);
		}
}

/* Adds a column's share of one row of dy to one or two rows of dx. */
ALWAYS_INLINE void share_out(
	lam_real *up, lam_real *down, struct lanes share, struct weights w, bool equal)
{
	if (equal) {
		store(up, sum(load(up), share));
		return;
	}
	store(up, sum_with(load(up), share, w.left));
	store(down, sum_with(load(down), share, w.right));
}

/* Adds one row of dy to the two rows of dx that it lies between, or to the upper one. */
ALWAYS_INLINE void backward_row(lam_real *up, lam_real *down, const lam_real *dy, struct weights w,
	const struct columns *c, bool equal)
{
	const lam_real *const end = dy + c->out * LAM_LANES;
	const struct weights *weights = c->weights + c->begin[0];
	struct lanes left = {{{0}}};
	for (int64_t j = 0; j < c->begin[0]; j++, dy += LAM_LANES)
		left = sum(left, load(dy));
	for (int64_t k = 1; k < c->in; k++, up += LAM_LANES, down += LAM_LANES) {
		const struct weights *next = c->weights + c->begin[k];
		struct lanes right = {{{0}}};
		if (weights->right == 0) {
			left = sum(left, load(dy));
			weights++, dy += LAM_LANES;
		}
		for (; weights < next; weights++, dy += LAM_LANES) {
			left = sum_with(left, load(dy), weights->left);
			right = sum_with(right, load(dy), weights->right);
		}
		share_out(up, down, left, w, equal);
		left = right;
	}
	for (; dy < end; dy += LAM_LANES)
		left = sum(left, load(dy));
	share_out(up, down, left, w, equal);
}

/* Whether more than SUM_TERMS outputs of an axis may lie beside an input: between the inputs before
 * and behind it. */
static bool shares_are_many(const struct axis *axis)
{
	return 2 * ceil_divide(axis->d, axis->a) > SUM_TERMS;
}

/* Adds `weight` times column k's share of one row of dy to `total`. */
static void add_long(
	double *total, const lam_real *dy, double weight, const struct columns *c, int64_t k)
{
	const int64_t begin = k > 0 ? c->begin[k - 1] : 0, middle = k > 0 ? c->begin[k] : 0,
		      end = k + 1 < c->in ? c->begin[k + 1] : c->out;
	for (int64_t j = begin, stop; j < end;) {
		struct lanes share = {{{0}}};
		for (stop = least(end, j + SUM_TERMS); j < stop; j++)
			share = sum_with(share, load(dy + j * LAM_LANES),
				j < middle ? c->weights[j].right : c->weights[j].left);
		for (int l = 0; l < LAM_LANES; l++)
			total[l] += weight * (double)share.part[l / VEC][l % VEC];
	}
}

/* For sums of many terms: input by input. */
static void backward_long(lam_real *dx, const lam_real *dy, int64_t channels,
	const struct axis *rows, const struct columns *c)
{
	for (int64_t channel = 0; channel < channels; channel++) {
		for (int64_t r = 0; r < rows->in; r++)
			for (int64_t k = 0; k < c->in; k++, dx += LAM_LANES) {
				const int64_t end = r + 1 < rows->in ? begin_of(rows, r + 1)
								     : rows->out;
				double total[LAM_LANES] = {0};
				for (int64_t i = r > 0 ? begin_of(rows, r - 1) : 0; i < end; i++) {
					int64_t upper;
					const struct weights w = weights_of(rows, i, &upper);
					add_long(total, dy + i * c->out * LAM_LANES,
						(double)(upper < r ? w.right : w.left), c, k);
				}
				for (int l = 0; l < LAM_LANES; l++)
					dx[l] = (lam_real)total[l];
			}
		dy += rows->out * c->out * LAM_LANES;
	}
}

static void linear_backward(
	lam_real *dx, const lam_real *dy, const struct lam_upsample_geometry *g, void *scratch)
{
	const struct axis rows = axis_of(g, 0), along = axis_of(g, 1);
	const struct columns columns = columns_of(&along, scratch);
	const int64_t row = g->in[1] * LAM_LANES;
	if (shares_are_many(&rows) || shares_are_many(&along)) {
		backward_long(dx, dy, g->channels, &rows, &columns);
		return;
	}
	for (int64_t c = 0; c < g->channels; c++, dx += g->in[0] * row) {
		memset(dx, 0, (size_t)(g->in[0] * row) * sizeof *dx);
		for (int64_t i = 0; i < rows.out; i++, dy += columns.out * LAM_LANES) {
			int64_t k;
			const struct weights w = weights_of(&rows, i, &k);
			if (w.right == 0)
				backward_row(dx + k * row, dx + k * row, dy, w, &columns, true);
			else
				backward_row(
					dx + k * row, dx + (k + 1) * row, dy, w, &columns, false);
		}
	}
}

extern const struct lam_upsample_kernels LAM_KERNEL(upsample_kernels)
	__attribute__((visibility("hidden")));
const struct lam_upsample_kernels LAM_KERNEL(upsample_kernels) = {
	.nearest_forward = nearest_forward,
	.nearest_backward = nearest_backward,
	.linear_forward = linear_forward,
	.linear_backward = linear_backward,
};
