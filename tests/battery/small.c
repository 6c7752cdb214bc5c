/* SPDX-License-Identifier: MIT */
/* Nets of few samples compute one sample at a time with channels in the lanes
 * (framework/plan/layout.c). They must agree with the textbook, be bit-identical for any number of
 * threads and any other samples, and work after and before layers of every layout. */
#include "tests/battery/battery.h"

#include <lamina.h>

#include <stdlib.h>
#include <string.h>

/* A user's layer, which only works with batch lanes: it sums a feature over the samples of a block,
 * which gives wrong values in any other layout. */
static lam_status own_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	if (pass->x->layout != LAM_BATCH_LANES || pass->out->layout != LAM_BATCH_LANES
		|| pass->x->values != pass->x->features * LAM_LANES || pass->real != pass->n
		|| pass->blocks != 1)
		return lam_fail(LAM_ERR_STATE, "a layer that declares nothing gets layout %d",
			(int)pass->x->layout);
	memcpy(pass->out->data, pass->x->data, (size_t)pass->x->values * sizeof(lam_real));
	return LAM_OK;
}

static const lam_layer_class own_class = {LAM_LAYER_ABI, .kind = "own", .forward = own_forward};

enum neighbour { NONE, ELEMENTWISE, OWN, CHANNELS, NEIGHBOURS };

/* A layer that changes nothing and needs its input in the layout of its kind. */
static lam_layer *neighbour(enum neighbour kind, const lam_shape *shape)
{
	if (kind == OWN)
		return lam_layer_new(&own_class, NULL);
	if (kind == CHANNELS && shape->rank == 3)
		return lam_max_pool2d(.kernel = {1});
	if (kind == CHANNELS && shape->rank == 2)
		return lam_max_pool1d(.kernel = 1);
	return kind == NONE ? lam_reshape(.shape = *shape) : lam_leaky_relu(.slope = 1);
}

static lam_net *small_net(
	const struct trial *t, enum neighbour before, enum neighbour behind, int batch, int threads)
{
	lam_layer *layer = t->subject->build(t);
	if (layer && battery_spoil)
		battery_spoil(layer);
	bool loss = t->subject->traits & SUBJECT_LOSS;
	lam_layer *model = loss ? lam_sequential(neighbour(before, &t->in), layer)
		: t->rectified
		? lam_sequential(
			neighbour(before, &t->in), layer, lam_relu(), neighbour(behind, &t->out))
		: lam_sequential(neighbour(before, &t->in), layer, neighbour(behind, &t->out));
	lam_net *net = lam_net_create(
		model, t->in, .max_batch = batch, .inference = true, .threads = threads);
	if (!net || net_take(net, t)) {
		lam_net_free(net);
		return NULL;
	}
	/* The textbook evaluates with the states after a training step. */
	for (int i = 0; i < t->states; i++)
		for (int64_t k = 0; k < t->state_values; k++)
			lam_param_edit(lam_net_state(net, i))[k] = (lam_real)t->after[i][k];
	return net;
}

/* Compares the loss of the first n samples with the mean of their own losses in the textbook. */
static const char *compare_loss(
	lam_net *net, const struct trial *t, const struct rows *rows, int64_t n)
{
	int64_t in = lam_shape_count(&t->in),
		size = t->target_values
		* (int64_t)(t->classes ? sizeof(int32_t) : sizeof(lam_real));
	double sum = 0, all = 0;
	for (int64_t s = 0; s < n; s++) {
		if (lam_net_forward(net, LAM_EVAL, rows->x + s * in,
			    (const char *)rows->targets + s * size, 1))
			return complain(t, "%s", lam_error());
		const double count = t->subject->count ? t->subject->count(t, s, 1) : 1;
		sum += count * lam_net_loss(net);
		all += count;
	}
	if (lam_net_forward(net, LAM_EVAL, rows->x, rows->targets, n))
		return complain(t, "%s", lam_error());
	lam_real loss = (lam_real)lam_net_loss(net);
	double mean = all > 0 ? sum / all : 0;
	const char *complaint = compare(t, "loss of few", &loss, &mean, 1, BATTERY_TOLERANCE);
	if (!complaint && n == t->n)
		complaint = compare(t, "loss", &loss, &t->loss, 1, BATTERY_TOLERANCE);
	return complaint;
}

