/* SPDX-License-Identifier: MIT */
/* lam_sequential, lam_residual */
#include "tests/battery/prove.h"

#include "framework/layer/inside.h"

/* A container's forward and backward are never called, so only its .expand can be wrong. */
static void battery(void)
{
	for (const struct subject *s = container_subjects; s->name; s++)
		prove_right(s);
}

/* Wrong containers: one omits its last child, one runs it twice. */
static lam_slot leave_out(const lam_layer *self, lam_plan *plan, lam_slot x)
{
	char number[16];
	for (int i = 0; i + 1 < lam_layer_child_count(self); i++)
		x = lam_plan_layer(
			plan, lam_layer_child(self, i), x, lam_layer_role(self, i, number));
	return x;
}

static lam_slot add_twice(const lam_layer *self, lam_plan *plan, lam_slot x)
{
	char number[16];
	x = lam_plan_layer(plan, lam_layer_child(self, 0), x, lam_layer_role(self, 0, number));
	return lam_plan_add(plan, x, x);
}

static lam_slot body_alone(const lam_layer *self, lam_plan *plan, lam_slot x)
{
	char number[16];
	return lam_plan_layer(plan, lam_layer_child(self, 0), x, lam_layer_role(self, 0, number));
}

static lam_layer_class wrong;
static lam_slot (*wrong_expand)(const lam_layer *self, lam_plan *plan, lam_slot x);

static void spoil(lam_layer *layer)
{
	wrong = *layer->layer_class;
	wrong.expand = wrong_expand;
	layer->layer_class = &wrong;
}

static void wrong_copies_are_noticed(void)
{
	const struct {
		int subject;
		lam_slot (*expand)(const lam_layer *self, lam_plan *plan, lam_slot x);
	} table[] = {{0, leave_out}, {0, body_alone}, {1, body_alone}, {1, add_twice},
		{2, body_alone}, {2, add_twice}};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct trial *t = trial_new(&container_subjects[table[i].subject], 6, false);
		require(t != NULL, "no memory");
		wrong_expand = table[i].expand;
		battery_spoil = spoil;
		check(trial_compare(t, &(struct setting){.threads = 1}, false) != NULL,
			"row %zu went unnoticed", i);
		battery_spoil = NULL;
		trial_free(t);
	}
}

/* A user's containers that call functions of .plan in .expand. */
static lam_slot declares(const lam_layer *self, lam_plan *plan, lam_slot x)
{
	lam_plan_param(plan, "weight", LAM_SHAPE(3), (lam_param_options){.init = LAM_INIT_ONE});
	lam_plan_saved(plan, 64);
	return lam_plan_layer(plan, lam_layer_child(self, 0), x, "body");
}

static lam_slot returns_nonsense(const lam_layer *self, lam_plan *plan, lam_slot x)
{
	lam_plan_layer(plan, lam_layer_child(self, 0), x, "body");
	return 7;
}

static lam_slot adds_nonsense(const lam_layer *self, lam_plan *plan, lam_slot x)
{
	(void)self;
	return lam_plan_add(plan, x, 7);
}

static lam_slot plans_nothing(const lam_layer *self, lam_plan *plan, lam_slot x)
{
	return lam_plan_layer(plan, lam_layer_child(self, 5), x, "body");
}

static lam_slot plans_it_twice(const lam_layer *self, lam_plan *plan, lam_slot x)
{
	return lam_plan_layer(plan, lam_layer_child(self, 0),
		lam_plan_layer(plan, lam_layer_child(self, 0), x, "first"), "second");
}

static lam_slot plans_itself(const lam_layer *self, lam_plan *plan, lam_slot x)
{
	return lam_plan_layer(plan, (lam_layer *)self, x, "self");
}

/* Containers of an affine layer and a ReLU, or of an affine layer and a loss, that drop an output.
 */
static lam_slot drops_the_first(const lam_layer *self, lam_plan *plan, lam_slot x)
{
	lam_plan_layer(plan, lam_layer_child(self, 0), x, "side");
	return lam_plan_layer(plan, lam_layer_child(self, 1), x, "body");
}

