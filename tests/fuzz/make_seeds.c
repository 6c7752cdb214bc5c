/* SPDX-License-Identifier: MIT */
/* make_seeds FOLDER writes the seeds of the fuzz targets that read nets, as FOLDER/TARGET/NAME.
 * `make fuzz-seeds` runs it in the source tree. */
#include "framework/files/npz.h"
#include "framework/model/architecture.h"
#include "framework/net/inside.h"
#include "tests/fuzz/fuzz_nets.h"

#include <errno.h>
#include <math.h>
#include <sys/stat.h>

static const char *folder;

static const char *seed_path(const char *target, const char *name)
{
	static char path[1024];
	snprintf(path, sizeof path, "%s/%s", folder, target);
	if (mkdir(path, 0777) && errno != EEXIST)
		perror(path);
	snprintf(path, sizeof path, "%s/%s/%s", folder, target, name);
	return path;
}

static void must(lam_status status)
{
	if (status)
		fuzz_wrong("a seed was not written");
}

/* Writes a net as a seed for files, and its text as a seed for architectures. */
static void seed_net(const char *name, lam_layer *model, lam_shape input, bool compress)
{
	lam_net *net = lam_net_create(model, input, .max_batch = 1, .threads = 1, .seed = 1);
	if (!net)
		fuzz_wrong("no net");
	must(lam_net_save(net, seed_path("net_load", name), .compress = compress));
	char *text = lam_architecture_write(lam_net_model(net), lam_net_input_shape(net));
	FILE *file = fopen(seed_path("architecture", name), "w");
	if (!text || !file || fputs(text, file) < 0 || fclose(file))
		fuzz_wrong("a text was not written");
	lam_free(text);
	lam_net_free(net);
}

/* Two inputs, two losses and an output; a graph inside. */
static lam_layer *graph(void)
{
	lam_graph *inner = lam_graph_new();
	const lam_value h = lam_graph_input(inner, NULL, LAM_SHAPE(3));
	lam_graph_output(
		inner, lam_apply(inner, lam_add(), h, lam_apply(inner, lam_tanh(), h)), NULL);
	lam_graph *g = lam_graph_new();
	const lam_value x = lam_graph_input(g, "x", LAM_SHAPE(2)),
			z = lam_graph_input(g, "z", LAM_SHAPE(1));
	const lam_value both = lam_apply(
		g, lam_graph_done(inner), lam_apply(g, lam_concat(), x, z));
	const lam_value y = lam_apply(g, lam_affine(.out = 2, .name = "head"), both);
	lam_graph_loss(g, lam_softmax_cross_entropy(), y, .name = "kind");
	lam_graph_loss(g, lam_mean_squared_error(), both, .name = "near", .weight = (lam_real)0.5);
	lam_graph_output(g, y, "logits");
	return lam_graph_done(g);
}

static void seed_nets(void)
{
	seed_net("graph", graph(), (lam_shape){0}, false);
	seed_net("affine", lam_affine(.out = 2), LAM_SHAPE(3), false);
	seed_net("images",
		lam_sequential(lam_zero_pad2d(.pad = {1, -1, 0, 2}),
			lam_conv2d(.out = 2, .kernel = {2, 3}, .stride = {2, 1},
				.pad = {1, LAM_ZERO}, .name = "first"),
			lam_batch_norm(.momentum = (lam_real)0.5), lam_relu(),
			lam_max_pool2d(.kernel = {2}, .stride = {1}, .ceil_mode = true),
			lam_flatten(), lam_dropout(.p = (lam_real)0.5),
			lam_affine(.out = 3, .init = LAM_INIT_NORMAL, .init_scale = (lam_real)0.1),
			lam_softmax_cross_entropy(.smoothing = (lam_real)0.1)),
		LAM_SHAPE(1, 6, 6), false);
	seed_net("signals",
		lam_sequential(lam_zero_pad1d(.pad = {1, 1}),
			lam_conv1d(.out = 2, .kernel = 3, .dilation = 2),
			lam_leaky_relu(.slope = (lam_real)0.2), lam_avg_pool1d(.kernel = 2),
			lam_transposed_conv1d(.out = 2, .kernel = 2, .stride = 2, .output_pad = 1),
			lam_tanh(), lam_max_pool1d(.kernel = 2), lam_global_avg_pool(),
			lam_affine(.out = 1, .no_bias = true), lam_sigmoid(),
			lam_binary_cross_entropy()),
		LAM_SHAPE(1, 12), false);
	seed_net("residual",
		lam_sequential(lam_standardize(.mean = {(lam_real)0.1}, .std = {2}),
			lam_residual(lam_sequential(
				lam_conv2d(.out = 2, .kernel = {1}, .groups = 2), lam_silu())),
			lam_residual(lam_transposed_conv2d(.out = 2, .kernel = {3}, .pad = {1}),
				.shortcut = lam_conv2d(.out = 2, .kernel = {1})),
			lam_gelu(), lam_avg_pool2d(.kernel = {2}, .exclude_pad = true),
			lam_reshape(.shape = LAM_SHAPE(8)), lam_mean_squared_error(.half = true)),
		LAM_SHAPE(2, 4, 4), false);
	seed_net("rearranged",
		lam_sequential(lam_identity(), lam_slice(.begin = 1, .end = 5),
			lam_permute(.axes = {0, 2, 1}), lam_pixel_shuffle(.scale = 2),
			lam_upsample2d(.scale = {2, 1}, .mode = LAM_LINEAR, .align_corners = true),
			lam_adaptive_avg_pool2d(.out = {3, 2}),
			lam_reshape(.shape = LAM_SHAPE(2, 3)), lam_upsample1d(.scale = 2),
			lam_adaptive_avg_pool1d(.out = 4)),
		LAM_SHAPE(6, 3, 2), false);
	seed_net("deflated",
		lam_sequential(lam_affine(.out = 4), lam_softmax(), lam_affine(.out = 2),
			lam_sigmoid_cross_entropy()),
		LAM_SHAPE(4), true);
}

