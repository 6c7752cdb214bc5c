/* SPDX-License-Identifier: MIT */
/* Runs a trial through the library, and compares the results with the trial's arrays. */
#include "tests/battery/battery.h"

#include "framework/kernels/sizes.h"
#include "framework/plan/inside.h"

#include <lamina.h>

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void (*battery_spoil)(lam_layer *layer);

const char *complain(const struct trial *t, const char *format, ...)
{
	static char text[1000];
	char what[500];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(what, sizeof what, format, arguments);
	va_end(arguments);
	const struct window *g = &t->window;
	snprintf(text, sizeof text,
		"case %d%s: %s (batch %" PRId64 ", in %s, out %s; kernel %" PRId64 "x%" PRId64
		" stride %" PRId64 "x%" PRId64 " pad %" PRId64 "x%" PRId64 " dilation %" PRId64
		"x%" PRId64 " groups %" PRId64 "%s%s%s%s)",
		t->number, t->small ? " (small)" : "", what, t->n, lam_shape_text(t->in).text,
		lam_shape_text(t->out).text, g->kernel[0], g->kernel[1], g->stride[0], g->stride[1],
		g->pad[0], g->pad[1], g->dilation[0], g->dilation[1], g->groups,
		g->ceil_mode ? " ceil" : "", g->exclude_pad ? " exclude" : "",
		t->bias ? " bias" : "", t->rectified ? " relu" : "");
	return text;
}

const char *compare(const struct trial *t, const char *what, const lam_real *actual,
	const double *expected, int64_t count, double tolerance)
{
	double largest = 0, worst = -1;
	int64_t at = 0;
	for (int64_t i = 0; i < count; i++)
		largest = fmax(largest, fabs(expected[i]));
	for (int64_t i = 0; i < count; i++) {
		double error = fabs((double)actual[i] - expected[i]);
		if (isnan(error))
			error = isnan(actual[i]) && isnan(expected[i]) ? 0 : INFINITY;
		if ((double)actual[i] == expected[i])
			error = 0;
		if (error > worst) {
			worst = error;
			at = i;
		}
	}
	if (worst <= tolerance * largest)
		return NULL;
	return complain(t,
		"%s[%" PRId64 " of %" PRId64
		"] is %.17g, not %.17g: off by %.3g of the largest, %g",
		what, at, count, (double)actual[at], expected[at], worst / largest, largest);
}

/* A layer that copies its input bit-identically. */
static lam_layer *nothing(void)
{
	return lam_leaky_relu(.slope = 1);
}

static lam_layer *assemble(const struct trial *t, bool between)
{
	lam_layer *layer = t->subject->build(t);
	if (layer && battery_spoil)
		battery_spoil(layer);
	if (t->subject->traits & SUBJECT_LOSS)
		return between ? lam_sequential(nothing(), layer) : layer;
	if (between)
		return t->rectified ? lam_sequential(nothing(), layer, lam_relu(), nothing())
				    : lam_sequential(nothing(), layer, nothing());
	return t->rectified ? lam_sequential(layer, lam_relu()) : layer;
}

/* In place of framework/plan/prefer.c, so that every trial with room for fewer than 16 samples has
 * channel lanes where a class allows it. */
bool lam_plan_prefers_batch_lanes(const lam_plan *plan)
{
	return plan->few >= LAM_LANES;
}

int64_t trial_room(const struct trial *t, int64_t spare)
{
	const int64_t wanted = t->n + spare;
	if (t->n >= LAM_LANES)
		return wanted;
	if ((t->number + t->number / 6) % 2)
		return wanted < LAM_LANES ? wanted : LAM_LANES - 1;
	return wanted > LAM_LANES ? wanted : LAM_LANES;
}

lam_net *trial_net(const struct trial *t, const struct setting *setting)
{
	return lam_net_create(assemble(t, setting->between), t->in,
		.max_batch = (int)trial_room(t, setting->spare), .seed = 7,
		.input_grad = !setting->no_input_grad, .threads = setting->threads);
}

static lam_real *rounded(const double *values, int64_t count)
{
	lam_real *copy = malloc((size_t)(count > 0 ? count : 1) * sizeof *copy);
	for (int64_t i = 0; copy && i < count; i++)
		copy[i] = (lam_real)values[i];
	return copy;
}

