/* SPDX-License-Identifier: MIT */
/* Checks the gradients of each call of a net, alone, in the order of the calls. */
#include "framework/check/declared.h"
#include "framework/check/gradients.h"
#include "framework/check/slope.h"

#include "framework/kernels/sizes.h"
#include "framework/memory.h"
#include "framework/plan/times.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* From so many wrong values in an array on, the others are measured with one step. */
enum { HASTY = 16 };

/* A call that is being checked, and an array of it. */
typedef struct subject {
	lam_check *check;
	lam_alone alone;
	lam_meter meter;
	lam_real *r;                   /* L = sum of r y */
	double *analytic;              /* [count] */
	lam_real *values;              /* [count]: a copy of the array */
	const char *name;              /* of the array */
	int call, array, input, param; /* param -1: input `input` */
	int64_t count, features;
	double step, unit;
	int64_t wrong;  /* values of the array */
	double largest; /* gradient of all arrays of the call */
} subject;

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
static void draw_r(subject *s)
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

/* The address of value `index` of the array in arrays of this kind, and its block. */
static lam_real *value_at(
	const subject *s, lam_reach of_input, lam_reach of_param, int64_t index, int64_t *block)
{
	if (s->param >= 0)
		return (lam_real *)lam_guarded_part(
			       lam_alone_array(&s->alone, of_param, s->param), 0)
			+ index;
	const int64_t sample = index / s->features, f = index % s->features;
	*block = sample / LAM_LANES;
	return (lam_real *)lam_guarded_part(lam_alone_array(&s->alone, of_input, s->input), *block)
		+ f * LAM_LANES + sample % LAM_LANES;
}

/* Judges values `index`, `index` + stride, ... together. */
static lam_status judge(subject *s, int64_t index, int64_t stride, int64_t count, lam_judgement *j)
{
	lam_moved moved = {.param = s->param,
		.step = s->step,
		.hasty = s->wrong >= HASTY,
		.count = count,
		.start = &s->values[index],
		.start_stride = stride,
		.stride = s->param < 0 ? stride * LAM_LANES : stride};
	moved.at = value_at(s, REACH_X, REACH_W, index, &moved.block);
	if (s->param < 0 && index / s->features == s->check->n - 1)
		moved.copies = (int)(LAM_LANES - 1 - (s->check->n - 1) % LAM_LANES);
	double analytic = 0;
	for (int64_t i = 0; i < count; i++)
		analytic += lam_moved_weight(i) * s->analytic[index + i * stride];
	return lam_judge(&s->meter, &moved, analytic, s->unit, j);
}

static lam_status judge_value(subject *s, int64_t index)
{
	lam_judgement j = {0};
	lam_status status = judge(s, index, 1, 1, &j);
	if (status)
		return status;
	if (j.verdict == LAM_UNSURE)
		return lam_check_unsure(s->check, (lam_unsure){s->call, s->array, index});
	s->wrong += j.verdict == LAM_WRONG;
	lam_check_note(s->check, s->call, s->name, index, s->analytic[index], &j);
	return LAM_OK;
}

/* Judges values together, and if their sum is not right, each of them. */
static lam_status judge_group(subject *s, int64_t index, int64_t stride, int64_t count)
{
	lam_judgement j = {0};
	lam_status status = judge(s, index, stride, count, &j);
	if (status)
		return status;
	if (j.verdict == LAM_RIGHT) {
		s->check->report.checked += count;
		return LAM_OK;
	}
	for (int64_t i = 0; i < count && !status; i++)
		status = judge_value(s, index + i * stride);
	return status;
}

/* Judges all values in about `wanted` groups. In an input a group is a part of a sample. */
static lam_status judge_groups(subject *s, int64_t wanted)
{
	const int64_t samples = s->param < 0 ? s->check->n : 1, of_sample = s->count / samples;
	const int64_t groups = limit(wanted / samples, 1, of_sample);
	lam_status status = LAM_OK;
	for (int64_t sample = 0; sample < samples; sample++)
		for (int64_t g = 0; g < groups && !status; g++)
			status = judge_group(s, sample * of_sample + g, groups,
				ceil_divide(of_sample - g, groups));
	return status;
}

/* Judges the array's values, or in a second draw those that were left undecided. */
static lam_status judge_array(subject *s)
{
	lam_check *c = s->check;
	lam_status status = LAM_OK;
	for (int64_t j = 0; j < c->again.count && !status && c->draw; j++)
		if (c->again.at[j].call == s->call && c->again.at[j].array == s->array)
			status = judge_value(s, c->again.at[j].index);
	if (c->draw)
		return status;
	if (c->groups)
		return judge_groups(s, c->groups);
	const int64_t most = c->options->most,
		      stride = most > 0 && s->count > most ? s->count / most : 1;
	for (int64_t i = 0; i < s->count && !status; i += stride)
		status = judge_value(s, i);
	return status;
}

