/* SPDX-License-Identifier: MIT */
/* .recompute: a net that computes activations again in backward gives the same bits as one that
 * keeps them, and takes less memory. */
#include "tests/files/files.h"
#include "tests/net/recompute_models.h"

#include "framework/net/inside.h"

#include <lamina.h>

#include <inttypes.h>
#include <string.h>

static lam_net *make(const struct model *model, int64_t max_batch, int threads, bool recompute)
{
	lam_net *net = lam_net_create(model->make(), LAM_SHAPE(3, SIDE, SIDE),
		.max_batch = max_batch, .seed = 5, .threads = threads, .recompute = recompute);
	check(net != NULL, "%s", lam_error());
	return net;
}

static bool same_param(const lam_param *p, const lam_param *q, bool gradient)
{
	const lam_shape shape = lam_param_shape(p);
	const size_t bytes = (size_t)lam_shape_count(&shape) * sizeof(lam_real);
	return !memcmp(lam_param_value(p), lam_param_value(q), bytes)
		&& (!gradient || !memcmp(lam_param_grad(p), lam_param_grad(q), bytes));
}

/* Losses, parameters, their gradients, and statistics. */
static bool same_nets(lam_net *a, lam_net *b)
{
	const double la = lam_net_loss(a), lb = lam_net_loss(b);
	bool same = !memcmp(&la, &lb, sizeof la) && isfinite(la);
	for (int i = 0; i < lam_net_param_count(a); i++)
		same = same && same_param(lam_net_param(a, i), lam_net_param(b, i), true);
	for (int i = 0; i < lam_net_state_count(a); i++)
		same = same && same_param(lam_net_state(a, i), lam_net_state(b, i), false);
	return same;
}

static int64_t activations(const lam_net *net)
{
	lam_net_memory memory;
	lam_net_memory_of(net, &memory, sizeof memory);
	return memory.activations;
}

static const lam_io io[] = {{"input", x}, {"kind", labels}, {"price", values}, {0}};

static void step(lam_net *net, const struct model *model, int64_t n)
{
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.02, .momentum = (lam_real)0.9);
	check_ok(model->two ? lam_net_step_io(net, &sgd, io, n)
			    : lam_net_step(net, &sgd, x, labels, n));
}

static void steps_give_the_same_bits(void)
{
	static const int64_t batches[] = {MOST, 16, 5, 1};
	fill();
	for (int m = 0; m < MODELS; m++)
		for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
			test_begin("%s, max_batch %d", models[m].name, (int)batches[b]);
			lam_net *kept = make(&models[m], batches[b], 1, false);
			for (int threads = 1; threads <= 3; threads++) {
				lam_net *again = make(&models[m], batches[b], threads, true);
				if (threads > 1) {
					lam_net_free(kept);
					kept = make(&models[m], batches[b], 2, false);
				}
				require(kept && again, "%s", lam_error());
				check(again->plan.again_count > 0);
				check(activations(again) < activations(kept),
					"%" PRId64 " of %" PRId64, activations(again),
					activations(kept));
				for (int s = 0; s < STEPS; s++) {
					const int64_t n = batches[b] > 1 ? batches[b] - s % 2 : 1;
					step(kept, &models[m], n);
					step(again, &models[m], n);
					check(same_nets(kept, again), "step %d, %d threads", s,
						threads);
				}
				lam_net_free(again);
			}
			lam_net_free(kept);
			test_end();
		}
}

/* A forward in evaluation and its backward, sums of two backwards, and layers that are frozen, in
 * runs of their own. */
static void act(lam_net *net, const struct model *model, int64_t n)
{
	const lam_optimizer adam = lam_adam(.lr = (lam_real)0.01);
	for (int pass = 0; pass < 4; pass++) {
		if (pass == 2)
			check_ok(lam_net_accumulate(net, true));
		for (int i = 0; i < lam_net_param_count(net); i++)
			lam_param_set_trainable(lam_net_param(net, i),
				pass == 1           ? i >= 4
					: pass == 3 ? i % 3 > 0
						    : true);
		const lam_mode mode = pass == 0 ? LAM_EVAL : LAM_TRAIN;
		check_ok(model->two ? lam_net_forward_io(net, mode, io, n)
				    : lam_net_forward(net, mode, x, labels, n));
		check_ok(lam_net_backward(net));
	}
	check_ok(lam_net_update(net, &adam));
	check_ok(lam_net_accumulate(net, false));
}

