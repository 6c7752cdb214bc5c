/* SPDX-License-Identifier: MIT */
/* Random graphs of layers, joins, losses and outputs: a net must compute the same as the layers one
 * by one. As nest_test.c, this tests the plan. */
#include "tests/layers/random_graph.h"

#include "framework/model/architecture.h"

/* Sums in another order round differently, and later layers carry the differences on. */
static const double TOLERANCE = sizeof(lam_real) == 8 ? 1e-12 : 1e-5;

static double largest_of(const lam_real *values, int64_t count)
{
	double largest = 0;
	for (int64_t i = 0; i < count; i++)
		largest = fmax(largest, fabs((double)values[i]));
	return largest;
}

/* Compares arrays, relative to `largest`. */
static void check_same(const struct graph *g, const char *what, const lam_real *actual,
	const lam_real *expected, int64_t count, double largest)
{
	double worst = 0;
	for (int64_t i = 0; actual && i < count; i++) {
		const double error = fabs((double)actual[i] - (double)expected[i]);
		worst = isnan(error) ? INFINITY : fmax(worst, error);
	}
	check(actual && worst <= TOLERANCE * largest, "graph %d: %s is off by %g of %g", g->number,
		what, worst, largest);
}

/* The gradient of a parameter is the sum of those of all leaves that share it. */
static void check_param(const struct graph *g, int group, int k, double largest)
{
	const lam_param *whole = lam_net_param(g->whole, g->values[group].param + k);
	const lam_shape shape = lam_param_shape(whole);
	const int64_t count = lam_shape_count(&shape);
	lam_real *sum = calloc((size_t)count, sizeof *sum);
	require(sum, "no memory");
	for (int i = group; i < g->count; i++) {
		if (g->values[i].kind != LEAF || g->values[i].group != group)
			continue;
		const lam_real *grad = lam_param_grad(lam_net_param(g->values[i].net, k));
		for (int64_t v = 0; v < count; v++)
			sum[v] += grad[v];
	}
	check_same(g, lam_param_name(whole), lam_param_grad(whole), sum, count, largest);
	free(sum);
}

static void check_gradients(struct graph *g, int64_t n)
{
	int64_t count;
	const lam_real *all = lam_net_gradients(g->whole, &count);
	const double largest = largest_of(all, count);
	for (int i = 0; i < g->count; i++)
		for (int k = 0;
			g->values[i].group == i && k < lam_net_param_count(g->values[i].net); k++)
			check_param(g, i, k, largest);
	double most = 0, within = 0;
	for (int i = 0; i < g->count; i++) {
		const double here = largest_of(g->values[i].dy, n * g->values[i].size);
		most = i < g->inputs ? fmax(most, here) : most;
		within = fmax(within, here);
	}
	/* Gradients that cancel are nothing but the rounding of those that they are made of. */
	if (most <= TOLERANCE * within)
		return;
	/* An input that leads to no loss has no gradient. */
	for (int i = 0; i < g->inputs; i++) {
		const struct value *v = &g->values[i];
		const lam_real *dx = lam_net_input_grad_of(g->whole, v->name);
		if (dx || largest_of(v->dy, n * v->size) > 0)
			check_same(g, "dx", dx, v->dy, n * v->size, most);
	}
}

static void check_outputs(struct graph *g, int64_t n)
{
	for (int e = 0; e < g->ends; e++) {
		const struct value *v = &g->values[g->end[e].value];
		check_same(g, g->end[e].name, lam_net_output_of(g->whole, g->end[e].name), v->y,
			n * v->size, largest_of(v->y, n * v->size));
	}
}

/* The inputs, and the targets of the losses. */
static void list_io(const struct graph *g, lam_io *io, bool targets)
{
	int count = 0;
	for (int i = 0; i < g->inputs; i++)
		io[count++] = (lam_io){g->values[i].name, g->values[i].y};
	for (int e = 0; e < g->ends; e++)
		if (g->end[e].loss && targets)
			io[count++] = (lam_io){g->end[e].name, g->end[e].target};
	io[count] = (lam_io){0};
}

/* Without losses: backward from the outputs. */
static lam_status backward_whole(const struct graph *g, lam_net *net)
{
	lam_io dy[ENDS + 1] = {{0}};
	for (int e = 0; e < g->ends; e++)
		dy[e] = (lam_io){g->end[e].name, g->end[e].target};
	return g->losses ? lam_net_backward(net) : lam_net_backward_from_io(net, dy);
}