/* Chooses array `array` of the call: of its inputs, then of its parameters. */
static void choose_array(subject *s, int array, char input_name[16])
{
	const lam_call *call = s->alone.call;
	s->array = array;
	s->input = array < call->inputs ? array : 0;
	s->param = array < call->inputs ? -1 : array - call->inputs;
	s->features = lam_alone_features(&s->alone, REACH_X, s->input);
	if (s->param < 0) {
		snprintf(input_name, 16, s->input ? "input %d" : "input", s->input);
		s->name = input_name;
		s->count = s->check->n * s->features;
		return;
	}
	const struct lam_param *param = s->check->net->plan.params[call->first_param + s->param];
	s->name = param->name;
	s->count = param->count;
}

/* The root mean square of the array's values; of numbers that are practically 0, 1. */
static double size_of_values(const subject *s)
{
	double squares = 0;
	int64_t block;
	for (int64_t i = 0; i < s->count; i++) {
		const double v = (double)*value_at(s, REACH_X, REACH_W, i, &block);
		squares += v * v;
	}
	const double size = sqrt(squares / (double)s->count);
	return size > 1e-20 && isfinite(size) ? size : 1;
}

static double largest_gradient(const subject *s)
{
	double largest = 0;
	int64_t block;
	for (int64_t i = 0; i < s->count; i++) {
		const double g = fabs((double)*value_at(s, REACH_DX, REACH_DW, i, &block));
		largest = g > largest && isfinite(g) ? g : largest;
	}
	return largest;
}

static lam_status check_array(subject *s)
{
	const double given = (double)s->check->options->step,
		     part = sizeof(lam_real) == sizeof(float) ? 2e-2 : 1e-3;
	int64_t block;
	s->wrong = 0;
	/* By a power of two, most values are moved without rounding. */
	s->step = given > 0 ? given : exp2(round(log2(part * size_of_values(s))));
	s->unit = fmax(0.1 * largest_gradient(s), 0.01 * s->largest);
	s->analytic = lam_alloc((size_t)s->count, sizeof *s->analytic);
	s->values = lam_alloc((size_t)s->count, sizeof *s->values);
	const bool room = s->analytic && s->values;
	for (int64_t i = 0; i < s->count && room; i++) {
		s->analytic[i] = (double)*value_at(s, REACH_DX, REACH_DW, i, &block);
		s->values[i] = *value_at(s, REACH_X, REACH_W, i, &block);
	}
	lam_status status = room ? judge_array(s) : LAM_ERR_MEMORY;
	lam_free(s->analytic);
	lam_free(s->values);
	return status;
}

/* Whether the gradient of an array is wanted, and computed. */
static bool has_gradient(const subject *s)
{
	return s->param >= 0 || s->alone.call->in[s->input].dx != BUFFER_NONE;
}

/* What the plan does in place of backward: each dx is dy, or a part of it. */
static void hand_dy_on(const lam_alone *a)
{
	const lam_guarded *dy = lam_alone_array(a, REACH_DY, 0);
	size_t begin = 0;
	for (int k = 0; k < a->call->inputs; k++) {
		const lam_guarded *dx = lam_alone_array(a, REACH_DX, k);
		for (int64_t b = 0; b < a->blocks; b++)
			memcpy(lam_guarded_part(dx, b),
				(unsigned char *)lam_guarded_part(dy, b) + begin, dx->bytes);
		if (a->call->layer_class->flags & LAM_SIDE_BY_SIDE)
			begin += dx->bytes;
	}
}

/* What backward computes: dx, and dw where there are parameters. */
static lam_status run_backward(subject *s)
{
	lam_alone *a = &s->alone;
	if (a->call->layer_class->flags & LAM_HANDS_DY_ON) {
		hand_dy_on(a);
		return LAM_OK;
	}
	lam_status status = LAM_OK;
	if (lam_alone_has(a, LAM_GRADIENT))
		status = lam_alone_run(a, LAM_GRADIENT, -1);
	return status ? status : lam_alone_run(a, LAM_BACKWARD, -1);
}

static lam_status check_gradients(subject *s)
{
	const int arrays = s->alone.call->inputs + s->alone.call->params;
	char input_name[16];
	lam_status status = run_backward(s);
	for (int array = 0; array < arrays && !status; array++) {
		choose_array(s, array, input_name);
		if (has_gradient(s))
			s->largest = fmax(s->largest, largest_gradient(s));
	}
	for (int array = 0; array < arrays && !status; array++) {
		choose_array(s, array, input_name);
		if (has_gradient(s))
			status = check_array(s);
	}
	return status;
}

/* Whether every output of a sample is finite, and the loss. */
static lam_status check_finite(const subject *s)
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
static lam_status begin(subject *s)
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
	subject s = {.check = c, .call = index};
	const int loss = c->net->plan.calls[index].loss;
	const void *targets = loss < 0 ? NULL : c->targets[loss];
	lam_status status = lam_alone_make(&s.alone, c->net, index, c->mode, c->n, targets)
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
		status = check_gradients(&s);
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