static void all_uses_give_the_same_bits(void)
{
	fill();
	for (int m = 0; m < MODELS; m++)
		for (int64_t max_batch = 5; max_batch <= 21; max_batch += 16) {
			test_begin("%s, max_batch %d", models[m].name, (int)max_batch);
			lam_net *nets[2];
			const size_t values_of_x = (size_t)max_batch * IN;
			for (int recompute = 0; recompute < 2; recompute++) {
				nets[recompute] = lam_net_create(models[m].make(),
					LAM_SHAPE(3, SIDE, SIDE), .max_batch = max_batch,
					.input_grad = true, .recompute = recompute, .threads = 2);
				require(nets[recompute] != NULL, "%s", lam_error());
				step(nets[recompute], &models[m], max_batch);
				act(nets[recompute], &models[m], max_batch);
			}
			check(same_nets(nets[0], nets[1]));
			check(!memcmp(lam_net_input_grad(nets[0]), lam_net_input_grad(nets[1]),
				values_of_x * sizeof(lam_real)));
			lam_net_free(nets[0]);
			lam_net_free(nets[1]);
			test_end();
		}
}

/* A watched value is kept, and so is what a replica for training does. */
static void watched_values_and_replicas(void)
{
	static const char *const watch[] = {"1", "3", "5.0.body.2", NULL};
	lam_shape shape;
	lam_net *nets[2], *replicas[2];
	fill();
	for (int k = 0; k < 2; k++) {
		nets[k] = lam_net_create(residual(), LAM_SHAPE(3, SIDE, SIDE), .max_batch = 21,
			.recompute = k, .watch = watch);
		replicas[k] = nets[k] ? lam_net_replica(nets[k], .train = true) : NULL;
		require(replicas[k] != NULL, "%s", lam_error());
		check((replicas[k]->plan.again_count > 0) == k);
		step(nets[k], &models[1], 21);
		step(replicas[k], &models[1], 20);
	}
	for (int i = 0; watch[i]; i++) {
		const lam_real *a = lam_net_value(nets[0], watch[i], &shape),
			       *b = lam_net_value(nets[1], watch[i], &shape);
		require(a && b, "%s", lam_error());
		check(!memcmp(a, b, 21 * (size_t)lam_shape_count(&shape) * sizeof *a), "\"%s\"",
			watch[i]);
	}
	check(same_nets(replicas[0], replicas[1]));
	for (int k = 0; k < 2; k++) {
		lam_net_free(replicas[k]);
		lam_net_free(nets[k]);
	}
}

/* One epoch with, and the next without: as two epochs without, also in shards. */
static void runs_go_on_without(void)
{
	fill();
	for (int shards = 1; shards <= 2; shards++) {
		lam_net *nets[2] = {NULL};
		lam_dataset *data = lam_dataset_arrays(x, LAM_SHAPE(3, SIDE, SIDE), labels, MOST);
		test_begin("%d shards", shards);
		for (int k = 0; k < 2; k++) {
			const char *path = file_path(k ? "with.npz" : "without.npz");
			unlink(path);
			for (int part = 0; part < 2; part++) {
				lam_net_free(nets[k]);
				nets[k] = lam_net_create(residual(), LAM_SHAPE(3, SIDE, SIDE),
					.max_batch = 16, .seed = 3, .recompute = k && !part);
				require(data && nets[k], "%s", lam_error());
				check_ok(lam_fit(nets[k], data, NULL, .epochs = 1 + part,
					.batch = 16, .checkpoint = path, .resume = true,
					.shards = shards,
					.optimizer = lam_adam(.lr = (lam_real)0.01)));
			}
		}
		check(same_nets(nets[0], nets[1]));
		lam_net_free(nets[0]);
		lam_net_free(nets[1]);
		lam_dataset_free(data);
		test_end();
	}
}

/* A class with a state that counts its forwards, and without LAM_FORWARD_AGAIN. */
static lam_status count_plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self, (void)in;
	lam_plan_state(plan, "count", LAM_SHAPE(1), 0);
	return LAM_OK;
}

static lam_status count_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	if (pass->block == 0)
		pass->state[0][0]++;
	for (int64_t i = 0; i < pass->out->values; i++)
		pass->out->data[i] = pass->x->data[i] / 2;
	return LAM_OK;
}

static lam_status count_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	for (int64_t i = 0; i < pass->dx->values; i++)
		pass->dx->data[i] = pass->dy->data[i] / 2;
	return LAM_OK;
}

static const lam_layer_class count_class = {LAM_LAYER_ABI, .kind = "count", .plan = count_plan,
	.forward = count_forward, .backward = count_backward, .flags = LAM_LIGHT};