bool rows_take(struct rows *rows, const struct trial *t)
{
	int64_t targets = t->n * t->target_values;
	*rows = (struct rows){
		.x = rounded(t->x, t->n * lam_shape_count(&t->in)),
		.dy = rounded(t->dy, t->n * lam_shape_count(&t->out)),
		.values = rounded(t->targets, targets),
		.classes = malloc((size_t)(targets > 0 ? targets : 1) * sizeof *rows->classes),
	};
	for (int64_t i = 0; rows->classes && i < targets; i++)
		rows->classes[i] = (int32_t)t->targets[i];
	if (t->subject->traits & SUBJECT_LOSS)
		rows->targets = t->classes ? (const void *)rows->classes : rows->values;
	return rows->x && rows->dy && rows->values && rows->classes;
}

void rows_free(struct rows *rows)
{
	free(rows->x);
	free(rows->dy);
	free(rows->values);
	free(rows->classes);
}

static lam_status take(lam_param *param, const char *name, const double *values, int64_t count)
{
	lam_shape shape = lam_param_shape(param);
	if (lam_shape_count(&shape) != count)
		return lam_fail(LAM_ERR_SHAPE, "%s %s is %s; expected %" PRId64 " values", name,
			lam_param_name(param), lam_shape_text(shape).text, count);
	lam_real *edit = lam_param_edit(param);
	for (int64_t i = 0; i < count; i++)
		edit[i] = (lam_real)values[i];
	return LAM_OK;
}

lam_status net_take(lam_net *net, const struct trial *t)
{
	if (lam_net_param_count(net) != t->params || lam_net_state_count(net) != t->states)
		return lam_fail(LAM_ERR_SHAPE, "%d parameters, %d states; expected %d, %d",
			lam_net_param_count(net), lam_net_state_count(net), t->params, t->states);
	lam_status status = LAM_OK;
	for (int i = 0; !status && i < t->params; i++) {
		lam_shape shape = lam_param_shape(lam_net_param(net, i));
		if (!lam_shape_equal(&shape, &t->param[i]))
			return lam_fail(LAM_ERR_SHAPE, "parameter %d is %s; expected %s", i,
				lam_shape_text(shape).text, lam_shape_text(t->param[i]).text);
		status = take(lam_net_param(net, i), "parameter", t->w[i], trial_elements(t, i));
	}
	for (int i = 0; !status && i < t->states; i++)
		status = take(lam_net_state(net, i), "state", t->state[i], t->state_values);
	return status;
}

lam_status net_backward(lam_net *net, const struct rows *rows)
{
	return rows->targets ? lam_net_backward(net) : lam_net_backward_from(net, rows->dy);
}

/* Runs a full batch, the trial's samples in reverse order, so that no memory of the net is still
 * zero. */
static lam_status run_other_batch(lam_net *net, const struct trial *t, const struct rows *rows)
{
	int64_t n = lam_net_max_batch(net), in = lam_shape_count(&t->in),
		out = lam_shape_count(&t->out), per = t->target_values;
	struct rows other = {
		.x = malloc((size_t)(n * in) * sizeof(lam_real)),
		.dy = malloc((size_t)(n * out) * sizeof(lam_real)),
		.values = malloc((size_t)(n * per + 1) * sizeof(lam_real)),
		.classes = malloc((size_t)(n * per + 1) * sizeof(int32_t)),
	};
	lam_status status = LAM_ERR_MEMORY;
	if (!other.x || !other.dy || !other.values || !other.classes)
		goto done;
	for (int64_t s = 0; s < n; s++) {
		int64_t from = (n - 1 - s) % t->n;
		for (int64_t i = 0; i < in; i++)
			other.x[s * in + i] = rows->x[from * in + i];
		for (int64_t i = 0; i < out; i++)
			other.dy[s * out + i] = 1 + 3 * rows->dy[from * out + i];
		for (int64_t i = 0; i < per; i++) {
			other.values[s * per + i] = rows->values[from * per + i];
			other.classes[s * per + i] = rows->classes[from * per + i];
		}
	}
	if (rows->targets)
		other.targets = t->classes ? (const void *)other.classes : other.values;
	status = lam_net_forward(net, LAM_TRAIN, other.x, other.targets, n);
	if (!status)
		status = net_backward(net, &other);
done:
	rows_free(&other);
	return status;
}

double trial_tolerance(const struct trial *t)
{
	return t->transformed ? 10 * BATTERY_TOLERANCE : BATTERY_TOLERANCE;
}

/* As run_other_batch(), so that evaluation finds nothing of the training forward before it. The
 * states are then again those after that forward. */
static lam_status forget_training(lam_net *net, const struct trial *t, const struct rows *rows)
{
	lam_status status = run_other_batch(net, t, rows);
	for (int i = 0; !status && i < t->states; i++)
		status = take(lam_net_state(net, i), "state", t->after[i], t->state_values);
	return status;
}

