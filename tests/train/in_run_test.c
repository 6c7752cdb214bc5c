/* SPDX-License-Identifier: MIT */
/* A net that runs cannot be used by the code of the caller's that it runs: layers, and data sets
 * that are read beside a step. */
#include "tests/train/acts.h"

/* A data set that does an act while it is read. */
static lam_net *read_net;
static const struct act *read_act;
static atomic_int right, wrong;

static void act_while_read(int64_t index)
{
	if (!read_act || index % 5)
		return;
	const lam_status status = read_act->act(read_net);
	*(refused(read_act, status, IN_RUN) ? &right : &wrong) += 1;
	if (lam_net_output(read_net) || lam_net_input_grad(read_net))
		wrong++;
}

static lam_status read_and_act(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	(void)self;
	lam_status status = stripe_read(data, index, x, target);
	act_while_read(index);
	return status;
}

static uint64_t train_beside(const struct act *act, const lam_dataset *set)
{
	const struct plan plan = {.model = 0, .rule = 1, .seed = 7, .threads = 2};
	lam_report report = {0};
	lam_score score;
	lam_net *net = read_net = plan_net(&plan);
	read_act = act;
	right = wrong = 0;
	check_ok(plan_fit(&plan, net, set, set, &report));
	check_ok(lam_evaluate(net, set, &score));
	check(wrong == 0 && right == (act ? (2 * EPOCHS + 1) * SAMPLES / 5 : 0),
		"%d refused, %d not", right, wrong);
	read_act = NULL;
	const uint64_t print = print_of(net, &report);
	lam_net_free(net);
	return print;
}

static void data_sets_do_not_use_the_net(void)
{
	static const lam_dataset_class acting = {
		LAM_DATASET_ABI, .kind = "acting", .read = read_and_act};
	require(begin());
	lam_dataset *set = lam_dataset_new(&acting, SAMPLES, LAM_SHAPE(1, SIDE, SIDE),
		(lam_target_info){.type = LAM_CLASSES, .classes = CLASSES});
	require(set, "%s", lam_error());
	const uint64_t alone = train_beside(NULL, set);
	for (int i = 0; i < ACTS && acts[i].what; i++) {
		test_begin("%s", acts[i].name);
		check(train_beside(&acts[i], set) == alone, "the run's bits");
		test_end();
	}
	lam_dataset_free(set);
	lam_dataset_free(data);
}

/* A layer that does an act in forward and backward. */
static lam_status act_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	act_while_read(0);
	memcpy(pass->out->data, pass->x->data, (size_t)pass->x->values * sizeof(lam_real));
	return LAM_OK;
}

static lam_status act_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	act_while_read(0);
	for (int64_t b = 0; b < pass->blocks && pass->dx->data; b++)
		memcpy(pass->dx->data + b * pass->dx->block, pass->dy->data + b * pass->dy->block,
			(size_t)pass->dy->values * sizeof(lam_real));
	return LAM_OK;
}

static void layers_do_not_use_the_net(void)
{
	static const lam_layer_class acting = {
		LAM_LAYER_ABI, .kind = "acting", .forward = act_forward, .backward = act_backward};
	require(begin());
	lam_net *net = read_net = lam_net_create(
		lam_sequential(lam_affine(.out = CLASSES), lam_layer_new(&acting, NULL),
			lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = BATCH, .threads = 2);
	require(net, "%s", lam_error());
	for (int i = 0; i < ACTS && acts[i].what; i++) {
		test_begin("%s", acts[i].name);
		right = wrong = 0;
		read_act = &acts[i];
		check_ok(predict(net));
		check_ok(step(net));
		read_act = NULL;
		check(wrong == 0 && right == 3, "%d refused, %d not", right, wrong);
		test_end();
	}
	check_ok(step(net));
	lam_net_free(net);
	lam_dataset_free(data);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(data_sets_do_not_use_the_net),
		TEST(layers_do_not_use_the_net),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
