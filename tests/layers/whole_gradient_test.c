/* SPDX-License-Identifier: MIT */
/* The gradients of whole nets against differences of the nets' losses: every parameter, and every
 * input. lam_gradcheck() checks each layer alone; here a mistake between layers would show.
 *
 * In double only. A difference at step h has an error of order h^2; those of h and h / 2 are
 * combined (Richardson) to one of order h^4. If that differs from the one of 2 h and h, a kink
 * (ReLU, a maximum) lies between, and a smaller step is tried. */
#include "tests/layers/architecture_values.h"
#include "tests/layers/architectures.h"

/* Of the largest gradient of the array. */
static const double TOLERANCE = 1e-7;

struct whole {
	lam_net *net;
	struct values *values;
	lam_io io[MOST_IO];
	int64_t checked, kinks;
};

static double loss_of(struct whole *w)
{
	check_ok(lam_net_forward_io(w->net, LAM_TRAIN, w->io, w->values->n));
	return lam_net_loss(w->net);
}

/* The loss when value `i` of a parameter, or else of an input's rows, is changed by h. */
static double moved(struct whole *w, lam_param *param, lam_real *rows, int64_t i, double h)
{
	lam_real *value = (param ? lam_param_edit(param) : rows) + i;
	const lam_real before = *value;
	*value = before + (lam_real)h;
	const double loss = loss_of(w);
	value = (param ? lam_param_edit(param) : rows) + i;
	*value = before;
	return loss;
}

static double difference(struct whole *w, lam_param *param, lam_real *rows, int64_t i, double h)
{
	return (moved(w, param, rows, i, h) - moved(w, param, rows, i, -h)) / (2 * h);
}

/* False: there are kinks at every step that was tried. */
static bool slope(
	struct whole *w, lam_param *param, lam_real *rows, int64_t i, double allowed, double *found)
{
	for (double h = 1e-3; h > 1e-6; h /= 8) {
		const double wide = difference(w, param, rows, i, 2 * h),
			     middle = difference(w, param, rows, i, h),
			     narrow = difference(w, param, rows, i, h / 2);
		*found = (4 * narrow - middle) / 3;
		if (fabs(*found - (4 * middle - wide) / 3) <= allowed)
			return true;
	}
	return false;
}

static void check_slopes(struct whole *w, const char *name, lam_param *param, lam_real *rows,
	const lam_real *gradient, int64_t count)
{
	require(gradient, "%s has no gradient", name);
	double *given = calloc((size_t)count, sizeof *given), largest = 0, slope_at;
	require(given, "no memory");
	for (int64_t i = 0; i < count; i++) {
		given[i] = (double)gradient[i];
		largest = fmax(largest, fabs(given[i]));
	}
	for (int64_t i = 0; i < count; i++) {
		w->checked++;
		if (!slope(w, param, rows, i, TOLERANCE / 4 * fmax(largest, 1e-3), &slope_at))
			w->kinks++;
		else
			check(fabs(slope_at - given[i]) <= TOLERANCE * fmax(largest, 1e-3),
				"%s[%" PRId64 "] is %.12g, differences give %.12g", name, i,
				given[i], slope_at);
	}
	free(given);
}

static void check_whole(struct whole *w)
{
	check(isfinite(loss_of(w)));
	check_ok(lam_net_backward(w->net));
	for (int i = 0; i < lam_net_param_count(w->net); i++) {
		lam_param *param = lam_net_param(w->net, i);
		const lam_shape shape = lam_param_shape(param);
		loss_of(w);
		check_ok(lam_net_backward(w->net));
		check_slopes(w, lam_param_name(param), param, NULL, lam_param_grad(param),
			lam_shape_count(&shape));
	}
	for (int i = 0; i < lam_net_input_count(w->net); i++) {
		const char *name = lam_net_input_name(w->net, i);
		const struct array *x = find_array(w->values, "x", name);
		require(x, "the file has no input %s", name);
		loss_of(w);
		check_ok(lam_net_backward(w->net));
		check_slopes(
			w, name, NULL, x->reals, lam_net_input_grad_of(w->net, name), x->count);
	}
	check(w->kinks * 20 <= w->checked, "%" PRId64 " of %" PRId64 " values lie at kinks",
		w->kinks, w->checked);
}

static void gradients_of_whole_nets_are_differences(void)
{
	for (int i = 0; i < 2 * ARCHITECTURES; i++) {
		const struct architecture *a = &architectures[i / 2];
		struct whole w = {.values = read_values(a->name)};
		test_begin("%s%s", a->name, i % 2 ? ", direct" : "");
		require(w.values, "%s cannot be read", a->name);
		w.net = lam_net_create(a->make(), a->shape, .max_batch = w.values->n,
			.direct = i % 2, .input_grad = true);
		if (check(w.net, "%s", lam_error())) {
			set_params(w.values, w.net);
			list_io(w.values, w.net, w.io);
			check_whole(&w);
		}
		lam_net_free(w.net);
		free_values(w.values);
		test_end();
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(gradients_of_whole_nets_are_differences)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
