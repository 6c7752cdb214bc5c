/* SPDX-License-Identifier: MIT */
/* An optimizer of one's own: Lion (Chen et al. 2023), used through lam_fit(). A run that is stopped
 * after every step and resumed ends with the same bits. */
#include <lamina.h>
#include <stdio.h>
#include <string.h>

/* w -= lr (sign(beta1 m + (1 - beta1) g) + weight_decay w),   m = beta2 m + (1 - beta2) g */
static lam_status lion_update(const lam_update *u)
{
	const lam_optimizer *o = u->optimizer;
	lam_real *w = u->value, *m = u->moment[0];
	for (int64_t i = 0; i < u->count; i++) {
		const lam_real g = u->gradient_scale * u->gradient[i];
		const lam_real c = o->beta1 * m[i] + (1 - o->beta1) * g;
		w[i] -= o->lr * ((lam_real)((c > 0) - (c < 0)) + o->weight_decay * w[i]);
		m[i] = o->beta2 * m[i] + (1 - o->beta2) * g;
	}
	return LAM_OK;
}

static const lam_option lion_options[] = {
	LAM_OPTION(lam_optimizer, lr, REAL, .most = 1, .above = true, .required = true),
	LAM_OPTION(lam_optimizer, beta1, REAL, .fallback = 0.9f, .most = 1, .below = true),
	LAM_OPTION(lam_optimizer, beta2, REAL, .fallback = 0.99f, .most = 1, .below = true),
	LAM_OPTION(lam_optimizer, weight_decay, REAL, .most = INT_MAX),
	LAM_OPTIONS_END,
};

static const lam_rule_class lion_class = {
	LAM_RULE_ABI,
	.name = "lion",
	.options = lion_options,
	.moments = 1,
	.update = lion_update,
};

enum { N = 40, IN = 6, BATCH = 8, EPOCHS = 3, STEPS = EPOCHS * N / BATCH };

static bool stop(const lam_progress *progress, void *data)
{
	return data != NULL && progress->total_step > 0;
}

static lam_net *new_net(void)
{
	return lam_net_create(
		lam_sequential(lam_affine(.out = 16), lam_relu(), lam_dropout(.p = 0.25f),
			lam_affine(.out = 1), lam_mean_squared_error()),
		LAM_SHAPE(IN), .max_batch = BATCH, .seed = 7);
}

/* Trains a new net, or goes on with its checkpoint, for one step if `stops`. */
static lam_status train(const lam_dataset *data, const char *path, bool stops, lam_report *report,
	lam_real bits[16 * IN])
{
	lam_net *net = new_net();
	if (!net)
		return lam_error_status();
	lam_param_set_rate(lam_net_find(net, "0.bias"), 4);
	lam_status status = lam_fit(net, data, report, .epochs = EPOCHS, .batch = BATCH,
		.optimizer = lam_optimizer_of(&lion_class, .lr = 0.01f, .weight_decay = 0.1f),
		.schedule = lam_cosine(.warmup = 0.2f), .clip = 1, .checkpoint = path,
		.resume = path != NULL, .step_end = stop, .step_end_data = stops ? report : NULL);
	memcpy(bits, lam_param_value(lam_net_find(net, "0.weight")), 16 * IN * sizeof *bits);
	lam_net_free(net);
	return status;
}

int main(void)
{
	static lam_real x[N * IN], t[N], through[16 * IN], resumed[16 * IN];
	for (int i = 0; i < N * IN; i++)
		x[i] = (lam_real)(i * 37 % 101) / 50 - 1;
	for (int i = 0; i < N; i++)
		t[i] = x[i * IN] * x[i * IN + 1] + x[i * IN + 2];
	lam_dataset *data = lam_dataset_arrays(
		x, LAM_SHAPE(IN), t, N, .targets = LAM_VALUES, .target_shape = LAM_SHAPE(1));
	lam_report report = {.stop = LAM_STOP_NOT};
	lam_status s = data ? train(data, NULL, false, &report, through) : lam_error_status();
	printf("loss %g after %lld steps of lion\n", report.train.loss, (long long)report.steps);
	int parts = 0;
	remove("lion.npz");
	do
		s = s ? s : train(data, "lion.npz", true, &report, resumed);
	while (!s && ++parts < STEPS && report.stop != LAM_STOP_EPOCHS);
	lam_dataset_free(data);
	if (s)
		fprintf(stderr, "%s\n", lam_error());
	else if (parts != STEPS || memcmp(through, resumed, sizeof through) != 0)
		s = fprintf(stderr, "in %d parts it came to other bits\n", parts);
	return s != LAM_OK;
}