/* The outputs of a net, one after another; the caller frees them. */
static lam_real *predict(const struct graph *g, lam_net *net, int64_t n, int64_t *count)
{
	lam_io io[ENDS + VALUES];
	lam_out out[ENDS + 1] = {{0}};
	*count = 0;
	for (int e = 0; e < g->ends; e++)
		*count += n * g->values[g->end[e].value].size;
	lam_real *all = calloc((size_t)*count, sizeof *all), *at = all;
	for (int e = 0; all && e < g->ends; e++) {
		out[e] = (lam_out){g->end[e].name, at};
		at += n * g->values[g->end[e].value].size;
	}
	list_io(g, io, false);
	check(all != NULL, "no memory");
	check_ok(lam_net_predict_io(net, io, n, out));
	return all;
}

/* Nets for inference, whose activations share more memory, give the same predictions; those for few
 * samples, and those whose last block is partly idle, within rounding. */
static void check_inference(const struct graph *g, int64_t n)
{
	enum { WHOLE = (BATCH + 15) / 16 * 16 };
	const int batch[] = {1 + g->number % 15, BATCH, WHOLE};
	int64_t count;
	lam_real *y = predict(g, g->whole, n, &count);
	for (int i = 0; y && i < 3; i++) {
		lam_net *net = lam_net_replica(g->whole, .max_batch = batch[i]);
		if (!check(net, "graph %d: %s", g->number, lam_error()))
			break;
		lam_real *other = predict(g, net, n, &count);
		if (batch[i] == WHOLE)
			check(!memcmp(y, other, (size_t)count * sizeof *y),
				"graph %d predicts otherwise for inference", g->number);
		else
			check_same(g, "few", other, y, count, largest_of(y, count));
		free(other);
		lam_net_free(net);
	}
	free(y);
}

/* One thread gives the same bits, and its model the same text, also when it is read back. */
static void check_again(struct graph *g, int64_t n)
{
	lam_io io[ENDS + VALUES];
	list_io(g, io, true);
	int64_t count;
	lam_layer *layers[VALUES];
	for (int i = 0; i < g->count; i++)
		layers[i] = g->values[i].layer;
	lam_net *again = build_net(g, 1);
	for (int i = 0; i < g->count; i++)
		g->values[i].layer = layers[i];
	require(again, "graph %d: %s", g->number, lam_error());
	check_ok(lam_net_forward_io(again, LAM_TRAIN, io, n));
	check_ok(backward_whole(g, again));
	const lam_real *dw = lam_net_gradients(again, &count);
	check(!memcmp(dw, lam_net_gradients(g->whole, &count), (size_t)count * sizeof *dw),
		"graph %d: other bits with one thread", g->number);
	lam_shape input = lam_net_input_shape(again);
	char *text = lam_architecture_write(lam_net_model(g->whole), input);
	lam_layer *read = text ? lam_architecture_parse(text, NULL, NULL, &input) : NULL;
	char *second = read ? lam_architecture_write(read, input) : NULL;
	check(second && !strcmp(text, second), "graph %d: another text: %s", g->number,
		lam_error());
	lam_free(text);
	lam_free(second);
	lam_layer_free(read);
	lam_net_free(again);
}

static void fill(struct graph *g, struct dice *dice, int64_t n)
{
	for (int i = 0; i < g->count; i++) {
		struct value *v = &g->values[i];
		memset(v->dy, 0, (size_t)(n * v->size) * sizeof *v->dy);
		for (int64_t k = 0; i < g->inputs && k < n * v->size; k++)
			v->y[k] = (lam_real)dice_real(dice, -1, 2);
	}
	for (int e = 0; e < g->ends; e++)
		for (int64_t k = 0; k < n * g->values[g->end[e].value].size; k++)
			g->end[e].target[k] = (lam_real)dice_real(dice, -1, 2);
}

static void check_graph(int number)
{
	struct graph *g = draw(number);
	require(g, "no memory");
	if (!g->ends) {
		cut(g);
		return;
	}
	g->whole = build_net(g, 2);
	require(g->whole && plant(g), "graph %d: %s", number, lam_error());
	struct dice dice = {(uint64_t)number};
	const int64_t n = dice_chance(&dice, 50) ? BATCH : dice_range(&dice, 2, BATCH);
	lam_io io[ENDS + VALUES];
	fill(g, &dice, n);
	list_io(g, io, true);
	check_ok(lam_net_forward_io(g->whole, LAM_TRAIN, io, n));
	forward(g, n);
	check_outputs(g, n);
	const double loss = ends(g, n);
	if (g->losses)
		check_near(lam_net_loss(g->whole), loss, 10 * TOLERANCE * (1 + fabs(loss)));
	check_ok(backward_whole(g, g->whole));
	backward(g, n);
	check_outputs(g, n);
	check_gradients(g, n);
	check_again(g, n);
	check_inference(g, n);
	cut(g);
}

static void graphs_compute_what_their_layers_do(void)
{
	for (int number = 0; number < test_share(2000) && kit.failures < TEST_SHOWN; number++)
		check_graph(number);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(graphs_compute_what_their_layers_do)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
