/* SPDX-License-Identifier: MIT */
/* Layers that share parameters: gradients add up, files keep the sharing, and misuse is refused. */
#include "tests/kit.h"

#include "framework/net/inside.h"

#include <lamina.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N = 37, IN = 6, MOST = 40 };

static lam_real x[N * IN], targets[N * IN];

static void fill(void)
{
	for (int i = 0; i < N * IN; i++) {
		x[i] = (lam_real)((i * 37 % 23) - 11) / 8;
		targets[i] = (lam_real)(i * 11 % 17) / 8;
	}
}

/* `steps` steps of h = tanh(W h + b). Shared: one W for all. */
static lam_layer *recurrence(int steps, bool shared)
{
	lam_layer *layers[2 * 10 + 1], *cell = NULL;
	for (int i = 0; i < steps; i++) {
		layers[2 * i] = i && shared ? lam_share(cell) : lam_affine(.out = IN);
		cell = i ? cell : layers[0];
		layers[2 * i + 1] = lam_tanh();
	}
	layers[2 * steps] = lam_mean_squared_error();
	return lam_sequential_new(&(lam_sequential_options){
		.size = sizeof(lam_sequential_options), .layers = layers, .count = 2 * steps + 1});
}

static lam_net *make(int steps, bool shared, int threads)
{
	return lam_net_create(recurrence(steps, shared), LAM_SHAPE(IN), .max_batch = MOST,
		.seed = 5, .threads = threads);
}

/* The gradient of a shared weight is the sum of the gradients that its copies would have. */
static void gradients_of_all_uses_add_up(void)
{
	enum { STEPS = 8 };
	lam_net *one = make(STEPS, true, 2), *many = make(STEPS, false, 1);
	require(one && many, "%s", lam_error());
	check(lam_net_param_count(one) == 2 && lam_net_param_count(many) == 2 * STEPS);
	check(!strcmp(lam_param_name(lam_net_param(one, 0)), "0.weight"));
	for (int i = 0; i < 2 * STEPS; i++) {
		lam_param *to = lam_net_param(many, i), *from = lam_net_param(one, i % 2);
		memcpy(lam_param_edit(to), lam_param_value(from),
			(size_t)to->count * sizeof(lam_real));
	}
	check_ok(lam_net_forward(one, LAM_TRAIN, x, targets, N));
	check_ok(lam_net_forward(many, LAM_TRAIN, x, targets, N));
	check_ok(lam_net_backward(one));
	check_ok(lam_net_backward(many));
	check(lam_net_loss(one) == lam_net_loss(many));
	for (int p = 0; p < 2; p++)
		for (int64_t i = 0; i < lam_net_param(one, p)->count; i++) {
			lam_real sum = 0;
			for (int step = 0; step < STEPS; step++)
				sum += lam_net_param(many, 2 * step + p)->grad[i];
			check(lam_net_param(one, p)->grad[i] == sum, "parameter %d value %d", p,
				(int)i);
		}
	lam_net_free(one);
	lam_net_free(many);
}

/* Steps of a shared net have the same bits with any number of threads, accumulated or in halves. */
static void threads_give_the_same_bits(void)
{
	lam_net *nets[4];
	lam_optimizer adam = lam_adam(.lr = (lam_real)0.01);
	for (int k = 0; k < 4; k++) {
		nets[k] = make(5, true, (int[]){1, 2, 3, 8}[k]);
		require(nets[k], "%s", lam_error());
		check_ok(lam_net_accumulate(nets[k], true));
		for (int step = 0; step < 3; step++) {
			for (int half = 0; half < 2; half++) {
				check_ok(lam_net_forward(nets[k], LAM_TRAIN, x + half * 17 * IN,
					targets + half * 17 * IN, 17));
				check_ok(lam_net_backward(nets[k]));
			}
			check_ok(lam_net_update(nets[k], &adam));
		}
		check(!memcmp(nets[k]->values, nets[0]->values,
			(size_t)nets[0]->plan.param_values * sizeof(lam_real)));
	}
	for (int k = 0; k < 4; k++)
		lam_net_free(nets[k]);
}

static void files_keep_the_sharing(void)
{
	char path[] = "/tmp/lamina-share-XXXXXX";
	lam_net *net = make(3, true, 1);
	lam_real y[N * IN], again[N * IN];
	require(net, "%s", lam_error());
	const int file = mkstemp(path);
	require(file >= 0, "no file");
	close(file);
	check_ok(lam_net_save(net, path));
	lam_net *read = lam_net_load(path, .max_batch = MOST);
	lam_net *few = lam_net_load(path, .max_batch = 3, .inference = true);
	require(read && few, "%s", lam_error());
	check(lam_net_param_count(read) == 2);
	check_ok(lam_net_predict(net, x, N, y));
	check_ok(lam_net_predict(read, x, N, again));
	check(!memcmp(y, again, sizeof y));
	check_ok(lam_net_predict(few, x, N, again));
	for (int i = 0; i < N * IN; i++)
		check_near((double)again[i], (double)y[i], 1e-5);
	lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.1);
	check_ok(lam_net_step(net, &sgd, x, targets, N));
	check_ok(lam_net_step(read, &sgd, x, targets, N));
	check(!memcmp(
		net->values, read->values, (size_t)net->plan.param_values * sizeof(lam_real)));
	lam_net_free(few);
	lam_net_free(read);
	lam_net_free(net);
	unlink(path);
}