/* Predicts each sample, both alone and together with those after it. */
static const char *compare_company(lam_net *net, const struct trial *t, const struct rows *rows,
	const lam_real *y, lam_real *other)
{
	int64_t in = lam_shape_count(&t->in), out = lam_shape_count(&t->out);
	for (int64_t s = 0; s < t->n; s++) {
		int64_t count = s % 3 == 2 ? t->n - s : 1;
		if (lam_net_predict(net, rows->x + s * in, count, other))
			return complain(t, "%s", lam_error());
		if (memcmp(other, y + s * out, (size_t)(count * out) * sizeof *y) != 0)
			return complain(t, "sample %d is predicted otherwise in a batch of %d",
				(int)s, (int)count);
	}
	/* A forward's output equals the prediction. */
	int64_t n = t->n < lam_net_max_batch(net) ? t->n : lam_net_max_batch(net);
	if (lam_net_forward(net, LAM_EVAL, rows->x, NULL, n))
		return complain(t, "%s", lam_error());
	if (memcmp(lam_net_output(net), y, (size_t)(n * out) * sizeof *y) != 0)
		return complain(t, "lam_net_output() is not what lam_net_predict() wrote");
	return NULL;
}

static const char *compare_small(
	const struct trial *t, const struct rows *rows, lam_real *y, lam_real *other)
{
	static const int threads[] = {1, 2, 3, 8};
	int number = t->number < 0 ? -t->number : t->number;
	enum neighbour before = (enum neighbour)(number % NEIGHBOURS),
		       behind = (enum neighbour)(number / NEIGHBOURS % NEIGHBOURS);
	int64_t out = lam_shape_count(&t->out);
	int batch = 1 + number * 7 % 15;
	const char *complaint = NULL;
	/* Every fifth trial runs with all numbers of threads, the others with two of them. */
	for (int i = 0; i < (number % 5 ? 2 : 4) && !complaint; i++) {
		lam_net *net = small_net(t, before, behind, batch, threads[i]);
		lam_real *to = i ? other : y;
		if (!net || lam_net_predict(net, rows->x, t->n, to))
			complaint = complain(t, "%s", lam_error());
		else if (i == 0)
			complaint = compare(
				t, "y of few", y, t->eval, t->n * out, BATTERY_TOLERANCE);
		else if (memcmp(y, other, (size_t)(t->n * out) * sizeof *y) != 0)
			complaint = complain(t, "%d threads predict otherwise than 1", threads[i]);
		if (!complaint && i == 1)
			complaint = compare_company(net, t, rows, y, other);
		if (!complaint && rows->targets && i < 2)
			complaint = compare_loss(net, t, rows, t->n < batch ? t->n : batch);
		lam_net_free(net);
	}
	return complaint;
}

const char *trial_compare_small(struct trial *t)
{
	struct rows rows;
	size_t values = (size_t)(t->n * lam_shape_count(&t->out));
	lam_real *y = calloc(values, sizeof *y), *other = calloc(values, sizeof *other);
	const char *complaint = "no memory";
	if (rows_take(&rows, t) && y && other)
		complaint = compare_small(t, &rows, y, other);
	rows_free(&rows);
	free(y);
	free(other);
	return complaint;
}

const char *battery_small(const struct subject *subject, int number)
{
	struct trial *t = trial_new(subject, number, false);
	if (!t)
		return "no memory";
	trial_textbook(t, false);
	const char *complaint = trial_compare_small(t);
	trial_free(t);
	return complaint;
}
