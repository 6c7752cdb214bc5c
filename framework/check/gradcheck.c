/* SPDX-License-Identifier: MIT */
/* The gradient check compares backward with differences of the loss, for each layer alone
 * (check_call.c), with two batches. Values that could not be judged (slope.c) are judged again with
 * another batch. */
#include "framework/gradcheck.h"

#include "framework/base/float_mode.h"
#include "framework/base/options.h"
#include "framework/check/gradients.h"
#include "framework/kernels/sizes.h"
#include "framework/layer/inside.h"
#include "framework/memory.h"
#include "framework/net/query.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* SECOND_BATCH has three blocks, the last one with three samples. */
enum { DEFAULT_BATCH = 4, SECOND_BATCH = 35, GROUPS = 100, DRAWS = 3 };

/* The samples of the second batch after one of n samples; 0: none is needed. */
static int64_t second_batch(int64_t n)
{
	if (n > LAM_LANES && n % LAM_LANES)
		return 0;
	return n < SECOND_BATCH ? SECOND_BATCH : n - LAM_LANES + 3;
}

/* Moves biases and scales away from 0 and 1, where they start. */
static void move_params(lam_check *c)
{
	for (int p = 0; p < lam_net_param_count(c->net); p++) {
		lam_param *param = lam_net_param(c->net, p);
		lam_real *value = lam_param_edit(param);
		for (int64_t i = 0; i < param->count; i++)
			value[i] += (lam_real)(0.1
				* lam_check_normal(c, LAM_DRAW_PARAMS + (uint64_t)p, i));
	}
}

static lam_status allocate(lam_check *c, int64_t most_samples)
{
	const lam_plan *plan = &c->net->plan;
	c->wrong = lam_alloc((size_t)plan->call_count, sizeof *c->wrong);
	c->slots = lam_alloc((size_t)plan->slot_count, sizeof *c->slots);
	c->targets = lam_alloc((size_t)plan->loss_count + 1, sizeof *c->targets);
	c->weights = lam_alloc((size_t)plan->loss_count + 1, sizeof *c->weights);
	bool fits = c->wrong && c->slots && c->targets && c->weights;
	for (int s = 0; s < plan->slot_count && fits; s++) {
		c->slots[s] = lam_alloc(
			(size_t)(plan->slots[s].features * LAM_LANES * lane_blocks(most_samples)),
			sizeof **c->slots);
		fits = c->slots[s];
	}
	return fits ? LAM_OK : LAM_ERR_MEMORY;
}

static void release(lam_check *c)
{
	for (int s = 0; c->slots && s < c->net->plan.slot_count; s++)
		lam_free(c->slots[s]);
	lam_free(c->slots);
	lam_free(c->wrong);
	for (int loss = 0; c->targets && loss < c->net->plan.loss_count; loss++)
		lam_free(c->targets[loss]);
	for (int loss = 0; c->weights && loss < c->net->plan.loss_count; loss++)
		lam_free(c->weights[loss]);
	lam_free(c->targets);
	lam_free(c->weights);
	lam_free(c->unsure.at);
	lam_free(c->again.at);
	lam_net_free(c->net);
}

static lam_status check_samples(const lam_check *c)
{
	lam_call_name layer;
	int64_t least_samples;
	if (c->mode == LAM_EVAL || !lam_net_too_few(c->net, c->n, &layer, &least_samples))
		return LAM_OK;
	return lam_fail(LAM_ERR_ARGUMENT,
		"a training batch of %" PRId64 " sample%s, but %s needs at least %" PRId64, c->n,
		c->n == 1 ? "" : "s", layer.text, least_samples);
}

/* The number of values that were to be judged in the array of this value. */
static int64_t values_wanted(const lam_check *c, const lam_unsure *of)
{
	const lam_call *call = &c->net->plan.calls[of->call];
	const int param = of->array - call->inputs;
	const int64_t count = param < 0
		? c->n * c->net->plan.slots[call->in[of->array].slot].features
		: c->net->plan.params[call->first_param + param]->count;
	return c->options->most > 0 && !c->groups ? least(c->options->most, count) : count;
}

