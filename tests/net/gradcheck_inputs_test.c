/* SPDX-License-Identifier: MIT */
/* lam_gradcheck() of models with several inputs, outputs and losses: joins that stand alone,
 * graphs, shared layers, weights of losses, maps of classes with one that is ignored. Right ones
 * pass; an error is found, and the report says in which layer and input. */
#include "tests/kit.h"

#include "framework/layer/inside.h"

#include <lamina.h>

/* y = w a b, with parameter w [1]; the gradients of a, b and w times `da`, `db`, `dw`. */
struct product {
	LAM_LAYER_OPTIONS;
	lam_real da, db, dw;
};

static const lam_option product_options[] = {
	LAM_OPTION(struct product, da, REAL, .fallback = 1, .least = 0, .most = 2),
	LAM_OPTION(struct product, db, REAL, .fallback = 1, .least = 0, .most = 2),
	LAM_OPTION(struct product, dw, REAL, .fallback = 1, .least = 0, .most = 2),
	LAM_OPTIONS_END,
};

static lam_status product_check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)self, (void)inputs, (void)out;
	return lam_shape_equal(&in[0], &in[1]) ? LAM_OK
					       : lam_fail(LAM_ERR_SHAPE, "shapes that differ");
}

static lam_status product_plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self, (void)in;
	lam_plan_param(plan, "weight", LAM_SHAPE(1), (lam_param_options){.init = LAM_INIT_ONE});
	return LAM_OK;
}

static lam_status product_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	for (int64_t i = 0; i < pass->out->values; i++)
		pass->out->data[i] = pass->w[0][0] * pass->x[0].data[i] * pass->x[1].data[i];
	return LAM_OK;
}

static lam_status product_backward(const lam_layer *self, const lam_pass *pass)
{
	const struct product *p = lam_layer_state(self);
	const lam_real w = pass->w[0][0];
	double sum = 0;
	for (int64_t b = 0; b < pass->blocks; b++)
		for (int64_t i = 0; i < pass->dy->values; i++) {
			const lam_real a = pass->x[0].data[b * pass->x[0].block + i],
				       other = pass->x[1].data[b * pass->x[1].block + i],
				       dy = pass->dy->data[b * pass->dy->block + i];
			sum += (double)(dy * a * other);
			pass->dx[0].data[b * pass->dx[0].block + i] = p->da * dy * w * other;
			pass->dx[1].data[b * pass->dx[1].block + i] = p->db * dy * w * a;
		}
	if (pass->dw[0])
		pass->dw[0][0] = p->dw * (lam_real)sum;
	return LAM_OK;
}

static const lam_layer_class product_class = {
	LAM_LAYER_ABI,
	.kind = "product",
	.flags = LAM_KEEP_X,
	.state_size = sizeof(struct product),
	.options = product_options,
	.min_inputs = 2,
	.max_inputs = 2,
	.check = product_check,
	.plan = product_plan,
	.forward = product_forward,
	.backward = product_backward,
};

#define product(...) \
	lam_layer_new( \
		&product_class, &(struct product){.size = sizeof(struct product), __VA_ARGS__})

/* Two inputs of shape 3x5, and one of another. */
static const lam_shape shapes[] = {{2, {3, 5}}, {2, {3, 5}}, {2, {3, 4}}};

static void joins_stand_alone(void)
{
	lam_gradcheck_report report;
	check_ok(lam_gradcheck(product(), .report = &report, .shapes = shapes, .inputs = 2));
	check(report.checked >= 2 * (4 + 35) * 15, "%d", (int)report.checked);
	check_ok(lam_gradcheck(lam_concat(), .shapes = shapes, .inputs = 2));
	check_ok(lam_gradcheck(lam_add(),
		.shapes = (const lam_shape[]){shapes[0], shapes[0], shapes[0]}, .inputs = 3));
	check_ok(lam_gradcheck(lam_affine(.out = 2), .shapes = shapes, .inputs = 1));
	check_fails(lam_gradcheck(product(.da = (lam_real)1.01), .report = &report,
			    .shapes = shapes, .inputs = 2),
		LAM_ERR_NUMERIC, "gradient check: product: input[");
	check(!strcmp(report.layer, "product"), "%s", report.layer);
	check_fails(lam_gradcheck(product(.db = (lam_real)0.99), .report = &report,
			    .shapes = shapes, .inputs = 2),
		LAM_ERR_NUMERIC, "gradient check: product: input 1[");
	check(report.wrong > 2 * 15, "%d", (int)report.wrong);
	check_fails(lam_gradcheck(product(.dw = (lam_real)1.01), .shapes = shapes, .inputs = 2),
		LAM_ERR_NUMERIC, "gradient check: product: weight[0]");
}

