/* SPDX-License-Identifier: MIT */
/* An augmentation of one's own: samples are brightened and get noise. Its run is stopped, saved and
 * resumed, and ends as one that was never stopped. */
#include <lamina.h>
#include <stdio.h>
#include <string.h>

struct light {
	lam_real most, noise;
};

/* x = b x + noise u, with b in [1 - most, 1 + most) for the sample, and u in [0, 1) for a pixel. */
static lam_status light(const lam_augmented *sample, void *data)
{
	const struct light *light = data;
	const lam_random_words b = lam_random(sample->key, 0, 0);
	const lam_real factor = 1 + light->most * (lam_real)(2 * lam_random_uniform(b.word[0]) - 1);
	for (int64_t i = 0; i < lam_shape_count(&sample->shape); i++) {
		const lam_random_words u = lam_random(sample->key, 1, (uint64_t)i);
		sample->x[i] = factor * sample->x[i]
			+ light->noise * (lam_real)lam_random_uniform(u.word[0]);
	}
	return LAM_OK;
}

enum { N = 50, PIXELS = 25 };

static bool stop(const lam_progress *progress, void *data)
{
	return progress->total_step == *(int *)data;
}

/* Trains until `step`, or to the end if it is 0, and gives the first weights. */
static lam_status run(const char *path, int step, lam_real weights[9])
{
	static lam_real x[N][PIXELS];
	static int32_t classes[N];
	for (int i = 0; i < N * PIXELS; i++)
		x[i / PIXELS][i % PIXELS] = (lam_real)(i % 7 + i / PIXELS % 2) / 8;
	for (int i = 0; i < N; i++)
		classes[i] = i % 2;
	lam_dataset *data = lam_dataset_arrays(x[0], LAM_SHAPE(1, 5, 5), classes, N);
	lam_net *net = lam_net_create(
		lam_sequential(lam_conv2d(.out = 4, .kernel = {3}), lam_relu(),
			lam_affine(.out = 2), lam_softmax_cross_entropy()),
		LAM_SHAPE(1, 5, 5), .max_batch = 10, .seed = 1);
	lam_status s = lam_fit(net, data, NULL, .epochs = 4,
		.optimizer = lam_adam(.lr = (lam_real)0.01),
		.augment = {.flip = true,
			.function = light,
			.function_data = &(struct light){(lam_real)0.3, (lam_real)0.1}},
		.checkpoint = path, .resume = path != NULL, .step_end = stop,
		.step_end_data = &step);
	if (s)
		fprintf(stderr, "%s\n", lam_error());
	else
		memcpy(weights, lam_param_value(lam_net_param(net, 0)), 9 * sizeof *weights);
	lam_net_free(net);
	lam_dataset_free(data);
	return s;
}

int main(void)
{
	lam_real once[9], parts[9];
	const bool failed = run(NULL, 0, once) || run("light.npz", 7, parts)
		|| run("light.npz", 0, parts);
	return failed || memcmp(once, parts, sizeof once);
}
