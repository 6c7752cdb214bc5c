/* SPDX-License-Identifier: MIT */
/* A newcomer's job: a denoising autoencoder, and a picture of noisy image, answer and original. */
#include <lamina.h>
#include <stdio.h>

static lam_status add_noise(const lam_augmented *sample, void *strength)
{
	for (int i = 0; i < 784; i++)
		sample->x[i] += *(lam_real *)strength
			* (lam_real)lam_random_normal(sample->key, (uint64_t)i);
	return LAM_OK;
}

int main(void)
{
	static lam_real clean[32][784], noisy[784], y[784], strength = (lam_real)0.3;
	lam_dataset *test = lam_mnist_open(NULL, LAM_SPLIT_TEST);
	for (int i = 0; i < 32; i++)
		if (!test || lam_dataset_read(test, i, clean[i], NULL))
			return fprintf(stderr, "%s\n", lam_error()), 1;
	lam_dataset *pairs = lam_dataset_arrays(clean[0], LAM_SHAPE(1, 28, 28), clean, 32,
		.targets = LAM_VALUES, .target_shape = LAM_SHAPE(1, 28, 28));
	lam_layer *model = lam_sequential(lam_conv2d(.out = 8, .kernel = {4}, .stride = {2}),
		lam_relu(), lam_transposed_conv2d(.out = 1, .kernel = {4}, .stride = {2}),
		lam_sigmoid_cross_entropy());
	lam_net *net = lam_net_create(model, LAM_SHAPE(1, 28, 28), .max_batch = 8);
	for (int i = 0; i < 784; i++)
		noisy[i] = clean[0][i] + strength * (lam_real)lam_random_normal(1, (uint64_t)i);
	if (!net
		|| lam_fit(net, pairs, NULL, .epochs = 40, .optimizer = lam_adam(.lr = 0.01f),
			.augment = {.function = add_noise, .function_data = &strength})
		|| lam_net_predict(net, noisy, 1, y))
		return fprintf(stderr, "%s\n", lam_error()), 1;
	double before = 0, after = 0;
	FILE *f = fopen("denoised.pgm", "wb");
	fprintf(f, "P5 84 28 255\n");
	for (int i = 0; i < 3 * 784; i++) { /* row after row, three images side by side */
		const int at = i / 84 * 28 + i % 28;
		const lam_real v = i % 84 < 28 ? noisy[at] : i % 84 < 56 ? y[at] : clean[0][at];
		before += (double)((noisy[at] - clean[0][at]) * (noisy[at] - clean[0][at]));
		after += (double)((y[at] - clean[0][at]) * (y[at] - clean[0][at]));
		fputc(v < 0 ? 0 : v > 1 ? 255 : (int)(255 * v), f);
	}
	return lam_net_free(net), fclose(f) || after > before / 2;
}
