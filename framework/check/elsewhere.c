/* SPDX-License-Identifier: MIT */
/* The gradients of samples at other places of a batch. A sample's values there are the same, and so
 * must be its dx; the sums of dw over all samples are the same within rounding. */
#include "framework/check/subject.h"

#include "framework/kernels/sizes.h"
#include "framework/memory.h"

#include <math.h>
#include <string.h>

/* Some of the samples of a subject's batch, in an order of their own: sample i is sample
 * (first + i) % all there. */
typedef struct other_batch {
	lam_alone alone;
	int64_t first, n, all;
} other_batch;

static int64_t sample_of(const other_batch *o, int64_t i)
{
	return (o->first + i) % o->all;
}

/* Value 0 of a sample in array k of a kind; feature f lies f lanes farther on. */
static lam_real *sample_at(const lam_alone *a, lam_reach reach, int k, int64_t sample)
{
	return (lam_real *)lam_guarded_part(lam_alone_array(a, reach, k), sample / LAM_LANES)
		+ sample % LAM_LANES;
}

/* Copies an array's samples. Idle lanes repeat the last sample, or are 0. */
static void take_samples(
	const other_batch *o, const lam_alone *from, lam_reach reach, int k, bool repeat)
{
	const int64_t features = lam_alone_features(from, reach, k);
	for (int64_t i = 0; i < o->alone.blocks * LAM_LANES; i++) {
		const lam_real *x = sample_at(from, reach, k, sample_of(o, least(i, o->n - 1)));
		lam_real *to = sample_at(&o->alone, reach, k, i);
		for (int64_t f = 0; f < features; f++)
			to[f * LAM_LANES] = i < o->n || repeat ? x[f * LAM_LANES] : 0;
	}
}

/* The targets of these samples, which the caller frees. NULL: none, or memory is short. */
static void *take_targets(const other_batch *o, const lam_alone *from)
{
	const int loss = from->call->loss;
	const size_t bytes = from->targets ? from->net->losses[loss].target_bytes : 0;
	unsigned char *targets = bytes ? lam_alloc((size_t)o->n, bytes) : NULL;
	for (int64_t i = 0; i < o->n && targets; i++)
		memcpy(targets + (size_t)i * bytes,
			(const unsigned char *)from->targets + (size_t)sample_of(o, i) * bytes,
			bytes);
	return targets;
}

/* Their weights, alike. */
static lam_real *take_weights(const other_batch *o, const lam_alone *from)
{
	lam_real *weights = from->weights ? lam_alloc((size_t)o->n, sizeof *weights) : NULL;
	for (int64_t i = 0; i < o->n && weights; i++)
		weights[i] = from->weights[sample_of(o, i)];
	return weights;
}

/* The states and the layer's own struct are those from which the first forward began. */
static void take_start(lam_alone *to, const lam_alone *from)
{
	size_t states = 0;
	for (int k = 0; k < from->call->states; k++)
		states += lam_alone_array(from, REACH_STATE, k)->bytes;
	memcpy(to->state_start, from->state_start, states);
	memcpy(to->own, from->own, from->call->layer_class->state_size);
}

/* Whether the outputs are those that the samples have in the subject's batch, within rounding. */
static bool same_outputs(const other_batch *o, const lam_subject *s)
{
	const int64_t features = lam_alone_features(&o->alone, REACH_Y, 0);
	double largest = 0, error = 0;
	for (int64_t i = 0; i < o->n; i++) {
		const int64_t sample = sample_of(o, i);
		const lam_real *y = sample_at(&o->alone, REACH_Y, 0, i),
			       *expected = s->meter.y + sample / LAM_LANES * features * LAM_LANES
			+ sample % LAM_LANES;
		for (int64_t f = 0; f < features * LAM_LANES; f += LAM_LANES) {
			largest = fmax(largest, fabs((double)expected[f]));
			error = fmax(error, fabs((double)y[f] - (double)expected[f]));
		}
	}
	return error <= 0.1 * s->meter.tolerance * largest;
}