static void layers_with_states_run_once(void)
{
	fill();
	lam_net *net = lam_net_create(
		lam_sequential(conv(16, 1), lam_relu(), lam_layer_new(&count_class, NULL),
			conv(16, 1), lam_relu(), conv(16, 1), lam_relu(), head(CLASSES)),
		LAM_SHAPE(3, SIDE, SIDE), .max_batch = 16, .recompute = true);
	require(net != NULL, "%s", lam_error());
	check(net->plan.again_count > 0);
	for (int s = 0; s < STEPS; s++)
		step(net, &models[0], 16);
	check(lam_param_value(lam_net_state(net, 0))[0] == STEPS, "%g",
		(double)lam_param_value(lam_net_state(net, 0))[0]);
	lam_net_free(net);
}

static void not_for_inference(void)
{
	check(!lam_net_create(
		plain(), LAM_SHAPE(3, SIDE, SIDE), .inference = true, .recompute = true));
	check(strstr(lam_error(), ".recompute in a net for .inference"), "%s", lam_error());
}

/* In vgg112 the second convolution's input and output alone are 60% of all activations. */
static void activations_are_few(void)
{
	static const struct {
		const char *name;
		lam_layer *(*make)(void);
		int side, batch;
		double most; /* of the bytes without .recompute */
	} rows[] = {{"vgg112", vgg112, 112, 8, 0.7}, {"vgg112", vgg112, 112, 16, 0.7},
		{"resnet18", resnet18, 224, 4, 0.35}, {"resnet18", resnet18, 224, 16, 0.35}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		test_begin("%s, max_batch %d", rows[i].name, rows[i].batch);
		int64_t bytes[2];
		for (int recompute = 0; recompute < 2; recompute++) {
			lam_net *net = lam_net_create(rows[i].make(),
				LAM_SHAPE(3, rows[i].side, rows[i].side),
				.max_batch = rows[i].batch, .recompute = recompute);
			require(net != NULL, "%s", lam_error());
			bytes[recompute] = activations(net);
			lam_net_free(net);
		}
		const double part = (double)bytes[1] / (double)bytes[0];
		check(part <= rows[i].most, "%g", part);
		test_end();
	}
}

static lam_layer *first_layer(int kind)
{
	switch (kind) {
	case 0:
		return lam_max_pool2d(.kernel = {3}, .stride = {1}, .pad = {1});
	case 1:
		return lam_instance_norm(.no_affine = true);
	case 2:
		return lam_group_norm(.groups = 4, .no_affine = true);
	case 3:
		return lam_layer_norm(.no_affine = true);
	default:
		return lam_layer_norm(.channels = true, .no_affine = true);
	}
}

/* A layer that saves something in forward, and has no backward because nothing before it has
 * parameters, saves it again where it is computed again: not over what others keep. */
static void what_no_backward_reads_is_saved_apart(void)
{
	enum { CHANNELS = 64, PIXELS = 12, ROOM = 32, OUT = 3 };
	static lam_real rows[ROOM * CHANNELS * PIXELS], dy[ROOM * OUT * PIXELS];
	for (int i = 0; i < ROOM * CHANNELS * PIXELS; i++)
		rows[i] = (lam_real)(i * 79 % 1013) / 1000 - (lam_real)0.25;
	for (int i = 0; i < ROOM * OUT * PIXELS; i++)
		dy[i] = (lam_real)(i * 61 % 997) / 1000 - (lam_real)0.5;
	for (int kind = 0; kind < 5; kind++)
		for (int samples = 8; samples <= ROOM; samples += 24) {
			lam_net *nets[2];
			test_begin("first layer %d, %d samples", kind, samples);
			for (int again = 0; again < 2; again++) {
				nets[again] = lam_net_create(
					lam_sequential(first_layer(kind), lam_scale(.factor = 0.7f),
						lam_batch_norm(), lam_tanh(),
						lam_conv2d(.out = OUT, .kernel = {1})),
					LAM_SHAPE(CHANNELS, 6, 2), .max_batch = samples,
					.recompute = again, .seed = 3);
				require(nets[again] != NULL, "%s", lam_error());
				check_ok(lam_net_forward(
					nets[again], LAM_TRAIN, rows, NULL, samples));
				check_ok(lam_net_backward_from(nets[again], dy));
			}
			for (int i = 0; i < lam_net_param_count(nets[0]); i++)
				check(same_param(lam_net_param(nets[0], i),
					      lam_net_param(nets[1], i), true),
					"%s differs", lam_param_name(lam_net_param(nets[0], i)));
			lam_net_free(nets[0]);
			lam_net_free(nets[1]);
		}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(steps_give_the_same_bits),
		TEST(all_uses_give_the_same_bits), TEST(watched_values_and_replicas),
		TEST(runs_go_on_without), TEST(layers_with_states_run_once),
		TEST(not_for_inference), TEST(activations_are_few),
		TEST(what_no_backward_reads_is_saved_apart)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
