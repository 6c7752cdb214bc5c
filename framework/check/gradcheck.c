/* SPDX-License-Identifier: MIT */
/* The gradient check compares backward with differences of the loss. Where they disagree, it
 * repeats with a smaller step, which may span no kink. If the smallest step still spans a kink, it
 * compares the one-sided difference on the value's side of the kink. */
#include "framework/gradcheck.h"

#include "framework/base/float_mode.h"
#include "framework/base/options.h"
#include "framework/layer/inside.h"
#include "framework/memory.h"
#include "framework/net/arenas.h"
#include "framework/net/query.h"
#include "framework/random.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DEFAULT_BATCH = 4, STEPS = 3 };

/* One check: a net of the layer alone, its batch, and the random r of the loss L = sum r * y. */
typedef struct check {
	const lam_gradcheck_options *options;
	bool ranged; /* .low or .high was given */
	lam_net *net;
	int64_t n, in, out;
	double step, loss; /* loss: of the unchanged batch */
	lam_real *x, *r;
	void *targets; /* NULL: the layer is no loss */
	double *analytic, *numeric;
	lam_gradcheck_report report;
	double tolerance;
	/* The least value that errors are divided by. Without it, a gradient that is 0 in theory (a
	 * bias before batch norm) would be compared with its rounding error. */
	double least_scale;
} check;

static lam_real normal(uint64_t seed, uint64_t array, int64_t i)
{
	return (lam_real)lam_random_normal(lam_random_key(seed, 1, array), (uint64_t)i);
}

static double uniform(uint64_t seed, uint64_t array, int64_t i)
{
	return lam_random_uniform(
		lam_random(lam_random_key(seed, 2, array), 0, (uint64_t)i).word[0]);
}

/* Makes valid targets for the loss: classes, or values in the range that the loss gives, or in (0,
 * 1). Targets that are probabilities sum to 1. */
static bool make_targets(check *c)
{
	lam_target_info info;
	if (lam_net_targets(c->net, &info))
		return false;
	uint64_t seed = c->options->seed;
	if (info.type == LAM_CLASSES) {
		int32_t *classes = lam_alloc((size_t)c->n, sizeof *classes);
		c->targets = classes;
		for (int64_t i = 0; i < c->n && classes; i++)
			classes[i] = (int32_t)(uniform(seed, 3, i) * (double)info.classes);
		return classes;
	}
	int64_t features = lam_shape_count(&info.shape);
	lam_real *values = lam_alloc((size_t)(c->n * features), sizeof *values);
	c->targets = values;
	const double least = (double)info.least,
		     range = info.least < info.most ? (double)info.most - least : 1;
	for (int64_t i = 0; i < c->n * features && values; i++)
		values[i] = (lam_real)(least + range * (0.05 + 0.9 * uniform(seed, 3, i)));
	if (values && lam_net_metric(c->net, 0) == LAM_METRIC_CLASS)
		for (int64_t s = 0; s < c->n; s++) {
			lam_real sum = 0;
			for (int64_t i = 0; i < features; i++)
				sum += values[s * features + i];
			for (int64_t i = 0; i < features; i++)
				values[s * features + i] /= sum;
		}
	return values;
}

static bool make_batch(check *c)
{
	const lam_gradcheck_options *o = c->options;
	c->x = lam_alloc((size_t)(c->n * c->in), sizeof *c->x);
	c->r = lam_alloc((size_t)(c->n * c->out), sizeof *c->r);
	if (!c->x || !c->r)
		return false;
	for (int64_t i = 0; i < c->n * c->in; i++)
		c->x[i] = c->ranged ? (lam_real)((double)o->low
				  + ((double)o->high - (double)o->low) * uniform(o->seed, 1, i))
				    : normal(o->seed, 1, i);
	for (int64_t i = 0; i < c->n * c->out; i++)
		c->r[i] = normal(o->seed, 2, i);
	/* Moves biases and scales away from 0 and 1, where they start. */
	for (int p = 0; p < lam_net_param_count(c->net); p++) {
		lam_param *param = lam_net_param(c->net, p);
		lam_real *value = lam_param_edit(param);
		for (int64_t i = 0; i < param->count; i++)
			value[i] += (lam_real)0.1 * normal(o->seed, 4 + (uint64_t)p, i);
	}
	return !lam_net_loss_count(c->net) || make_targets(c);
}