static lam_slot drops_the_last(const lam_layer *self, lam_plan *plan, lam_slot x)
{
	x = lam_plan_layer(plan, lam_layer_child(self, 0), x, "body");
	lam_plan_layer(plan, lam_layer_child(self, 1), x, "side");
	return x;
}

static lam_slot drops_both(const lam_layer *self, lam_plan *plan, lam_slot x)
{
	drops_the_last(self, plan, x);
	return x;
}

static lam_slot drops_a_sum(const lam_layer *self, lam_plan *plan, lam_slot x)
{
	lam_slot y = drops_the_first(self, plan, x);
	lam_plan_add(plan, x, y);
	return y;
}

static lam_layer *relu(void)
{
	return lam_relu();
}

static lam_layer *loss(void)
{
	return lam_softmax_cross_entropy();
}

/* A container may emit a loss beside the output that it returns. */
static void a_loss_beside_the_output_counts(void)
{
	const lam_layer_class own = {LAM_LAYER_ABI, .kind = "own", .expand = drops_the_last,
		.min_children = 2, .max_children = 2};
	lam_net *net = lam_net_create(
		lam_layer_new_with_children(&own, NULL,
			(lam_layer *[]){lam_affine(.out = 3), lam_softmax_cross_entropy()}, 2),
		LAM_SHAPE(3), .max_batch = 2);
	const lam_real x[6] = {1, 2, 3, -1, 0, 1};
	const int32_t classes[2] = {0, 2};
	require(net, "%s", lam_error());
	check(lam_net_loss_count(net) == 1 && lam_net_output_count(net) == 2);
	check(!strcmp(lam_net_output_name(net, 0), "loss"));
	check(!strcmp(lam_net_output_name(net, 1), "output"));
	check_ok(lam_net_forward(net, LAM_TRAIN, x, classes, 2));
	check_ok(lam_net_backward(net));
	check(isfinite(lam_net_loss(net)) && lam_param_grad(lam_net_param(net, 0))[0] != 0);
	lam_net_free(net);
}

static void outputs_that_nothing_reads_are_refused(void)
{
	const struct {
		lam_slot (*expand)(const lam_layer *self, lam_plan *plan, lam_slot x);
		lam_layer *(*second)(void);
		const char *who;
	} table[] = {
		{drops_the_first, relu, "affine \"0.side\""},
		{drops_the_first, loss, "affine \"0.side\""},
		{drops_the_last, relu, "relu \"0.side\""},
		{drops_both, relu, "relu \"0.side\""},
		{drops_a_sum, relu, "affine \"0.side\""},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char sentence[200];
		const lam_layer_class own = {LAM_LAYER_ABI, .kind = "own",
			.expand = table[i].expand, .min_children = 2, .max_children = 2};
		snprintf(sentence, sizeof sentence,
			"%s: nothing reads its output; expected .expand to return it or to give it "
			"to another layer",
			table[i].who);
		refuses(lam_sequential(lam_layer_new_with_children(&own, NULL,
				(lam_layer *[]){lam_affine(.out = 3), table[i].second()}, 2)),
			LAM_SHAPE(3), sentence);
	}
}

static lam_status packs_what_is_not_there(
	const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self, (void)in;
	lam_plan_packed(plan, 1, 64, 1, false);
	return LAM_OK;
}

static lam_status forward_nothing(const lam_layer *self, const lam_pass *pass)
{
	(void)self, (void)pass;
	return LAM_OK;
}

