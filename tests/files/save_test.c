/* SPDX-License-Identifier: MIT */
/* Nets as files: a saved net is loaded unchanged, a net saved by PyTorch predicts the same, and a
 * bad file is refused and changes nothing. */
#include "tests/files/bad_texts.h"
#include "tests/files/files.h"

#include "framework/base/number.h"
#include "framework/model/inside.h"

#include <lamina.h>

#include <stdlib.h>

static lam_layer *some_model(void)
{
	return lam_sequential(
		lam_conv2d(.out = 4, .kernel = {3, 5}, .pad = {1, LAM_ZERO}, .name = "conv1"),
		lam_batch_norm(.momentum = (lam_real)0.2), lam_relu(),
		lam_residual(lam_sequential(
			lam_conv2d(.out = 4, .kernel = {3}, .pad = {1}), lam_tanh())),
		lam_residual(lam_conv2d(.out = 6, .kernel = {1}, .no_bias = true),
			.shortcut = lam_conv2d(.out = 6, .kernel = {1}, .groups = 2)),
		lam_zero_pad2d(.pad = {1, -1, 0, 2}),
		lam_standardize(.mean = {(lam_real)0.1}, .std = {2}),
		lam_max_pool2d(.kernel = {2, 3}, .stride = {2, 1}, .ceil_mode = true),
		lam_leaky_relu(.slope = (lam_real)0.2), lam_dropout(.p = (lam_real)0.25),
		lam_reshape(.shape = LAM_SHAPE(60)), lam_affine(.out = 10, .init = LAM_INIT_FAN_IN),
		lam_softmax_cross_entropy(.smoothing = (lam_real)0.1));
}

enum { INPUTS = 64, OUTPUTS = 10, BATCH = 5 };

static void fill(lam_real *x, int count)
{
	for (int i = 0; i < count; i++)
		x[i] = (lam_real)((i * 37 % 101) / 50.0 - 1);
}

static lam_net *trained_net(void)
{
	lam_net *net = lam_net_create(
		some_model(), LAM_SHAPE(1, 8, 8), .max_batch = BATCH, .seed = 3);
	if (!net) {
		check(net != NULL, "%s", lam_error());
		return NULL;
	}
	lam_real x[BATCH * INPUTS];
	int32_t labels[BATCH] = {1, 2, 3, 4, 9};
	fill(x, BATCH * INPUTS);
	lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.1);
	for (int step = 0; step < 3; step++)
		check_ok(lam_net_step(net, &sgd, x, labels, BATCH));
	return net;
}

static bool same_predictions(lam_net *a, lam_net *b)
{
	lam_real x[BATCH * INPUTS], y[BATCH * OUTPUTS], z[BATCH * OUTPUTS];
	fill(x, BATCH * INPUTS);
	return check_ok(lam_net_predict(a, x, BATCH, y))
		&& check_ok(lam_net_predict(b, x, BATCH, z)) && !memcmp(y, z, sizeof y);
}

/* Whether predictions are equal within rounding: a net of less than 16 samples sums in another
 * order. */
static bool close_predictions(lam_net *a, lam_net *b)
{
	lam_real x[BATCH * INPUTS], y[BATCH * OUTPUTS], z[BATCH * OUTPUTS];
	double worst = 0;
	fill(x, BATCH * INPUTS);
	if (!check_ok(lam_net_predict(a, x, BATCH, y))
		|| !check_ok(lam_net_predict(b, x, BATCH, z)))
		return false;
	for (int i = 0; i < BATCH * OUTPUTS; i++)
		worst = fmax(worst, isfinite(z[i]) ? fabs((double)y[i] - (double)z[i]) : INFINITY);
	return worst <= 1e-5; /* difference of two probabilities */
}

static void loads_what_it_saved(void)
{
	lam_net *net = trained_net();
	require(net != NULL);
	for (int compress = 0; compress < 2; compress++) {
		check_ok(lam_net_save(net, file_path("net.npz"), .compress = compress));
		lam_net *again = lam_net_load(file_path("net.npz"), .max_batch = BATCH);
		lam_net *server = lam_net_load(
			file_path("net.npz"), .inference = true, .max_batch = 16);
		lam_net *few = lam_net_load(
				file_path("net.npz"), .inference = true, .max_batch = 2),
			*replica = lam_net_replica(net, .max_batch = 2);
		check(again && same_predictions(net, again), "%s", lam_error());
		check(server && same_predictions(net, server), "a batch bound of 16");
		check(few && replica && same_predictions(replica, few)
				&& close_predictions(net, few),
			"a batch bound of 2");
		lam_net_free(server);
		lam_net_free(few);
		lam_net_free(replica);
		/* Saving the loaded net gives the same architecture text. */
		check_ok(lam_net_save(again, file_path("again.npz")));
		lam_npz *a = lam_npz_open(file_path("net.npz")),
			*b = lam_npz_open(file_path("again.npz"));
		char *text = lam_npz_read_text(a, lam_npz_find(a, "architecture"), 100000);
		char *text_again = lam_npz_read_text(b, lam_npz_find(b, "architecture"), 100000);
		check(text && text_again && !strcmp(text, text_again), "%s\n%s", text, text_again);
		lam_free(text);
		lam_free(text_again);
		lam_npz_close(a);
		lam_npz_close(b);
		lam_net_free(again);
	}
	lam_net_free(net);
}

