/* SPDX-License-Identifier: MIT */
/* Gradients compared with the layer's own forward: by central differences, and by the adjoint
 * identity. */
#include "tests/battery/battery.h"

#include <lamina.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The number to differentiate: the loss, or <dy, y>. A layer that draws random numbers gets a new
 * net for each evaluation, and so the same numbers every time. */
struct function {
	struct trial *trial;
	lam_mode mode;
	struct rows *rows;
	lam_net *net;
	struct setting setting;
};

static lam_status evaluate(struct function *f, double *value)
{
	const struct trial *t = f->trial;
	lam_net *net = f->net;
	if (t->subject->traits & SUBJECT_RANDOM)
		net = trial_net(t, &f->setting);
	lam_status status = net ? net_take(net, t) : LAM_ERR_ARGUMENT;
	if (!status)
		status = lam_net_forward(net, f->mode, f->rows->x, f->rows->targets, t->n);
	if (!status && f->rows->targets) {
		*value = lam_net_loss(net);
	} else if (!status) {
		const lam_real *y = lam_net_output(net);
		*value = 0;
		for (int64_t i = 0; i < t->n * lam_shape_count(&t->out); i++)
			*value += (double)f->rows->dy[i] * (double)y[i];
	}
	if (net != f->net)
		lam_net_free(net);
	return status;
}

enum { STEPS = 4 };

/* Computes df/dv from five points: (8 (f(v + h) - f(v - h)) - (f(v + 2h) - f(v - 2h))) / 12h, whose
 * error is of order h^4. `row` is the value's address in the library's array. It is NULL for
 * parameters, which the library reads from the trial. */
static lam_status difference(struct function *f, double *v, lam_real *row, double *slope)
{
	static const double at[STEPS] = {1, -1, 2, -2}, factor[STEPS] = {8, -8, -1, 1};
	const double h = 5e-4, start = *v;
	*slope = 0;
	for (int i = 0; i < STEPS; i++) {
		double value = 0;
		*v = start + at[i] * h;
		if (row)
			*row = (lam_real)*v;
		lam_status status = evaluate(f, &value);
		*v = start;
		if (row)
			*row = (lam_real)start;
		if (status)
			return status;
		*slope += factor[i] * value / (12 * h);
	}
	return LAM_OK;
}

/* Compares every element of one array with a difference, which is stored in `expected`. */
static const char *differences(struct function *f, const char *what, double *values, lam_real *rows,
	const lam_real *gradient, int64_t count)
{
	double *expected = malloc((size_t)count * sizeof *expected);
	const char *complaint = expected ? NULL : "no memory";
	for (int64_t i = 0; !complaint && i < count; i++)
		if (difference(f, &values[i], rows ? &rows[i] : NULL, &expected[i]))
			complaint = complain(f->trial, "%s", lam_error());
	if (!complaint)
		complaint = compare(f->trial, what, gradient, expected, count, 1e-7);
	free(expected);
	return complaint;
}

/* `net` gives the analytic gradients; every evaluation of f changes f's own net. */
static const char *numeric(struct function *f, lam_net *net)
{
	struct trial *t = f->trial;
	if (net_take(net, t) || lam_net_forward(net, f->mode, f->rows->x, f->rows->targets, t->n)
		|| net_backward(net, f->rows))
		return complain(t, "%s", lam_error());
	const char *where = f->mode == LAM_EVAL ? " in evaluation" : "";
	char what[100];
	snprintf(what, sizeof what, "numeric dx%s", where);
	const char *complaint = differences(
		f, what, t->x, f->rows->x, lam_net_input_grad(net), t->n * lam_shape_count(&t->in));
	for (int i = 0; !complaint && i < t->params; i++) {
		snprintf(what, sizeof what, "numeric gradient of %s%s",
			lam_param_name(lam_net_param(net, i)), where);
		complaint = differences(f, what, t->w[i], NULL,
			lam_param_grad(lam_net_param(net, i)), trial_elements(t, i));
	}
	return complaint;
}

