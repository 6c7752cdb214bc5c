/* SPDX-License-Identifier: MIT */
/* Checks the gradients of each call of a net, alone, in the order of the calls. */
#include "framework/check/declared.h"
#include "framework/check/subject.h"

#include "framework/kernels/sizes.h"
#include "framework/memory.h"
#include "framework/plan/times.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static size_t slot_bytes(const lam_check *c, lam_slot slot)
{
	return (size_t)(c->net->plan.slots[slot].features * LAM_LANES * lane_blocks(c->n))
		* sizeof(lam_real);
}

/* Copies a slot to an array, or an array to a slot. */
static void copy_slot(const lam_alone *a, lam_reach reach, int k, lam_real *slot, bool to_array)
{
	const lam_guarded *array = lam_alone_array(a, reach, k);
	const size_t values = array->bytes / sizeof *slot;
	for (int64_t b = 0; b < array->parts; b++) {
		lam_real *part = lam_guarded_part(array, b);
		memcpy(to_array ? part : slot + (size_t)b * values,
			to_array ? slot + (size_t)b * values : part, array->bytes);
	}
}

/* Draws r in the lanes of samples. A layer's output gradient is r. */
static void draw_r(lam_subject *s)
{
	const lam_check *c = s->check;
	const int64_t features = lam_alone_features(&s->alone, REACH_Y, 0);
	const uint64_t array = LAM_DRAW_R + 1000 * (uint64_t)s->call;
	for (int64_t i = 0; i < c->n; i++)
		for (int64_t f = 0; f < features; f++)
			s->r[(i / LAM_LANES * features + f) * LAM_LANES + i % LAM_LANES] =
				(lam_real)lam_check_normal(c, array, i * features + f);
	copy_slot(&s->alone, REACH_DY, 0, s->r, true);
}

/* Whether every output of a sample is finite, and the loss. */
static lam_status check_finite(const lam_subject *s)
{
	const lam_alone *a = &s->alone;
	const lam_check *c = s->check;
	const int64_t features = lam_alone_features(a, REACH_Y, 0);
	bool finite = true;
	for (int64_t i = 0; i < c->n && finite; i++) {
		const lam_real *y = lam_guarded_part(lam_alone_array(a, REACH_Y, 0), i / LAM_LANES);
		for (int64_t f = 0; f < features; f++)
			finite = finite && isfinite(y[f * LAM_LANES + i % LAM_LANES]);
	}
	for (int64_t b = 0; b < a->blocks && !s->meter.r; b++)
		finite = finite && isfinite(s->meter.loss[b]);
	if (finite)
		return LAM_OK;
	return lam_fail(LAM_ERR_NUMERIC,
		"gradient check: the output of %s is not finite; expected inputs for which it is "
		"(.low, .high)",
		lam_call_title(a->call).text);
}

/* Runs the call's forward. The output goes to its slot, and to the meter. */
static lam_status begin(lam_subject *s)
{
	lam_alone *a = &s->alone;
	lam_check *c = s->check;
	const lam_call *call = a->call;
	for (int k = 0; k < call->inputs; k++)
		copy_slot(a, REACH_X, k, c->slots[call->in[k].slot], true);
	lam_status status = lam_alone_pack(a, -1);
	if (!status)
		status = lam_alone_run(a, LAM_FORWARD, -1);
	if (status)
		return status;
	copy_slot(a, REACH_Y, 0, c->slots[call->out], false);
	s->r = lam_alloc(slot_bytes(c, call->out), 1);
	s->meter = (lam_meter){.alone = a,
		.y = c->slots[call->out],
		.loss = lam_alloc((size_t)a->blocks, sizeof(double)),
		.tolerance = c->tolerance};
	if (!s->r || !s->meter.loss)
		return LAM_ERR_MEMORY;
	draw_r(s);
	const bool loss = call->layer_class->flags & LAM_LOSS;
	s->meter.r = loss ? NULL : s->r;
	for (int64_t b = 0; b < a->blocks && loss; b++)
		s->meter.loss[b] = *(double *)lam_guarded_part(
			lam_alone_array(a, REACH_LOSS, 0), b);
	return check_finite(s);
}

/* A view is never called: its output is its input, and its gradients are right. */
static void pass_view(lam_check *c, const lam_call *call)
{
	memcpy(c->slots[call->out], c->slots[call->in[0].slot], slot_bytes(c, call->out));
	if (!c->draw && !c->declared)
		c->report.checked += c->n * c->net->plan.slots[call->out].features;
}

static lam_status check_call(lam_check *c, int index)
{
	if (c->net->plan.calls[index].layer_class->flags & LAM_VIEW) {
		pass_view(c, &c->net->plan.calls[index]);
		return LAM_OK;
	}
	lam_subject s = {.check = c, .call = index};
	const int loss = c->net->plan.calls[index].loss;
	const void *targets = loss < 0 ? NULL : c->targets[loss];
	const lam_real *weights = loss < 0 ? NULL : c->weights[loss];
	lam_status status = lam_alone_make(&s.alone, c->net, index, c->mode, c->n, targets, weights)
		? begin(&s)
		: LAM_ERR_MEMORY;
	const uint32_t in_eval = LAM_EVAL_BACKWARD | LAM_HANDS_DY_ON;
	const bool train = c->mode == LAM_TRAIN;
	if (!status && c->declared) {
		status = lam_declared_check(&s.alone);
		if (!status && train)
			status = lam_declared_update(&s.alone);
	} else if (!status && (train || s.alone.call->layer_class->flags & in_eval)) {
		if (train)
			lam_alone_keep_states(&s.alone);
		status = lam_check_gradients(&s);
	}
	lam_free(s.r);
	lam_free(s.meter.loss);
	lam_alone_free(&s.alone);
	return status;
}

lam_status lam_check_calls(lam_check *c)
{
	lam_status status = LAM_OK;
	for (int i = 0; i < c->net->plan.call_count && !status; i++)
		status = check_call(c, i);
	return status;
}