/* Writes a file with the architecture `text` and no parameters. */
static const char *file_with(const char *text)
{
	const char *path = file_path("made.npz");
	lam_npz_writer *npz = lam_npz_create(path, NULL);
	lam_npz_add_text(npz, "architecture", text);
	check_ok(lam_npz_finish(npz));
	return path;
}

/* Zeros that were given in a list are in the text, and a loaded net has the same values. */
static void zeros_in_lists_are_kept(void)
{
	const lam_real a = (lam_real)0.25, b = (lam_real)0.5;
	const struct {
		lam_standardize_options options;
		const char *text, *early[3];
	} lists[] = {
		{{.mean = {a, LAM_ZERO, b}}, "standardize mean=0.25,0,0.5\n", {"0.25,", ",0.5"}},
		{{.mean = {a, 0, b}}, "standardize mean=0.25,0,0.5\n", {"0.25,", ",0.5"}},
		{{.mean = {a, b, LAM_ZERO}}, "standardize mean=0.25,0.5,0\n", {"0.25,0.5,", ""}},
		{{.mean = {LAM_ZERO}}, "standardize mean=0\n", {"", ""}},
	};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		lam_standardize_options options = lists[i].options;
		lam_real x[3 * 2] = {1, 2, 3, 4, 5, 6}, y[3 * 2];
		options.size = sizeof options;
		test_begin("%.*s", (int)strcspn(lists[i].text, "\n"), lists[i].text);
		lam_net *net = lam_net_create(lam_standardize_new(&options), LAM_SHAPE(3, 2),
			.inference = true, .max_batch = 1);
		check_ok(lam_net_save(net, file_path("zeros.npz")));
		char early[200], *text;
		snprintf(early, sizeof early,
			"lamina-architecture 1\ninput 3x2\nstandardize mean=%s%s%s\n",
			lists[i].early[0], lam_real_text(LAM_ZERO).text, lists[i].early[1]);
		for (int old = 0; old < 2; old++) {
			const char *path = old ? file_with(early) : file_path("zeros.npz");
			lam_net *again = lam_net_load(path, .inference = true, .max_batch = 1);
			lam_npz *npz = lam_npz_open(path);
			require(npz != NULL, "%s", lam_error());
			check_ok(lam_same_architecture(net, npz, path));
			text = lam_npz_read_text(npz, lam_npz_find(npz, "architecture"), 1000);
			check(old || (text && strstr(text, lists[i].text)), "%s", text);
			if (check(again != NULL, "%s", lam_error())
				&& check_ok(lam_net_predict(again, x, 1, y)))
				for (int k = 0; k < 6; k++) {
					lam_real mean = options.mean[options.mean[1] == 0
								&& options.mean[2] == 0
							? 0
							: k / 2];
					check_near((double)y[k],
						(double)(x[k] - (mean == LAM_ZERO ? 0 : mean)), 0);
				}
			lam_free(text);
			lam_npz_close(npz);
			lam_net_free(again);
		}
		lam_net_free(net);
		test_end();
	}
}

static void a_replica_shares_the_weights(void)
{
	for (int batch = 1; batch <= 16; batch += 15) {
		bool (*agree)(lam_net *, lam_net *) = batch < 16 ? close_predictions
								 : same_predictions;
		lam_net *net = trained_net();
		lam_net *replica = lam_net_replica(net, .max_batch = batch);
		require(replica != NULL, "%s", lam_error());
		check(agree(net, replica), "as made");
		lam_real *edit = lam_param_edit(lam_net_find(net, "conv1.weight"));
		edit[0] += 1;
		check(agree(net, replica), "after an edit of the net");
		edit = lam_param_edit(lam_net_find(replica, "conv1.weight"));
		edit[1] += 1;
		check(agree(net, replica), "after an edit of the replica");
		lam_net_free(replica);
		lam_net_free(net);
	}
}

