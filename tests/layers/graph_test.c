/* SPDX-License-Identifier: MIT */
/* lam_graph: several inputs and losses against the textbook. graph_place_test.c proves the order of
 * its layers and its place among others, graph_errors_test.c and
 * graph_ends_test.c its sentences, nest_test.c random
 * graphs, tests/files/graph_files_test.c its files. */
#include "tests/battery/prove.h"

#include <inttypes.h>

enum { BATCH = 21, X = 3, Z = 2, HIDDEN = 4, BOTH = HIDDEN + Z, KINDS = 3 };

/* x and z give logits of KINDS classes, and a price:
 *
 *     h = tanh(W0 x + b0), both = (h, z), kind = W1 both + b1, price = W2 both + b2 */
static lam_layer *two_losses(lam_real weight)
{
	lam_graph *g = lam_graph_new();
	const lam_value x = lam_graph_input(g, "x", LAM_SHAPE(X)),
			z = lam_graph_input(g, "z", LAM_SHAPE(Z));
	const lam_value h = lam_apply(g, lam_sequential(lam_affine(.out = HIDDEN), lam_tanh()), x);
	const lam_value both = lam_apply(g, lam_concat(), h, z);
	const lam_value kind = lam_apply(g, lam_affine(.out = KINDS), both);
	const lam_value price = lam_apply(g, lam_affine(.out = 1, .name = "price"), both);
	lam_graph_loss(g, lam_softmax_cross_entropy(), kind, .name = "kind");
	lam_graph_loss(g, lam_mean_squared_error(.name = "price_error"), price, .weight = weight);
	return lam_graph_done(g);
}

static lam_net *two_losses_net(lam_real weight)
{
	return lam_net_create(two_losses(weight), .max_batch = BATCH, .seed = 3, .threads = 2,
		.input_grad = true);
}

struct data {
	lam_real x[BATCH * X], z[BATCH * Z], prices[BATCH];
	int32_t kinds[BATCH];
};

static struct data some_data(uint64_t seed)
{
	struct data data;
	struct dice dice = {seed};
	for (int i = 0; i < BATCH * X; i++)
		data.x[i] = (lam_real)dice_real(&dice, -1, 1);
	for (int i = 0; i < BATCH * Z; i++)
		data.z[i] = (lam_real)dice_real(&dice, -1, 1);
	for (int i = 0; i < BATCH; i++) {
		data.prices[i] = (lam_real)dice_real(&dice, -1, 1);
		data.kinds[i] = (int32_t)dice_range(&dice, 0, KINDS - 1);
	}
	return data;
}

/* Compares an array with values in double. */
static void check_values(
	const char *what, const lam_real *actual, const double *expected, int64_t count)
{
	const double tolerance = sizeof(lam_real) == 8 ? 1e-13 : 2e-6;
	for (int64_t i = 0; actual && i < count; i++)
		check(fabs((double)actual[i] - expected[i]) <= tolerance,
			"%s[%" PRId64 "] is %.9g, not %.9g", what, i, (double)actual[i],
			expected[i]);
	check(actual != NULL, "there is no %s", what);
}

/* The parameters of two_losses() in double, and all that one step computes. */
struct textbook {
	double w0[HIDDEN * X], b0[HIDDEN], w1[KINDS * BOTH], b1[KINDS], w2[BOTH], b2[1];
	double x[BATCH * X], h[BATCH * HIDDEN], both[BATCH * BOTH], kind[BATCH * KINDS],
		price[BATCH];
	double loss, kind_loss, price_loss;
	double dkind[BATCH * KINDS], dprice[BATCH], dboth[BATCH * BOTH], more[BATCH * BOTH],
		dh[BATCH * HIDDEN], dx[BATCH * X], dz[BATCH * Z];
	double dw0[HIDDEN * X], db0[HIDDEN], dw1[KINDS * BOTH], db1[KINDS], dw2[BOTH], db2[1];
};

static void copy_param(double *to, lam_net *net, const char *name)
{
	const lam_param *param = lam_net_find(net, name);
	const lam_shape shape = lam_param_shape(param);
	for (int64_t i = 0; i < lam_shape_count(&shape); i++)
		to[i] = (double)lam_param_value(param)[i];
}