/* A container is shared with all its layers. */
static void containers_are_shared_whole(void)
{
	lam_layer *trunk = lam_sequential(lam_affine(.out = 4, .name = "hidden"), lam_relu(),
		lam_affine(.out = IN), lam_tanh());
	lam_layer *second = lam_share(trunk);
	lam_net *net = lam_net_create(lam_sequential(trunk, second, lam_mean_squared_error()),
		LAM_SHAPE(IN), .max_batch = 4);
	require(net, "%s", lam_error());
	check(lam_net_param_count(net) == 4);
	check(!strcmp(lam_param_name(lam_net_param(net, 0)), "0.hidden.weight"));
	lam_net_free(net);
}

/* The weight of an autoencoder's decoder is the encoder's, transposed. */
static void a_decoder_is_tied_to_its_encoder(void)
{
	char path[] = "/tmp/lamina-tie-XXXXXX";
	lam_layer *encoder = lam_conv2d(.out = 3, .kernel = {1}, .no_bias = true, .name = "code");
	lam_layer *decoder = lam_tie(
		lam_transposed_conv2d(.out = IN, .kernel = {1}, .no_bias = true), encoder);
	lam_net *net = lam_net_create(
		lam_sequential(encoder, lam_tanh(), decoder, lam_mean_squared_error()),
		LAM_SHAPE(IN, 1, 1), .max_batch = MOST, .seed = 7);
	require(net, "%s", lam_error());
	check(lam_net_param_count(net) == 1);
	check(!strcmp(lam_param_name(lam_net_param(net, 0)), "code.weight"));
	lam_real y[N * IN], again[N * IN];
	const lam_real *w = lam_param_value(lam_net_param(net, 0));
	check_ok(lam_net_predict(net, x, N, y));
	for (int s = 0; s < N; s++)
		for (int i = 0; i < IN; i++) {
			double sum = 0;
			for (int c = 0; c < 3; c++) {
				double h = 0;
				for (int k = 0; k < IN; k++)
					h += (double)(w[c * IN + k] * x[s * IN + k]);
				sum += tanh(h) * (double)w[c * IN + i];
			}
			check_near((double)y[s * IN + i], sum, 1e-5);
		}
	const int file = mkstemp(path);
	require(file >= 0, "no file");
	close(file);
	check_ok(lam_net_save(net, path));
	lam_net *read = lam_net_load(path, .max_batch = MOST);
	require(read, "%s", lam_error());
	check_ok(lam_net_predict(read, x, N, again));
	check(!memcmp(y, again, sizeof y));
	lam_net_free(read);
	lam_net_free(net);
	unlink(path);
	lam_layer *affine = lam_affine(.out = 3);
	check(!lam_net_create(
		lam_sequential(affine, lam_tie(lam_affine(.out = 4), affine)), LAM_SHAPE(IN)));
	check(!lam_tie(lam_sequential(lam_relu()), NULL) && !lam_tie(NULL, NULL));
}

static void says(const char *words)
{
	check(strstr(lam_error(), words) != NULL, "\"%s\", not \"%s\"", lam_error(), words);
}

static void wrong_shares_are_refused(void)
{
	lam_layer *affine = lam_affine(.out = 3), *norm = lam_batch_norm();
	lam_layer *share = lam_share(affine), *other = lam_share(norm);
	/* another shape of the weight */
	check(!lam_net_create(lam_sequential(affine, share), LAM_SHAPE(IN)));
	says("affine \"1\": its weight is 3x3, but it shares 0.weight of affine \"0\", which is "
	     "3x6");
	check(!lam_net_create(lam_sequential(norm, other), LAM_SHAPE(IN)));
	says("it is shared (lam_share), and has the state running_mean, which cannot be");
	/* one of the two in another net */
	affine = lam_affine(.out = IN);
	share = lam_share(affine);
	check(!lam_net_create(lam_sequential(affine), LAM_SHAPE(IN)));
	says("affine \"0\": 2 layers share its parameters (lam_share), of which 1 are in this "
	     "net; expected all in one net");
	lam_layer_free(share);
	/* a layer without parameters */
	affine = lam_affine(.out = IN);
	check(!lam_net_create(lam_sequential(affine, lam_tie(lam_relu(), affine)), LAM_SHAPE(IN)));
	says("relu \"1\": it declares 0 parameters and shares the 2 of affine \"0\"");
	check(!lam_share(NULL));
	check(!lam_share(lam_affine()));
	says("option out is required");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(gradients_of_all_uses_add_up),
		TEST(threads_give_the_same_bits),
		TEST(files_keep_the_sharing),
		TEST(containers_are_shared_whole),
		TEST(a_decoder_is_tied_to_its_encoder),
		TEST(wrong_shares_are_refused),
	};
	fill();
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
