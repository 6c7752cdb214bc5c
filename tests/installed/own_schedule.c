/* SPDX-License-Identifier: MIT */
/* A schedule of one's own: polynomial decay, rate = lr (1 - t / T)^power. A run with it that was
 * stopped and resumed ends with the bits of one that was not. */
#include <lamina.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static double polynomial(const lam_schedule_step *step, void *power)
{
	return step->lr * pow(1 - (double)step->step / (double)step->steps, *(double *)power);
}

enum { N = 40, INPUTS = 5, OUTPUTS = 3 };

static lam_real x[N * INPUTS];
static int32_t labels[N];

static bool stop(const lam_progress *progress, void *at)
{
	return progress->total_step == *(int *)at;
}

/* Runs until step `at`, or from there to the end; copies the weight. */
static lam_status run(const char *checkpoint, int at, lam_real weight[OUTPUTS * INPUTS])
{
	double power = 0.9;
	lam_dataset *data = lam_dataset_arrays(x, LAM_SHAPE(INPUTS), labels, N);
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = OUTPUTS), lam_softmax_cross_entropy()),
		LAM_SHAPE(INPUTS), .max_batch = 8, .seed = 1);
	lam_status s = lam_fit(net, data, NULL, .epochs = 4, .optimizer = lam_sgd(.lr = 0.5f),
		.schedule = lam_schedule_function(polynomial, &power), .checkpoint = checkpoint,
		.resume = checkpoint != NULL, .step_end = stop, .step_end_data = &at);
	if (!s)
		memcpy(weight, lam_param_value(lam_net_find(net, "0.weight")),
			OUTPUTS * INPUTS * sizeof *weight);
	lam_net_free(net);
	lam_dataset_free(data);
	return s;
}

int main(void)
{
	lam_real through[OUTPUTS * INPUTS], resumed[OUTPUTS * INPUTS];
	for (int i = 0; i < N * INPUTS; i++)
		x[i] = (lam_real)(i % 7 - 3) / 4;
	for (int i = 0; i < N; i++)
		labels[i] = i % OUTPUTS;
	remove("schedule.npz");
	lam_status s = run(NULL, 0, through);
	if (!s)
		s = run("schedule.npz", 7, resumed);
	if (!s)
		s = run("schedule.npz", 0, resumed);
	if (s)
		fprintf(stderr, "%s\n", lam_error());
	return s || memcmp(through, resumed, sizeof through);
}