/* Cross-entropy and squared error are means over the batch. */
static void textbook_losses(struct textbook *t, const struct data *data, double weight)
{
	t->kind_loss = t->price_loss = 0;
	for (int i = 0; i < BATCH; i++) {
		double sum = 0;
		for (int k = 0; k < KINDS; k++)
			sum += exp(t->kind[i * KINDS + k]);
		for (int k = 0; k < KINDS; k++)
			t->dkind[i * KINDS + k] =
				(exp(t->kind[i * KINDS + k]) / sum - (k == data->kinds[i])) / BATCH;
		t->kind_loss += (log(sum) - t->kind[i * KINDS + data->kinds[i]]) / BATCH;
		const double error = t->price[i] - (double)data->prices[i];
		t->price_loss += error * error / BATCH;
		t->dprice[i] = weight * 2 * error / BATCH;
	}
	t->loss = t->kind_loss + weight * t->price_loss;
}

static void textbook_step(struct textbook *t, lam_net *net, const struct data *data, double weight)
{
	copy_param(t->w0, net, "2.0.weight");
	copy_param(t->b0, net, "2.0.bias");
	copy_param(t->w1, net, "4.weight");
	copy_param(t->b1, net, "4.bias");
	copy_param(t->w2, net, "price.weight");
	copy_param(t->b2, net, "price.bias");
	for (int i = 0; i < BATCH * X; i++)
		t->x[i] = (double)data->x[i];
	textbook_affine(t->h, t->x, t->w0, t->b0, BATCH, X, HIDDEN);
	for (int i = 0; i < BATCH; i++) {
		for (int k = 0; k < HIDDEN; k++)
			t->both[i * BOTH + k] = t->h[i * HIDDEN + k] = tanh(t->h[i * HIDDEN + k]);
		for (int k = 0; k < Z; k++)
			t->both[i * BOTH + HIDDEN + k] = (double)data->z[i * Z + k];
	}
	textbook_affine(t->kind, t->both, t->w1, t->b1, BATCH, BOTH, KINDS);
	textbook_affine(t->price, t->both, t->w2, t->b2, BATCH, BOTH, 1);
	textbook_losses(t, data, weight);
	textbook_affine_backward(
		t->dboth, t->dw1, t->db1, t->dkind, t->both, t->w1, BATCH, BOTH, KINDS);
	textbook_affine_backward(
		t->more, t->dw2, t->db2, t->dprice, t->both, t->w2, BATCH, BOTH, 1);
	for (int i = 0; i < BATCH; i++) {
		for (int k = 0; k < HIDDEN; k++) {
			const double h = t->h[i * HIDDEN + k];
			t->dh[i * HIDDEN + k] = (t->dboth[i * BOTH + k] + t->more[i * BOTH + k])
				* (1 - h * h);
		}
		for (int k = 0; k < Z; k++)
			t->dz[i * Z + k] = t->dboth[i * BOTH + HIDDEN + k]
				+ t->more[i * BOTH + HIDDEN + k];
	}
	textbook_affine_backward(t->dx, t->dw0, t->db0, t->dh, t->x, t->w0, BATCH, X, HIDDEN);
}