/* Ends a run of lam_fit(), as fuzz_resume.c resumes it, after `steps`. */
static bool stop(const lam_progress *progress, void *data)
{
	return progress->step >= *(int64_t *)data;
}

static void seed_run(const char *name, int64_t steps)
{
	static const lam_real x[6 * 9] = {1, 2, 3};
	static const int32_t classes[6] = {0, 1, 2, 0, 1, 2};
	lam_net *net = fuzz_net();
	lam_dataset *data = lam_dataset_arrays(x, LAM_SHAPE(1, 3, 3), classes, 6);
	if (!data)
		fuzz_wrong("no data");
	remove(seed_path("resume", name));
	must(lam_fit(net, data, NULL, .epochs = 2, .batch = 1,
		.optimizer = lam_sgd(.lr = (lam_real)0.5, .momentum = (lam_real)0.5),
		.checkpoint = seed_path("resume", name), .step_end = stop,
		.step_end_data = &steps));
	char previous[1100];
	snprintf(previous, sizeof previous, "%s.previous", seed_path("resume", name));
	remove(previous);
	must(lam_net_save(net, seed_path("load_params", name)));
	lam_dataset_free(data);
	lam_net_free(net);
}

/* Writes the bundle of a run whose second step is not finite: a sample is NaN, or, where it is the
 * target, so large that its square is infinite. */
static void seed_replay(const char *name, lam_layer *model, lam_target_type targets)
{
	const lam_real bad = targets == LAM_CLASSES ? (lam_real)NAN : (lam_real)1e30;
	const lam_real x[6 * 9] = {1, 2, 3, [9 * 4] = bad};
	static const int32_t classes[6] = {0, 1, 2, 0, 1, 2};
	lam_net *net = lam_net_create(
		model, LAM_SHAPE(1, 3, 3), .max_batch = 3, .threads = 1, .seed = 1);
	lam_dataset *data = lam_dataset_arrays(x, LAM_SHAPE(1, 3, 3),
		targets == LAM_CLASSES ? classes : NULL, 6, .targets = targets);
	if (!net || !data)
		fuzz_wrong("no net or no data");
	if (lam_fit(net, data, NULL, .epochs = 1, .no_shuffle = true,
		    .optimizer = lam_sgd(.lr = (lam_real)0.1), .replay = seed_path("replay", name))
			!= LAM_ERR_NUMERIC
		|| !strstr(lam_error(), "replays it"))
		fuzz_wrong("no step failed");
	lam_dataset_free(data);
	lam_net_free(net);
}

static void seed_replays(void)
{
	seed_replay("classes",
		lam_sequential(lam_residual(lam_conv2d(.out = 1, .kernel = {3}, .pad = {1})),
			lam_batch_norm(), lam_relu(), lam_dropout(.p = (lam_real)0.5),
			lam_affine(.out = 3), lam_softmax_cross_entropy()),
		LAM_CLASSES);
	seed_replay("values",
		lam_sequential(lam_transposed_conv2d(.out = 2, .kernel = {2}), lam_tanh(),
			lam_max_pool2d(.kernel = {2}), lam_affine(.out = 9),
			lam_reshape(.shape = LAM_SHAPE(1, 3, 3)), lam_mean_squared_error()),
		LAM_INPUT);
}

/* Writes parameters as other programs do: doubles, big-endian, in Fortran order, without lamina's
 * own entries. */
static void seed_foreign(void)
{
	static const unsigned char zeros[512];
	lam_net *net = fuzz_net();
	lam_npz_writer *npz = lam_npz_create(seed_path("load_params", "doubles"), NULL);
	for (int i = 0; npz && i < lam_net_param_count(net) + lam_net_state_count(net); i++) {
		lam_param *param = i < lam_net_param_count(net)
			? lam_net_param(net, i)
			: lam_net_state(net, i - lam_net_param_count(net));
		lam_shape shape = lam_param_shape(param);
		lam_npy info = {.kind = LAM_NPY_REAL, .item = i % 2 ? 8 : 2, .rank = shape.rank};
		memcpy(info.dim, shape.dim, sizeof shape.dim);
		must(lam_npz_begin(npz, lam_param_name(param), &info));
		must(lam_npz_write(npz, zeros, (size_t)lam_shape_count(&shape) * info.item));
		must(lam_npz_end(npz));
	}
	must(npz ? lam_npz_finish(npz) : lam_error_status());
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: make_seeds FOLDER\n");
		return 2;
	}
	folder = argv[1];
	seed_nets();
	seed_run("middle", 4);
	seed_run("ended", 12);
	seed_replays();
	seed_foreign();
	return 0;
}