/* Loads a file that PyTorch wrote and compares with PyTorch's predictions. */
static void predicts_what_pytorch_predicts(void)
{
	lam_net *net = lam_net_create(
		lam_sequential(
			lam_conv2d(.out = 4, .kernel = {3, 5}, .stride = {1, 2}, .pad = {1, 2}),
			lam_batch_norm(), lam_relu(),
			lam_transposed_conv2d(.out = 3, .kernel = {4}, .stride = {2}, .pad = {1}),
			lam_tanh(), lam_avg_pool2d(.kernel = {2}),
			lam_conv2d(.out = 6, .kernel = {3}, .groups = 3, .dilation = {2}),
			lam_gelu(), lam_flatten(), lam_affine(.out = 5), lam_softmax()),
		LAM_SHAPE(2, 7, 9), .inference = true, .max_batch = 3);
	require(net != NULL, "%s", lam_error());
	check_ok(lam_net_load_params(net, file_given("tests/data/torch/state_dict.npz")));
	lam_npz *npz = lam_npz_open(file_given("tests/data/torch/predictions.npz"));
	require(npz != NULL, "%s", lam_error());
	lam_real x[3 * 2 * 7 * 9], y[3 * 5], z[3 * 5];
	check_ok(lam_npz_read_real(npz, lam_npz_find(npz, "x"), x, 3 * 2 * 7 * 9));
	check_ok(lam_npz_read_real(npz, lam_npz_find(npz, "y"), y, 3 * 5));
	check_ok(lam_net_predict(net, x, 3, z));
	for (int i = 0; i < 15; i++)
		check_near((double)z[i], (double)y[i], 1e-5);
	lam_npz_close(npz);
	lam_net_free(net);
}

static lam_net *small_net(lam_layer *last)
{
	return lam_net_create(lam_sequential(lam_affine(.out = 3), lam_relu(), last), LAM_SHAPE(4),
		.max_batch = 1, .seed = 5);
}

static void parameters_that_do_not_fit_are_refused(void)
{
	lam_net *net = small_net(lam_affine(.out = 2)), *wider = small_net(lam_affine(.out = 3));
	lam_net *deeper = lam_net_create(lam_sequential(lam_affine(.out = 3), lam_relu(),
						 lam_affine(.out = 2), lam_affine(.out = 2)),
		LAM_SHAPE(4), .max_batch = 1);
	check_ok(lam_net_save(net, file_path("small.npz")));
	lam_real before = lam_param_value(lam_net_param(wider, 0))[0];
	check_fails(lam_net_load_params(wider, file_path("small.npz")), LAM_ERR_SHAPE,
		"\"2.weight\" is float");
	check_fails(lam_net_load_params(wider, file_path("small.npz")), LAM_ERR_SHAPE,
		"expected shape 3x3");
	check(lam_param_value(lam_net_param(wider, 0))[0] == before, "the net was changed");
	check_fails(lam_net_load_params(deeper, file_path("small.npz")), LAM_ERR_FORMAT,
		"has no entry \"3.weight\"");
	check_ok(lam_net_load_params(wider, file_path("small.npz"), .partial = true));
	check(lam_param_value(lam_net_param(wider, 0))[0]
			== lam_param_value(lam_net_param(net, 0))[0],
		"0.weight was not taken");
	check_ok(lam_net_save(deeper, file_path("deep.npz")));
	check_fails(lam_net_load_params(net, file_path("deep.npz")), LAM_ERR_FORMAT,
		"an entry \"3.weight\" that the net has no parameter for; .partial of "
		"lam_net_load_params");
	check_ok(lam_net_load_params(net, file_path("deep.npz"), .partial = true));
	lam_net_free(deeper);
	lam_net_free(wider);
	lam_net_free(net);
}

static void architectures_that_lie_are_refused(void)
{
	for (size_t i = 0; i < sizeof bad_texts / sizeof *bad_texts; i++) {
		test_begin("text %d", (int)i);
		lam_net *net = lam_net_load(
			file_with(bad_texts[i].text), .inference = true, .max_batch = 1);
		check(net == NULL);
		check(strstr(lam_error(), bad_texts[i].words), "says \"%s\", not \"%s\"",
			lam_error(), bad_texts[i].words);
		lam_net_free(net);
		test_end();
	}
	/* The deepest nest that is allowed, and one level more. */
	for (int depth = 64; depth <= 65; depth++) {
		char text[4000] = "lamina-architecture 1\ninput 4\n";
		for (int i = 0; i < depth; i++)
			strcat(text, "sequential {\n");
		strcat(text, "relu\n");
		for (int i = 0; i < depth; i++)
			strcat(text, "}\n");
		lam_net *net = lam_net_load(file_with(text), .inference = true, .max_batch = 1);
		if (depth == 64)
			check(net != NULL, "%s", lam_error());
		else
			check(!net && strstr(lam_error(), "nested more than 64 deep"), "%s",
				lam_error());
		lam_net_free(net);
	}
	/* A long row of opening braces. */
	char deep[30000] = "lamina-architecture 1\ninput 4\n";
	for (int i = 0; i < 1000; i++)
		strcat(deep, "sequential {\n");
	check(!lam_net_load(file_with(deep), .inference = true)
			&& strstr(lam_error(), "nested more than"),
		"%s", lam_error());
}