/* Writes a sentence to c->too_many if more than 5% of an array's values are undecided. */
static void check_undecided(lam_check *c)
{
	const lam_unsure_list *list = &c->unsure;
	for (int64_t i = 0, begin = 0; i < list->count; i++) {
		const lam_unsure *first = &list->at[begin], *at = &list->at[i];
		if (at->call != first->call || at->array != first->array)
			begin = i;
		const int64_t wanted = values_wanted(c, at), left = i - begin + 1;
		if (20 * left <= wanted || *c->too_many)
			continue;
		const lam_call *call = &c->net->plan.calls[at->call];
		const int param = at->array - call->inputs;
		snprintf(c->too_many, sizeof c->too_many,
			"%s: more than 5%% of the gradients of %s", lam_call_title(call).text,
			param < 0 ? "its input"
				  : c->net->plan.params[call->first_param + param]->name);
		return;
	}
}

static lam_status check_batch(lam_check *c)
{
	lam_status status = check_samples(c);
	c->unsure.count = 0;
	for (c->draw = 0; c->draw < DRAWS && !status; c->draw++) {
		const lam_unsure_list before = c->again;
		c->again = c->unsure;
		c->unsure = before;
		c->unsure.count = 0;
		if (c->draw && !c->again.count)
			break;
		status = lam_check_draw(c);
		if (!status)
			status = lam_check_calls(c);
	}
	c->report.undecided += status ? 0 : c->unsure.count;
	return status;
}

static lam_status failure(const lam_check *c)
{
	if (c->report.max_error <= c->tolerance)
		return LAM_OK;
	return lam_fail(LAM_ERR_NUMERIC,
		"gradient check: %s: %s (error %.3g; expected at most %.3g). %" PRId64
		" of %" PRId64 " values are wrong, %" PRId64 " of them in this layer",
		c->report.layer, c->report.worst, c->report.max_error, c->tolerance,
		c->report.wrong, c->report.checked, c->wrong[c->worst_call]);
}

/* Whether a class gives gradients of evaluation. */
static bool has_eval_backward(const lam_net *net)
{
	for (int i = 0; i < net->plan.call_count; i++)
		if (net->plan.calls[i].layer_class->flags & LAM_EVAL_BACKWARD)
			return true;
	return false;
}

/* A batch of n samples in this mode; n = 0: none. */
static lam_status check_round(lam_check *c, lam_mode mode, int64_t n, int64_t groups)
{
	c->declared = false;
	c->mode = mode;
	c->n = n;
	c->groups = groups;
	lam_status status = n ? check_batch(c) : LAM_OK;
	if (!status)
		status = failure(c);
	if (!status)
		check_undecided(c);
	return status;
}

/* Checks what classes declare, before the gradients, which may be wrong for it. */
static lam_status check_declared(lam_check *c, lam_mode mode, int64_t n)
{
	c->declared = true;
	c->mode = mode;
	c->n = n;
	c->draw = 0;
	lam_status status = check_samples(c);
	if (!status)
		status = lam_check_draw(c);
	return status ? status : lam_check_calls(c);
}

static lam_status check_all(lam_check *c, int64_t n)
{
	lam_status status = allocate(c, n > SECOND_BATCH ? n : SECOND_BATCH);
	if (status)
		return status;
	move_params(c);
	c->first_n = n;
	const int64_t second = second_batch(n), blocks = second ? second : n;
	const bool eval = has_eval_backward(c->net);
	status = check_declared(c, LAM_TRAIN, blocks);
	if (!status && eval)
		status = check_declared(c, LAM_EVAL, blocks);
	if (!status)
		status = check_round(c, LAM_TRAIN, n, 0);
	if (!status)
		status = check_round(c, LAM_TRAIN, second, GROUPS);
	if (!status && eval)
		status = check_round(c, LAM_EVAL, blocks, GROUPS);
	/* A wrong gradient says more, so it was looked for in all batches before. */
	if (!status && *c->too_many)
		status = lam_fail(LAM_ERR_NUMERIC,
			"gradient check: %s could not be judged, because differences with other "
			"steps do not agree with each other (a kink at every value, a jump, or "
			"rounding errors)",
			c->too_many);
	return status;
}