static lam_status loss(check *c, double *value)
{
	lam_net_restart(c->net); /* so that every forward draws the same random numbers */
	lam_status status = lam_net_forward(c->net, LAM_TRAIN, c->x, c->targets, c->n);
	if (status)
		return status;
	if (c->targets) {
		*value = lam_net_loss(c->net);
		return LAM_OK;
	}
	const lam_real *y = lam_net_output(c->net);
	*value = 0;
	for (int64_t i = 0; i < c->n * c->out; i++)
		*value += (double)c->r[i] * (double)y[i];
	return LAM_OK;
}

/* Difference quotients of L for one value: over both sides, above it and below it. */
typedef struct slopes {
	double both, below, above;
} slopes;

/* Computes L with one value moved by +h and by -h, and the quotients. It divides by the distances
 * that remain after rounding, not by h. */
static lam_status difference(check *c, lam_param *param, lam_real *at, double h, slopes *slope)
{
	lam_real middle = *at, up = (lam_real)((double)middle + h),
		 down = (lam_real)((double)middle - h);
	double above, below = 0;
	lam_status status;
	*at = up;
	if (param)
		lam_param_edit(param);
	status = loss(c, &above);
	*at = down;
	if (param)
		lam_param_edit(param);
	if (!status)
		status = loss(c, &below);
	*at = middle;
	if (param)
		lam_param_edit(param);
	if (!status)
		*slope = (slopes){
			(above - below) / ((double)up - (double)down),
			(c->loss - below) / ((double)middle - (double)down),
			(above - c->loss) / ((double)up - (double)middle),
		};
	return status;
}

/* The numeric slope to compare with the analytic one: over both sides, except at a kink, where the
 * nearer one-sided slope counts. A kink is where the two sides differ by more than the tolerance at
 * the smallest step, over which a smooth function is nearly straight. */
static double fair_slope(const slopes *slope, double analytic, bool smallest, double tolerance)
{
	if (!smallest || !(fabs(slope->above - slope->below) > tolerance))
		return slope->both;
	const double near = fabs(analytic - slope->above) < fabs(analytic - slope->below)
		? slope->above
		: slope->below;
	return fabs(analytic - near) < fabs(analytic - slope->both) ? near : slope->both;
}

/* Compares the analytic gradient of the `count` values with differences. `param` NULL: the values
 * are the input. */
static lam_status compare(check *c, const char *name, lam_param *param, lam_real *values,
	const lam_real *gradient, int64_t count)
{
	int64_t stride = c->options->most > 0 && count > c->options->most ? count / c->options->most
									  : 1;
	double largest = c->least_scale;
	for (int64_t i = 0; i < count; i += stride) {
		c->analytic[i] = (double)gradient[i];
		largest = fmax(largest, fabs(c->analytic[i]));
	}
	for (int64_t i = 0; i < count; i += stride) {
		slopes slope;
		lam_status status = difference(c, param, &values[i], c->step, &slope);
		if (status)
			return status;
		c->numeric[i] = slope.both;
		largest = fmax(largest, fabs(c->numeric[i]));
	}
	if (largest == 0)
		largest = 1;
	for (int64_t i = 0; i < count; i += stride) {
		double error = fabs(c->analytic[i] - c->numeric[i]) / largest;
		for (int s = 1; s < STEPS && !(error <= c->tolerance); s++) {
			slopes slope;
			lam_status status = difference(
				c, param, &values[i], c->step / pow(4, s), &slope);
			if (status)
				return status;
			const double fair = fair_slope(
				&slope, c->analytic[i], s == STEPS - 1, c->tolerance * largest);
			if (!(fabs(c->analytic[i] - fair) / largest >= error)) {
				error = fabs(c->analytic[i] - fair) / largest;
				c->numeric[i] = fair;
			}
		}
		c->report.checked++;
		/* The negation makes NaN count as an error. */
		if (!(error <= c->report.max_error)) {
			c->report.max_error = isnan(error) ? INFINITY : error;
			snprintf(c->report.worst, sizeof c->report.worst,
				"%s[%" PRId64 "]: analytic %.9g numeric %.9g", name, i,
				c->analytic[i], c->numeric[i]);
		}
	}
	return LAM_OK;
}