const char *battery_numeric(const struct subject *subject, int number)
{
	struct trial *t = trial_new(subject, number, true);
	if (!t)
		return "no memory";
	struct rows rows = {0};
	struct function f = {t, LAM_TRAIN, &rows, NULL, {.threads = 1}};
	lam_net *net = trial_net(t, &f.setting);
	f.net = trial_net(t, &f.setting);
	const char *complaint;
	if (!rows_take(&rows, t))
		complaint = "no memory";
	else if (!net || !f.net)
		complaint = complain(t, "%s", lam_error());
	else
		complaint = numeric(&f, net);
	f.mode = LAM_EVAL;
	if (!complaint)
		complaint = numeric(&f, net);
	lam_net_free(net);
	lam_net_free(f.net);
	rows_free(&rows);
	trial_free(t);
	return complaint;
}

/* Compares <A x, v> with <x, A' v> for A x = y(x) - y(0), relative to the sum of absolute terms. */
static const char *adjoint(lam_net *net, struct trial *t, struct rows *rows)
{
	int64_t in = t->n * lam_shape_count(&t->in), out = t->n * lam_shape_count(&t->out);
	double forward = 0, backward = 0, size = 0;
	lam_real *zero = calloc((size_t)in, sizeof *zero);
	if (!zero)
		return "no memory";
	const char *complaint = NULL;
	if (net_take(net, t) || lam_net_forward(net, LAM_TRAIN, zero, NULL, t->n))
		complaint = complain(t, "%s", lam_error());
	for (int64_t i = 0; !complaint && i < out; i++)
		forward -= (double)rows->dy[i] * (double)lam_net_output(net)[i];
	if (!complaint
		&& (lam_net_forward(net, LAM_TRAIN, rows->x, NULL, t->n)
			|| net_backward(net, rows)))
		complaint = complain(t, "%s", lam_error());
	for (int64_t i = 0; !complaint && i < out; i++) {
		double term = (double)rows->dy[i] * (double)lam_net_output(net)[i];
		forward += term;
		size += fabs(term);
	}
	for (int64_t i = 0; !complaint && i < in; i++)
		backward += (double)rows->x[i] * (double)lam_net_input_grad(net)[i];
	free(zero);
	if (!complaint && !(fabs(forward - backward) <= trial_tolerance(t) * size))
		complaint = complain(t,
			"<A x, v> is %.17g, <x, A' v> %.17g, of terms that add up to %g", forward,
			backward, size);
	return complaint;
}

const char *battery_adjoint(const struct subject *subject, int number)
{
	struct trial *t = trial_new(subject, number, false);
	if (!t)
		return "no memory";
	t->rectified = false;
	struct rows rows;
	lam_net *net = trial_net(t, &(struct setting){.threads = 2});
	const char *complaint;
	if (!rows_take(&rows, t))
		complaint = "no memory";
	else if (!net)
		complaint = complain(t, "%s", lam_error());
	else
		complaint = adjoint(net, t, &rows);
	lam_net_free(net);
	rows_free(&rows);
	trial_free(t);
	return complaint;
}

const char *battery_gradcheck(const struct subject *subject, int number)
{
	struct trial *t = trial_new(subject, number, true);
	if (!t)
		return "no memory";
	lam_gradcheck_report report = {.size = sizeof report};
	lam_status status = lam_gradcheck(subject->build(t), t->in, &report, .batch = (int)t->n,
		.seed = (uint64_t)number + 1, .low = (lam_real)subject->low,
		.high = (lam_real)subject->high);
	const char *complaint = NULL;
	if (status)
		complaint = complain(t, "lam_gradcheck: %s", lam_error());
	else if (report.checked < t->n * lam_shape_count(&t->in))
		complaint = complain(t, "lam_gradcheck checked %" PRId64 " values", report.checked);
	trial_free(t);
	return complaint;
}