static void wrong_shapes_are_refused(void)
{
	lam_graph *g = lam_graph_new();
	check_fails(lam_gradcheck(product(), .shapes = &shapes[1], .inputs = 2), LAM_ERR_SHAPE,
		"shapes that differ");
	check_fails(lam_gradcheck(product(), .shapes = shapes), LAM_ERR_ARGUMENT,
		"lam_gradcheck: .inputs is 0 and .shapes is given; expected the shapes of 1 to "
		"10000 inputs, or neither");
	check_fails(lam_gradcheck(product(), .inputs = 2), LAM_ERR_ARGUMENT,
		".inputs is 2 and .shapes is not");
	check_fails(lam_gradcheck(product(), .shapes = shapes, .inputs = -1), LAM_ERR_ARGUMENT,
		".inputs is -1");
	check_fails(lam_gradcheck(product(), shapes[0], NULL, .shapes = shapes, .inputs = 2),
		LAM_ERR_ARGUMENT, "a shape (3x5) and .shapes of 2 inputs; expected one of the two");
	check_fails(lam_gradcheck(product(), .shapes = shapes, .inputs = 3), LAM_ERR_ARGUMENT,
		"product: 3 inputs; expected 2");
	check_fails(
		lam_gradcheck(product(), shapes[0], NULL), LAM_ERR_ARGUMENT, "1 input; expected 2");
	check_fails(lam_gradcheck(lam_concat(), .shapes = (const lam_shape[2]){{0}}, .inputs = 2),
		LAM_ERR_SHAPE, "the input shape is");
	check(lam_gradcheck(NULL, .shapes = shapes, .inputs = 2) != LAM_OK);
	lam_graph_output(g, lam_apply(g, lam_relu(), lam_graph_input(g, "x", shapes[0])), "y");
	check_fails(lam_gradcheck(lam_graph_done(g), .shapes = shapes, .inputs = 1),
		LAM_ERR_ARGUMENT,
		".shapes of 1 inputs for a graph, which carries its own; expected none");
}

/* A loss that is wrong where its targets are the ignored class: dx there is not 0. */
static const lam_layer_class *right_loss;

static lam_status spoil_ignored(const lam_layer *self, const lam_pass *pass)
{
	const lam_status status = right_loss->backward(self, pass);
	const int64_t places = pass->dx->shape.dim[1] * pass->dx->shape.dim[2];
	for (int64_t i = 0; i < places * LAM_LANES; i++) {
		const int64_t lane = i % LAM_LANES, sample = pass->block * LAM_LANES + lane;
		const int32_t *targets = pass->targets;
		if (lane < pass->real && targets[sample * places + i / LAM_LANES] == -7)
			pass->dx->data[i] += (lam_real)1e-3;
	}
	return status;
}

/* What may be wrong in the net of wide(). */
enum wrong { NOTHING, PRODUCT_A, PRODUCT_B, SHARED, MAP, OUTPUT };

/* Two inputs of different shapes; a shared trunk; a product of the input "b" and of one that was
 * computed; a loss of maps with a weight, one of values, and an output without a loss. */