/* Compares output and gradients of evaluation with the trial's eval, eval_dx and eval_dw. */
static const char *compare_evaluation(
	lam_net *net, const struct trial *t, const struct rows *rows, const struct setting *setting)
{
	const int64_t in = t->n * lam_shape_count(&t->in), out = t->n * lam_shape_count(&t->out);
	if (setting->spare && forget_training(net, t, rows))
		return complain(t, "%s", lam_error());
	if (lam_net_forward(net, LAM_EVAL, rows->x, rows->targets, t->n))
		return complain(t, "%s", lam_error());
	const char *complaint = compare(
		t, "y of evaluation", lam_net_output(net), t->eval, out, trial_tolerance(t));
	const lam_real loss = (lam_real)lam_net_loss(net);
	if (!complaint && rows->targets)
		complaint = compare(
			t, "loss of evaluation", &loss, &t->loss, 1, trial_tolerance(t));
	if (complaint)
		return complaint;
	if (net_backward(net, rows))
		return complain(t, "%s", lam_error());
	if (!setting->no_input_grad)
		complaint = compare(t, "dx of evaluation", lam_net_input_grad(net), t->eval_dx, in,
			trial_tolerance(t));
	for (int i = 0; !complaint && i < t->params; i++)
		complaint = compare(t, "dw of evaluation", lam_param_grad(lam_net_param(net, i)),
			t->eval_dw[i], trial_elements(t, i), trial_tolerance(t));
	for (int i = 0; !complaint && i < t->states; i++)
		complaint = compare(t, "state of evaluation",
			lam_param_value(lam_net_state(net, i)), t->after[i], t->state_values,
			trial_tolerance(t));
	return complaint;
}

/* Compares forward, backward and evaluation of the net with the trial's y, loss, dx, dw, after and
 * eval. */
static const char *compare_net(lam_net *net, struct trial *t, const struct rows *rows,
	const struct setting *setting, bool given)
{
	int64_t in = t->n * lam_shape_count(&t->in), out = t->n * lam_shape_count(&t->out);
	lam_shape shape = lam_net_output_shape(net);
	if (!lam_shape_equal(&shape, &t->out))
		return complain(t, "the output is %s", lam_shape_text(shape).text);
	if (net_take(net, t)
		|| (setting->spare && (run_other_batch(net, t, rows) || net_take(net, t)))
		|| lam_net_forward(net, LAM_TRAIN, rows->x, rows->targets, t->n))
		return complain(t, "%s", lam_error());
	if (t->subject->observe)
		t->subject->observe(t, lam_net_output(net));
	if (!given)
		trial_textbook(t, true);
	const char *complaint = compare(t, "y", lam_net_output(net), t->y, out, trial_tolerance(t));
	lam_real loss = (lam_real)lam_net_loss(net);
	if (!complaint && rows->targets)
		complaint = compare(t, "loss", &loss, &t->loss, 1, trial_tolerance(t));
	if (complaint)
		return complaint;
	if (net_backward(net, rows))
		return complain(t, "%s", lam_error());
	if (!setting->no_input_grad)
		complaint = compare(
			t, "dx", lam_net_input_grad(net), t->dx, in, trial_tolerance(t));
	for (int i = 0; !complaint && i < t->params; i++)
		complaint = compare(t, lam_param_name(lam_net_param(net, i)),
			lam_param_grad(lam_net_param(net, i)), t->dw[i], trial_elements(t, i),
			trial_tolerance(t));
	for (int i = 0; !complaint && i < t->states; i++)
		complaint = compare(t, lam_param_name(lam_net_state(net, i)),
			lam_param_value(lam_net_state(net, i)), t->after[i], t->state_values,
			trial_tolerance(t));
	if (complaint)
		return complaint;
	return compare_evaluation(net, t, rows, setting);
}

const char *trial_compare(struct trial *t, const struct setting *setting, bool given)
{
	struct rows rows;
	const char *complaint = "no memory";
	lam_net *net = trial_net(t, setting);
	if (!rows_take(&rows, t))
		complaint = "no memory";
	else if (!net)
		complaint = complain(t, "%s", lam_error());
	else
		complaint = compare_net(net, t, &rows, setting, given);
	lam_net_free(net);
	rows_free(&rows);
	return complaint;
}

const char *battery_textbook(const struct subject *subject, int number)
{
	struct trial *t = trial_new(subject, number, false);
	if (!t)
		return "no memory";
	struct setting setting = {
		.threads = 1 + number % 3,
		.spare = number % 5 == 1  ? 1
			: number % 5 == 3 ? 20
					  : 0,
		.between = number % 7 == 5,
		.no_input_grad = number % 11 == 9,
	};
	const char *complaint = trial_compare(t, &setting, false);
	trial_free(t);
	return complaint;
}