static void two_losses_as_in_the_textbook(void)
{
	static struct textbook t;
	const struct data data = some_data(1);
	lam_net *net = two_losses_net((lam_real)0.5);
	require(net, "%s", lam_error());
	textbook_step(&t, net, &data, 0.5);
	check_ok(lam_net_forward_io(net, LAM_TRAIN,
		(const lam_io[]){{"price_error", data.prices}, {"z", data.z}, {"kind", data.kinds},
			{"x", data.x}, {0}},
		BATCH));
	check_near(lam_net_loss(net), t.loss, 1e-6);
	check_near(lam_net_loss_of(net, "kind"), t.kind_loss, 1e-6);
	check_near(lam_net_loss_of(net, "price_error"), t.price_loss, 1e-6);
	check_values("price", lam_net_output_of(net, "price_error"), t.price, BATCH);
	check_ok(lam_net_backward(net));
	const struct {
		const char *name;
		const double *expected;
		int64_t count;
	} rows[] = {{"2.0.weight", t.dw0, HIDDEN * X}, {"2.0.bias", t.db0, HIDDEN},
		{"4.weight", t.dw1, KINDS * BOTH}, {"4.bias", t.db1, KINDS},
		{"price.weight", t.dw2, BOTH}, {"price.bias", t.db2, 1}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_values(rows[i].name, lam_param_grad(lam_net_find(net, rows[i].name)),
			rows[i].expected, rows[i].count);
	check_values("dx", lam_net_input_grad_of(net, "x"), t.dx, BATCH * X);
	check_values("dz", lam_net_input_grad_of(net, "z"), t.dz, BATCH * Z);
	lam_net_free(net);
}

/* The weight changes between steps, and may be left out or 0. */
static void weights(void)
{
	static struct textbook t;
	const struct data data = some_data(2);
	const struct {
		lam_real given;
		double meant;
	} rows[] = {{0, 1}, {LAM_ZERO, 0}, {(lam_real)0.25, 0.25}, {-2, -2}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		lam_net *net = two_losses_net(rows[i].given);
		require(net, "%s", lam_error());
		const lam_io io[] = {{"x", data.x}, {"z", data.z}, {"kind", data.kinds},
			{"price_error", data.prices}, {0}};
		textbook_step(&t, net, &data, rows[i].meant);
		check_ok(lam_net_forward_io(net, LAM_TRAIN, io, BATCH));
		check_near(lam_net_loss(net), t.loss, 1e-6);
		check_ok(lam_net_set_loss_weight(net, "price_error", 3));
		textbook_step(&t, net, &data, 3);
		check_ok(lam_net_forward_io(net, LAM_TRAIN, io, BATCH));
		check_near(lam_net_loss(net), t.loss, 1e-6);
		check_ok(lam_net_backward(net));
		check_values(
			"dw0", lam_param_grad(lam_net_find(net, "2.0.weight")), t.dw0, HIDDEN * X);
		lam_net_free(net);
	}
}

static void shapes(void)
{
	lam_graph *g = lam_graph_new();
	lam_graph_output(g,
		lam_apply(g, lam_conv2d(.out = 1, .kernel = {3}),
			lam_graph_input(g, "x", LAM_SHAPE(2, 6, 6))),
		"y");
	lam_net *net = lam_net_create(lam_graph_done(g), LAM_SHAPE(2, 4, 8), .max_batch = 1);
	require(net, "%s", lam_error());
	const lam_shape in = lam_net_input_shape(net), given = LAM_SHAPE(2, 4, 8);
	check(lam_shape_equal(&in, &given), "the shape is not replaced");
	lam_net_free(net);
	net = lam_net_create(two_losses(1), LAM_SHAPE(X), .max_batch = 1);
	check(!net && strstr(lam_error(), "a model of 2 inputs"), "%s", lam_error());
	net = lam_net_create(two_losses(1), .max_batch = 2);
	require(net, "%s", lam_error());
	const lam_shape z = lam_net_shape_of(net, "z"), own = LAM_SHAPE(Z);
	check(lam_shape_equal(&z, &own), "another shape");
	lam_net_free(net);
}

/* A container of a user's with a loss in it. */
static lam_slot expand_own(const lam_layer *self, lam_plan *plan, lam_slot x)
{
	check(lam_plan_outermost(plan), "it is the model");
	const lam_slot h = lam_plan_layer(plan, lam_layer_child(self, 0), x, "body");
	const lam_slot y = lam_plan_layer(plan, lam_layer_child(self, 1), h, "head");
	lam_plan_loss(plan, lam_layer_child(self, 2), &h, 1, "side", (lam_real)0.5);
	return lam_plan_loss(plan, lam_layer_child(self, 3), &y, 1, "main", 1);
}

static const lam_layer_class own_class = {
	LAM_LAYER_ABI, .kind = "own", .expand = expand_own, .min_children = 4, .max_children = 4};

static lam_layer *own_model(lam_layer *last)
{
	return lam_layer_new_with_children(&own_class, NULL,
		(lam_layer *const[]){lam_affine(.out = 2), lam_tanh(),
			lam_mean_squared_error(.name = "near"), last},
		4);
}

static void containers_of_ones_own_have_weighted_losses(void)
{
	lam_net *net = lam_net_create(
		own_model(lam_mean_squared_error(.name = "far")), LAM_SHAPE(2), .max_batch = 1);
	require(net, "%s", lam_error());
	const lam_real x[] = {1, 2}, t[] = {3, 4};
	check_ok(lam_net_forward_io(
		net, LAM_TRAIN, (const lam_io[]){{"input", x}, {"near", t}, {"far", t}, {0}}, 1));
	check_near(lam_net_loss(net),
		0.5 * lam_net_loss_of(net, "near") + lam_net_loss_of(net, "far"), 1e-5);
	lam_net_free(net);
	net = lam_net_create(own_model(lam_relu()), LAM_SHAPE(2), .max_batch = 1);
	check(!net && strstr(lam_error(), "relu is no loss; expected one"), "%s", lam_error());
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(two_losses_as_in_the_textbook), TEST(weights),
		TEST(shapes), TEST(containers_of_ones_own_have_weighted_losses)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