/* Puts the gradients where those of the subject's batch have their index. */
static void give_gradients(const other_batch *o, const lam_subject *s)
{
	const lam_call *call = o->alone.call;
	for (int k = 0; k < call->inputs; k++) {
		const int64_t features = lam_alone_features(&o->alone, REACH_X, k);
		for (int64_t i = 0; i < o->n; i++)
			for (int64_t f = 0; f < features; f++)
				s->others[k][sample_of(o, i) * features + f] = (double)sample_at(
					&o->alone, REACH_DX, k, i)[f * LAM_LANES];
	}
	for (int k = 0; k < call->params; k++) {
		const lam_guarded *dw = lam_alone_array(&o->alone, REACH_DW, k);
		const lam_real *values = lam_guarded_part(dw, 0);
		for (size_t i = 0; i < dw->bytes / sizeof *values; i++)
			s->others[call->inputs + k][i] += (double)values[i];
	}
}

static lam_status run_batch(lam_subject *s, other_batch *o, bool *same)
{
	const lam_alone *from = &s->alone;
	void *targets = take_targets(o, from);
	lam_real *weights = take_weights(o, from);
	const bool lacks = (from->targets && !targets) || (from->weights && !weights);
	lam_status status = lacks ? LAM_ERR_MEMORY : LAM_OK;
	if (!status
		&& !lam_alone_make(
			&o->alone, from->net, s->call, from->mode, o->n, targets, weights))
		status = LAM_ERR_MEMORY;
	if (!status) {
		o->alone.divisor = from->divisor;
		take_start(&o->alone, from);
		for (int k = 0; k < from->call->inputs; k++)
			take_samples(o, from, REACH_X, k, true);
		take_samples(o, from, REACH_DY, 0, false);
		status = lam_alone_pack(&o->alone, -1);
	}
	if (!status)
		status = lam_alone_run(&o->alone, LAM_FORWARD, -1);
	*same = !status && same_outputs(o, s);
	if (*same)
		status = lam_alone_run_backward(&o->alone);
	if (!status && *same)
		give_gradients(o, s);
	lam_alone_free(&o->alone);
	lam_free(targets);
	lam_free(weights);
	return status;
}

static bool allocate(lam_subject *s)
{
	const lam_call *call = s->alone.call;
	const int arrays = call->inputs + call->params;
	bool room = (s->others = lam_alloc((size_t)arrays, sizeof *s->others));
	for (int k = 0; k < arrays && room; k++) {
		const int64_t count = k < call->inputs
			? s->alone.n * lam_alone_features(&s->alone, REACH_X, k)
			: s->check->net->plan.params[call->first_param + k - call->inputs]->count;
		room = (s->others[k] = lam_alloc((size_t)count, sizeof **s->others));
	}
	return room;
}

void lam_elsewhere_free(lam_subject *s)
{
	const lam_call *call = s->alone.call;
	for (int k = 0; s->others && k < call->inputs + call->params; k++)
		lam_free(s->others[k]);
	lam_free(s->others);
	s->others = NULL;
}

/* About half of the samples, and no divisor of their number in common with it: so that after some
 * such steps each sample has been everywhere. */
static int64_t choose_shift(int64_t n)
{
	for (int64_t shift = n / 2; shift > 1; shift--) {
		int64_t a = n, b = shift;
		while (b) {
			const int64_t rest = a % b;
			a = b;
			b = rest;
		}
		if (a == 1)
			return shift;
	}
	return 1;
}

lam_status lam_elsewhere_run(lam_subject *s)
{
	const int64_t all = s->alone.n, few = least(s->check->first_n, LAM_LANES);
	bool same = true;
	lam_status status = allocate(s) ? LAM_OK : LAM_ERR_MEMORY;
	if (s->alone.by_block) {
		for (int64_t i = 0; i < all && same && !status; i += few) {
			other_batch o = {.first = i, .n = least(few, all - i), .all = all};
			status = run_batch(s, &o, &same);
		}
	} else {
		other_batch o = {.first = choose_shift(all), .n = all, .all = all};
		status = status ? status : run_batch(s, &o, &same);
	}
	if (status || !same)
		lam_elsewhere_free(s);
	return status;
}