/* One affine layer of 1000 x 1000 is 4 MB of parameters (8 in double). */
static void a_net_keeps_to_its_memory_limit(void)
{
	const size_t real = sizeof(lam_real), enough = (size_t)20000000 * real / 4;
	check(!lam_net_create(
		      lam_affine(.out = 1000), LAM_SHAPE(1000), .memory_limit = 1000000 * real),
		"a net larger than its limit");
	check(lam_error_status() == LAM_ERR_MEMORY && strstr(lam_error(), ".memory_limit allows"),
		"%s", lam_error());
	lam_net *net = lam_net_create(
		lam_affine(.out = 1000), LAM_SHAPE(1000), .max_batch = 1, .memory_limit = enough);
	require(net != NULL, "%s", lam_error());
	lam_net_memory memory;
	lam_net_memory_of(net, &memory, sizeof memory);
	check((size_t)memory.total <= enough && memory.parameters >= (int64_t)(1000000 * real),
		"%lld", (long long)memory.total);
	check_ok(lam_net_save(net, file_path("net.npz")));
	lam_net_free(net);
	/* The limit is compared with exactly the total of lam_net_memory_of(). */
	check(!lam_net_load(file_path("net.npz"), .max_batch = 1,
		      .memory_limit = (size_t)memory.total - 1)
			&& strstr(lam_error(), "net.npz: a net for 1 sample per step"),
		"%s", lam_error());
	net = lam_net_load(
		file_path("net.npz"), .max_batch = 1, .memory_limit = (size_t)memory.total);
	check(net != NULL, "%s", lam_error());
	lam_net_free(net);
	/* The default limit is 256 MiB: 16 MB per sample in batches of 128 are refused, unless
	 * .memory_limit allows them. */
	const char *path = file_with("lamina-architecture 1\ninput 1x2000x1000\nrelu\n");
	check(!lam_net_load(path, .inference = true)
			&& strstr(lam_error(), ".memory_limit allows 268"),
		"%s", lam_error());
	check(!lam_net_load(
		      path, .inference = true, .memory_limit = SIZE_MAX / 4, .max_batch = 1 << 24)
			&& lam_error_status() == LAM_ERR_MEMORY,
		"%s", lam_error());
	net = lam_net_load(
		path, .inference = true, .max_batch = 16, .memory_limit = (size_t)1 << 30);
	check(net != NULL, "%s", lam_error());
	lam_net_free(net);
}

/* Values that are not finite are loaded unchanged. */
static void values_that_are_not_finite_are_loaded(void)
{
	lam_net *net = small_net(lam_tanh());
	lam_real *edit = lam_param_edit(lam_net_param(net, 0));
	edit[0] = (lam_real)NAN;
	edit[1] = (lam_real)INFINITY;
	check_ok(lam_net_save(net, file_path("nan.npz")));
	edit[0] = edit[1] = 0;
	check_ok(lam_net_load_params(net, file_path("nan.npz")));
	check(isnan((double)edit[0]) && isinf((double)edit[1]));
	lam_net_free(net);
}

static void missing_things_are_named(void)
{
	lam_net *net = small_net(lam_tanh());
	check(!lam_net_load(NULL) && strstr(lam_error(), "the path is NULL"), "%s", lam_error());
	check(!lam_net_load(file_path("none.npz")) && lam_error_status() == LAM_ERR_IO, "%s",
		lam_error());
	check_fails(lam_net_save(NULL, "x"), LAM_ERR_ARGUMENT, "the net is NULL");
	check_fails(lam_net_save(net, NULL), LAM_ERR_ARGUMENT, "the path is NULL");
	check_fails(lam_net_save(net, file_path("no/folder/x.npz")), LAM_ERR_IO, "no/folder");
	check_fails(lam_net_load_params(net, file_path("none.npz")), LAM_ERR_IO, "none.npz");
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(loads_what_it_saved),
		TEST(zeros_in_lists_are_kept),
		TEST(a_replica_shares_the_weights),
		TEST(predicts_what_pytorch_predicts),
		TEST(parameters_that_do_not_fit_are_refused),
		TEST(architectures_that_lie_are_refused),
		TEST(a_net_keeps_to_its_memory_limit),
		TEST(values_that_are_not_finite_are_loaded),
		TEST(missing_things_are_named),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
