/* SPDX-License-Identifier: MIT */
/* Checks the gradients of a call's inputs and parameters, one array after another. */
#include "framework/check/subject.h"

#include "framework/kernels/sizes.h"
#include "framework/layer/inside.h"
#include "framework/memory.h"
#include "framework/plan/times.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* From so many wrong values in an array on, the others are measured with one step. */
enum { HASTY = 16, INPUT_NAME = 80 };

/* Values that forwards may compute so that every value of an input is moved alone. */
enum { MOST_ALONE = 1 << 24 };

/* The address of value `index` of the array in arrays of this kind, and its block. */
static lam_real *value_at(
	const lam_subject *s, lam_reach of_input, lam_reach of_param, int64_t index, int64_t *block)
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
static lam_status judge(
	lam_subject *s, int64_t index, int64_t stride, int64_t count, lam_judgement *j)
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

/* Judges a value, unless it has been judged before. */
static lam_status judge_value(lam_subject *s, int64_t index)
{
	lam_judgement j = {0};
	if (s->judged[index])
		return LAM_OK;
	s->judged[index] = true;
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
static lam_status judge_group(lam_subject *s, int64_t index, int64_t stride, int64_t count)
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
static lam_status judge_groups(lam_subject *s, int64_t wanted)
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

/* Whether the gradient is another one than that of the same value elsewhere in a batch. */
static bool differs(const lam_subject *s, int64_t index)
{
	const double here = s->analytic[index], there = s->elsewhere[index];
	const double scale = fmax(s->unit, fmax(fabs(here), fabs(there)));
	return !(fabs(here - there) <= s->check->tolerance * scale);
}

/* Judges the values that differ elsewhere, at most about `most` of them. */
static lam_status judge_different(lam_subject *s, int64_t most)
{
	lam_status status = LAM_OK;
	int64_t found = 0;
	for (int64_t i = 0; i < s->count; i++)
		found += differs(s, i);
	const int64_t stride = ceil_divide(found, most);
	for (int64_t i = 0, k = 0; i < s->count && found && !status; i++)
		if (differs(s, i) && k++ % stride == 0)
			status = judge_value(s, i);
	return status;
}

/* Where nothing else tells whether single values are right, judges some one by one: all if they are
 * few, or `most` that are scattered. */
static lam_status judge_scattered(lam_subject *s, int64_t most)
{
	const bool cheap = s->param < 0 && s->alone.by_block
		&& s->count * s->features <= MOST_ALONE / LAM_LANES;
	const int64_t wanted = cheap ? s->count : least(most, s->count);
	lam_status status = LAM_OK;
	for (int64_t i = 0; i < wanted && !status; i++)
		status = judge_value(s,
			wanted == s->count
				? i
				: (int64_t)((uint64_t)i * 2654435761u % (uint64_t)s->count));
	return status;
}

/* A large batch: single values that may be wrong, and then all in groups. */
static lam_status judge_large(lam_subject *s, int64_t groups)
{
	lam_status status = s->elsewhere ? judge_different(s, groups) : LAM_OK;
	if (!status && !(s->elsewhere && s->alone.by_block))
		status = judge_scattered(s, groups);
	return status ? status : judge_groups(s, groups);
}

/* Judges the array's values, or in a second draw those that were left undecided. */
static lam_status judge_array(lam_subject *s)
{
	lam_check *c = s->check;
	lam_status status = LAM_OK;
	for (int64_t j = 0; j < c->again.count && !status && c->draw; j++)
		if (c->again.at[j].call == s->call && c->again.at[j].array == s->array)
			status = judge_value(s, c->again.at[j].index);
	if (c->draw)
		return status;
	if (c->groups)
		return judge_large(s, c->groups);
	const int64_t most = c->options->most,
		      stride = most > 0 && s->count > most ? s->count / most : 1;
	for (int64_t i = 0; i < s->count && !status; i += stride)
		status = judge_value(s, i);
	return status;
}

/* An input of the net that has a name in its model is called by it, any other by its index among
 * the call's. */
static void name_input(const lam_subject *s, char name[INPUT_NAME])
{
	const lam_net *net = s->check->net;
	const lam_slot slot = s->alone.call->in[s->input].slot;
	const char *given = NULL;
	lam_shape shape;
	if (!s->check->options->inputs && slot < net->plan.input_count
		&& net->model->layer_class->input)
		net->model->layer_class->input(net->model, slot, &given, &shape);
	if (given)
		snprintf(name, INPUT_NAME, "input \"%.64s\"", given);
	else
		snprintf(name, INPUT_NAME, s->input ? "input %d" : "input", s->input);
}

/* Chooses array `array` of the call: of its inputs, then of its parameters. */
static void choose_array(lam_subject *s, int array, char input_name[INPUT_NAME])
{
	const lam_call *call = s->alone.call;
	s->array = array;
	s->input = array < call->inputs ? array : 0;
	s->param = array < call->inputs ? -1 : array - call->inputs;
	s->features = lam_alone_features(&s->alone, REACH_X, s->input);
	if (s->param < 0) {
		name_input(s, input_name);
		s->name = input_name;
		s->count = s->check->n * s->features;
		return;
	}
	const struct lam_param *param = s->check->net->plan.params[call->first_param + s->param];
	s->name = param->name;
	s->count = param->count;
}

/* The root mean square of the array's values; of numbers that are practically 0, 1. */
static double size_of_values(const lam_subject *s)
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

static double largest_gradient(const lam_subject *s)
{
	double largest = 0;
	int64_t block;
	for (int64_t i = 0; i < s->count; i++) {
		const double g = fabs((double)*value_at(s, REACH_DX, REACH_DW, i, &block));
		largest = g > largest && isfinite(g) ? g : largest;
	}
	return largest;
}

static lam_status check_array(lam_subject *s)
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
	s->judged = lam_alloc((size_t)s->count, sizeof *s->judged);
	s->elsewhere = s->others ? s->others[s->array] : NULL;
	const bool room = s->analytic && s->values && s->judged;
	for (int64_t i = 0; i < s->count && room; i++) {
		s->analytic[i] = (double)*value_at(s, REACH_DX, REACH_DW, i, &block);
		s->values[i] = *value_at(s, REACH_X, REACH_W, i, &block);
	}
	lam_status status = room ? judge_array(s) : LAM_ERR_MEMORY;
	lam_free(s->analytic);
	lam_free(s->values);
	lam_free(s->judged);
	return status;
}

lam_status lam_check_gradients(lam_subject *s)
{
	const int arrays = s->alone.call->inputs + s->alone.call->params;
	char name[INPUT_NAME];
	const bool own = !(s->alone.call->layer_class->flags & LAM_HANDS_DY_ON);
	/* In a net with losses a value may lead to none, and its layer have no backward. */
	if (own && !lam_alone_has(&s->alone, LAM_BACKWARD))
		return LAM_OK;
	lam_status status = lam_alone_run_backward(&s->alone);
	if (!status && own && s->check->groups && !s->check->draw)
		status = lam_elsewhere_run(s);
	for (int array = 0; array < arrays && !status; array++) {
		choose_array(s, array, name);
		s->largest = fmax(s->largest, largest_gradient(s));
	}
	for (int array = 0; array < arrays && !status; array++) {
		choose_array(s, array, name);
		status = check_array(s);
	}
	lam_elsewhere_free(s);
	return status;
}