static lam_status check_options(const lam_gradcheck_options *o)
{
	if (o->batch < 0 || o->batch > LAM_MOST_BATCH)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_gradcheck: .batch is %" PRId64 "; expected 1 to %d", o->batch,
			(int)LAM_MOST_BATCH);
	if (!(o->tolerance >= 0) || isinf(o->tolerance))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_gradcheck: .tolerance is %g; expected above 0, or 0 for the default",
			(double)o->tolerance);
	if (!(o->step >= 0) || isinf(o->step))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_gradcheck: .step is %g; expected above 0, or 0 for the default",
			(double)o->step);
	if (o->most < 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_gradcheck: .most is %" PRId64 "; expected at least 1, or 0 for all",
			o->most);
	if (!(o->low <= o->high) || isinf(o->low) || isinf(o->high))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_gradcheck: .low is %g and .high %g; expected finite numbers, low at "
			"most high",
			(double)o->low, (double)o->high);
	if (o->inputs < 0 || o->inputs > LAM_MOST_LAYERS || !o->inputs != !o->shapes)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_gradcheck: .inputs is %d and .shapes %s; expected the shapes of 1 to "
			"%d inputs, or neither",
			o->inputs, o->shapes ? "is given" : "is not", (int)LAM_MOST_LAYERS);
	if (o->inputs && o->shape.rank)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_gradcheck: a shape (%s) and .shapes of %d inputs; expected one of the "
			"two",
			lam_shape_text(o->shape).text, o->inputs);
	return LAM_OK;
}

static lam_status gradcheck(const lam_gradcheck_options *given)
{
	lam_gradcheck_options options;
	if (!lam_take_options("lam_gradcheck", &options, sizeof options,
		    offsetof(lam_gradcheck_options, report), offsetof(lam_gradcheck_options, named),
		    given)) {
		if (lam_options_hold(given, offsetof(lam_gradcheck_options, shape)))
			lam_layer_free(given->layer);
		return LAM_ERR_ARGUMENT;
	}
	const bool ranged = options.low != 0 || options.high != 0;
	options.low = options.low == LAM_ZERO ? 0 : options.low;
	options.high = options.high == LAM_ZERO ? 0 : options.high;
	const int64_t n = options.batch ? options.batch : DEFAULT_BATCH;
	lam_check c = {
		.options = &options,
		.ranged = ranged,
		.tolerance = options.tolerance > 0          ? (double)options.tolerance
			: sizeof(lam_real) == sizeof(float) ? 1e-3
							    : 1e-7,
		.report = {.size = sizeof c.report},
	};
	lam_status status = check_options(&options);
	if (status) {
		lam_layer_free(options.layer);
		return status;
	}
	lam_layer *model = options.inputs
		? lam_check_inputs(options.layer, options.shapes, options.inputs)
		: options.layer;
	if (options.inputs && !model)
		return lam_error_status();
	c.net = lam_net_create_with(&(lam_net_options){
		.size = sizeof(lam_net_options),
		.model = model,
		.shape = options.shape,
		.max_batch = n > SECOND_BATCH ? n : SECOND_BATCH,
		.seed = options.seed,
		.input_grad = true,
	});
	if (!c.net)
		return lam_error_status();
	status = check_all(&c, n);
	if (options.report)
		memcpy(options.report, &c.report,
			options.report_size < sizeof c.report ? options.report_size
							      : sizeof c.report);
	release(&c);
	return status;
}

lam_status lam_gradcheck_with(const lam_gradcheck_options *given)
{
	LAM_FLOAT_SCOPE(caller, LAM_FLOAT_IEEE);
	return gradcheck(given);
}