static lam_layer *wide(enum wrong wrong)
{
	static lam_layer_class map_class;
	const lam_real off = (lam_real)1.01;
	lam_graph *g = lam_graph_new();
	const lam_value image = lam_graph_input(g, "image", LAM_SHAPE(2, 3, 4)),
			b = lam_graph_input(g, "b", LAM_SHAPE(2, 3, 4));
	lam_layer *trunk = lam_conv2d(.out = 2, .kernel = {3}, .pad = {1});
	lam_layer *again = lam_share(trunk);
	const lam_value first = lam_apply(g, trunk, image), second = lam_apply(g, again, b);
	lam_layer *map = lam_softmax_cross_entropy(.ignore = -7);
	lam_layer *cell = product(.dw = wrong == SHARED ? off : 1, .name = "cell");
	lam_layer *next = lam_share(cell);
	const lam_value mixed = lam_apply(g, cell, first, second),
			mixed_again = lam_apply(g, next, mixed, first);
	const lam_value gated = lam_apply(g,
		product(.da = wrong == PRODUCT_A ? off : 1, .db = wrong == PRODUCT_B ? off : 1,
			.name = "gate"),
		mixed_again, b);
	if (wrong == MAP) {
		right_loss = map->layer_class;
		map_class = *right_loss;
		map_class.backward = spoil_ignored;
		map->layer_class = &map_class;
	}
	lam_graph_loss(g, map, lam_apply(g, lam_conv2d(.out = 3, .kernel = {1}), gated),
		.name = "kinds", .weight = (lam_real)0.25);
	lam_graph_loss(g, lam_mean_squared_error(), lam_apply(g, lam_global_avg_pool(), mixed),
		.name = "size", .weight = LAM_ZERO);
	lam_graph_output(g,
		lam_apply(
			g, product(.da = wrong == OUTPUT ? off : 1, .name = "seen"), first, second),
		"sight");
	return lam_graph_done(g);
}

static void graphs_of_several_ends(void)
{
	static const struct {
		enum wrong wrong;
		const char *words;
	} cases[] = {
		{PRODUCT_A, "product \"gate\": input["},
		{PRODUCT_B, "product \"gate\": input \"b\"["},
		{SHARED, "product \"cell\": cell.weight[0]"},
		{MAP, "softmax_cross_entropy \"kinds\": input["},
		{OUTPUT, "product \"seen\": input["},
	};
	lam_gradcheck_report report;
	for (uint64_t seed = 1; seed <= 5; seed++)
		check_ok(lam_gradcheck(wide(NOTHING), .report = &report, .seed = seed));
	check(report.undecided * 1000 <= report.checked);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (uint64_t seed = 1; seed <= 5; seed++)
			check_fails(lam_gradcheck(
					    wide(cases[i].wrong), .report = &report, .seed = seed),
				LAM_ERR_NUMERIC, cases[i].words);
}

/* In a net with losses a layer that leads to none needs no backward. */
static void a_layer_without_backward_may_lead_to_no_loss(void)
{
	static lam_layer_class one_way;
	lam_graph *g = lam_graph_new();
	const lam_value x = lam_graph_input(g, "x", LAM_SHAPE(4));
	lam_layer *relu = lam_tanh();
	one_way = *relu->layer_class;
	one_way.backward = NULL;
	relu->layer_class = &one_way;
	lam_graph_output(g, lam_apply(g, relu, x), "seen");
	lam_graph_loss(g, lam_mean_squared_error(), lam_apply(g, lam_affine(.out = 2), x));
	check_ok(lam_gradcheck(lam_graph_done(g), .seed = 1));
}

/* Targets that are ignored reach the loss, also class 0, also with weights of classes. */
static void losses_that_ignore_a_class(void)
{
	static const lam_real weights[] = {1, 2, (lam_real)0.5};
	for (int ignore = -1; ignore <= 1; ignore++)
		check_ok(lam_gradcheck(
			lam_softmax_cross_entropy(.ignore = ignore ? ignore : LAM_ZERO,
				.class_weights = weights, .class_count = 3),
			LAM_SHAPE(3, 4, 2), NULL));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(joins_stand_alone),
		TEST(wrong_shapes_are_refused),
		TEST(graphs_of_several_ends),
		TEST(a_layer_without_backward_may_lead_to_no_loss),
		TEST(losses_that_ignore_a_class),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