static void wrong_plans_are_refused(void)
{
	const struct {
		lam_slot (*expand)(const lam_layer *self, lam_plan *plan, lam_slot x);
		const char *sentence;
	} table[] = {
		{declares, "parameters or memory are declared outside of .plan"},
		{returns_nonsense,
			"own: its .expand returned slot 7; expected a slot of this plan"},
		{adds_nonsense, "own: its .expand returned slot -1; expected a slot of this plan"},
		{plans_nothing, "own: its .expand returned slot -1; expected a slot of this plan"},
		{plans_it_twice,
			"the same relu stands twice in the net; expected a layer of its own for "
			"each place"},
		{plans_itself, "containers nested more than 64 deep"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const lam_layer_class own = {LAM_LAYER_ABI, .kind = "own",
			.expand = table[i].expand, .min_children = 1, .max_children = 1};
		refuses(lam_layer_new_with_children(&own, NULL, (lam_layer *[]){lam_relu()}, 1),
			LAM_SHAPE(3), table[i].sentence);
	}
	const lam_layer_class own = {LAM_LAYER_ABI, .kind = "own", .plan = packs_what_is_not_there,
		.forward = forward_nothing};
	refuses(lam_layer_new(&own, NULL), LAM_SHAPE(3),
		"own: a packed copy of parameter 1; expected one of the 0 declared before it");
}

static void names_are_pytorchs(void)
{
	static const char *const names[] = {
		"0.weight",
		"0.bias",
		"2.0.weight",
		"2.0.bias",
		"3.body.0.weight",
		"3.body.0.bias",
		"3.body.1.weight",
		"3.body.1.bias",
		"3.shortcut.weight",
		"5.last.weight",
		"5.last.bias",
	};
	lam_net *net = lam_net_create(
		lam_sequential(lam_conv2d(.out = 2, .kernel = {3}), lam_relu(),
			lam_sequential(lam_conv2d(.out = 2, .kernel = {3})),
			lam_residual(lam_sequential(
					     lam_conv2d(.out = 2, .kernel = {1}), lam_batch_norm()),
				.shortcut = lam_conv2d(.out = 2, .kernel = {1}, .no_bias = true)),
			lam_flatten(), lam_sequential(lam_affine(.out = 3, .name = "last"))),
		LAM_SHAPE(1, 8, 8));
	require(net != NULL, "%s", lam_error());
	int count = (int)(sizeof names / sizeof *names);
	check(lam_net_param_count(net) == count, "%d parameters", lam_net_param_count(net));
	for (int i = 0; i < count && i < lam_net_param_count(net); i++)
		check(strcmp(lam_param_name(lam_net_param(net, i)), names[i]) == 0,
			"parameter %d is %s, not %s", i, lam_param_name(lam_net_param(net, i)),
			names[i]);
	check(lam_net_find(net, "3.body.1.running_var") != NULL);
	lam_net_free(net);
}

static void of_no_layer_there_is_nothing(void)
{
	check(!lam_layer_state(NULL) && !lam_layer_class_of(NULL) && !lam_layer_name(NULL)
		&& !lam_layer_child(NULL, 0));
	check(lam_layer_child_count(NULL) == 0 && !lam_layer_direct(NULL));
}

#define check_no_layer(made, words) check(!(made) && strstr(lam_error(), words), "%s", lam_error())

/* What lam_sequential(3) and its kin give, if the compiler's warning is ignored. */
static void numbers_are_no_layers(void)
{
	lam_layer *const number = (lam_layer *)3;
	check_no_layer(
		lam_sequential(number), "sequential: a number stands where a layer is expected");
	check_no_layer(
		lam_sequential(lam_relu(), number, lam_relu()), "a number stands where a layer");
	check_no_layer(lam_residual(number), "residual: a number stands where a layer is expected");
	check_no_layer(
		lam_residual(lam_relu(), .shortcut = number), "a number stands where a layer");
	check_no_layer(lam_net_create(number, LAM_SHAPE(3)), "a number stands where the model");
	check_fails(lam_gradcheck(number, LAM_SHAPE(3), NULL), LAM_ERR_ARGUMENT,
		"a number stands where the model");
	lam_layer_free(number);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(battery), TEST(wrong_copies_are_noticed),
		TEST(wrong_plans_are_refused), TEST(a_loss_beside_the_output_counts),
		TEST(outputs_that_nothing_reads_are_refused), TEST(names_are_pytorchs),
		TEST(of_no_layer_there_is_nothing), TEST(numbers_are_no_layers)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