static double largest_gradient(check *c, const lam_real *dx, int64_t inputs)
{
	double largest = 0;
	for (int64_t i = 0; i < inputs; i++)
		largest = fmax(largest, fabs((double)dx[i]));
	const lam_arena params = lam_net_params(c->net);
	for (int p = 0; p < params.count; p++)
		for (int64_t i = 0; i < params.params[p]->count; i++)
			largest = fmax(largest, fabs((double)params.params[p]->grad[i]));
	return largest;
}

static lam_status check_all(check *c)
{
	lam_status status = loss(c, &c->loss);
	if (!status)
		status = c->targets ? lam_net_backward(c->net)
				    : lam_net_backward_from(c->net, c->r);
	if (status)
		return status;
	/* One backward gives the gradients of the input and of the parameters. The input's are
	 * copied, as the forwards that follow overwrite them. */
	int64_t inputs = c->n * c->in, room = inputs;
	const lam_arena params = lam_net_params(c->net);
	for (int p = 0; p < params.count; p++)
		room = room > params.params[p]->count ? room : params.params[p]->count;
	lam_real *dx = lam_alloc((size_t)inputs, sizeof *dx);
	c->analytic = lam_alloc((size_t)room, sizeof *c->analytic);
	c->numeric = lam_alloc((size_t)room, sizeof *c->numeric);
	if (!dx || !c->analytic || !c->numeric) {
		lam_free(dx);
		return LAM_ERR_MEMORY;
	}
	memcpy(dx, lam_net_input_grad(c->net), (size_t)inputs * sizeof *dx);
	c->least_scale = 0.1 * largest_gradient(c, dx, inputs);
	status = compare(c, "input", NULL, c->x, dx, inputs);
	for (int p = 0; p < lam_net_param_count(c->net) && !status; p++) {
		lam_param *param = lam_net_param(c->net, p);
		status = compare(c, lam_param_name(param), param, lam_param_edit(param),
			lam_param_grad(param), param->count);
	}
	lam_free(dx);
	if (!status && !(c->report.max_error <= c->tolerance))
		status = lam_fail(LAM_ERR_NUMERIC,
			"gradient check: %s (error %.3g; expected at most %.3g)", c->report.worst,
			c->report.max_error, c->tolerance);
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
	bool is_float = sizeof(lam_real) == sizeof(float);
	check c = {
		.options = &options,
		.ranged = ranged,
		.n = options.batch ? options.batch : DEFAULT_BATCH,
		.step = options.step > 0 ? (double)options.step
			: is_float       ? 1e-2
					 : 1e-5,
		.tolerance = options.tolerance > 0 ? (double)options.tolerance
			: is_float                 ? 1e-3
						   : 1e-7,
		.report = {.size = sizeof c.report},
	};
	lam_status status = check_options(&options);
	if (status) {
		lam_layer_free(options.layer);
		return status;
	}
	c.net = lam_net_create_with(&(lam_net_options){
		.size = sizeof(lam_net_options),
		.model = options.layer,
		.shape = options.shape,
		.max_batch = (int)c.n,
		.seed = options.seed,
		.input_grad = true,
	});
	if (!c.net)
		return lam_error_status();
	const lam_shape in = lam_net_input_shape(c.net), out = lam_net_output_shape(c.net);
	c.in = lam_shape_count(&in);
	c.out = lam_shape_count(&out);
	status = make_batch(&c) ? check_all(&c) : lam_error_status();
	if (options.report)
		memcpy(options.report, &c.report,
			options.report_size < sizeof c.report ? options.report_size
							      : sizeof c.report);
	lam_free(c.x);
	lam_free(c.r);
	lam_free(c.targets);
	lam_free(c.analytic);
	lam_free(c.numeric);
	lam_net_free(c.net);
	return status;
}

lam_status lam_gradcheck_with(const lam_gradcheck_options *given)
{
	LAM_FLOAT_SCOPE(caller, LAM_FLOAT_IEEE);
	return gradcheck(given);
}
