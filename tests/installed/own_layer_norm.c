/* SPDX-License-Identifier: MIT */
/* A layer of one's own with parameters: layer normalisation over all values of a sample,
 * y = weight xhat + bias, xhat = (x - mean) r, r = 1 / sqrt(variance + eps). It is checked, trained
 * by lam_fit(), stopped and resumed, saved and loaded. */
#include <lamina.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static lam_status own_plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self;
	lam_plan_param(plan, "weight", *in, (lam_param_options){.init = LAM_INIT_ONE});
	lam_plan_param(plan, "bias", *in, (lam_param_options){.init = LAM_INIT_ZERO});
	return LAM_OK;
}

/* Computes the mean of a lane, and returns r. */
static double own_moments(const lam_real *x, int64_t features, double *mean)
{
	double variance = 1e-5;
	*mean = 0;
	for (int64_t f = 0; f < features; f++)
		*mean += (double)x[f * LAM_LANES] / (double)features;
	for (int64_t f = 0; f < features; f++)
		variance += pow((double)x[f * LAM_LANES] - *mean, 2) / (double)features;
	return 1 / sqrt(variance);
}

static lam_status own_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	const lam_real *x = pass->x->data, *w = pass->w[0], *b = pass->w[1];
	for (int l = 0; l < LAM_LANES; l++) {
		double mean, r = own_moments(x + l, pass->x->features, &mean);
		for (int64_t f = 0, i = l; f < pass->x->features; f++, i += LAM_LANES)
			pass->out->data[i] = (lam_real)(((double)x[i] - mean) * r) * w[f] + b[f];
	}
	return LAM_OK;
}

/* With g = weight dy: dx = r (g - mean of g - xhat mean of (g xhat)). dw is a sum over samples, so
 * a call gets all blocks. */
static lam_status own_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	const int64_t features = pass->x->features;
	lam_real *dw = pass->dw[0], *db = pass->dw[1], *dx = pass->dx->data;
	for (int64_t s = 0; s < pass->blocks * LAM_LANES; s++) {
		const int64_t at = s / LAM_LANES * pass->x->block + s % LAM_LANES;
		const lam_real *x = pass->x->data + at, *w = pass->w[0];
		const lam_real *dy = pass->dy->data + s / LAM_LANES * pass->dy->block
			+ s % LAM_LANES;
		double mean, sum = 0, product = 0, r = own_moments(x, features, &mean);
		for (int64_t f = 0, i = 0; f < features; f++, i += LAM_LANES) {
			const double h = ((double)x[i] - mean) * r, d = (double)dy[i];
			sum += d * (double)w[f] / (double)features;
			product += d * (double)w[f] * h / (double)features;
			if (dw)
				dw[f] = (s > 0 ? dw[f] : 0) + (lam_real)(d * h);
			if (db)
				db[f] = (s > 0 ? db[f] : 0) + dy[i];
		}
		for (int64_t f = 0, i = 0; f < features && dx; f++, i += LAM_LANES) {
			const double h = ((double)x[i] - mean) * r, g = (double)(dy[i] * w[f]);
			dx[s / LAM_LANES * pass->dx->block + s % LAM_LANES + i] = (lam_real)(r
				* (g - sum - h * product));
		}
	}
	return LAM_OK;
}

static const lam_layer_class own_class = {LAM_LAYER_ABI, .kind = "own_layer_norm",
	.flags = LAM_KEEP_X | LAM_EVAL_BACKWARD, .plan = own_plan, .forward = own_forward,
	.backward = own_backward};

enum { N = 40, INPUTS = 6, CLASSES = 3 };

static lam_real x[N][INPUTS];
static int32_t labels[N];
static int steps; /* of all runs */

static bool stop(const lam_progress *progress, void *at)
{
	steps++;
	return progress->total_step == *(int *)at;
}

/* Trains a net, or resumes it from the file, until step `at`, or until the end; y is what it then
 * predicts, also after it was saved and loaded. */
static lam_status run(const char *checkpoint, int at, lam_real y[N][CLASSES])
{
	lam_real again[N][CLASSES];
	lam_report report;
	lam_dataset *data = lam_dataset_arrays(x[0], LAM_SHAPE(INPUTS), labels, N);
	lam_net *loaded = NULL,
		*net = lam_net_create(
			lam_sequential(lam_affine(.out = 8), lam_layer_new(&own_class, NULL),
				lam_tanh(), lam_affine(.out = CLASSES),
				lam_softmax_cross_entropy()),
			LAM_SHAPE(INPUTS), .max_batch = 16, .seed = 1);
	lam_status s = lam_fit(net, data, &report, .epochs = 20, .optimizer = lam_adam(.lr = 0.03f),
		.checkpoint = checkpoint, .resume = checkpoint != NULL, .step_end = stop,
		.step_end_data = &at);
	if (!s)
		s = lam_net_predict(net, x[0], N, y[0]);
	if (!s)
		s = lam_net_save(net, "own_layer_norm.npz");
	if (!s
		&& !(loaded = lam_net_load("own_layer_norm.npz", .max_batch = 1, .inference = true,
			     .classes = (const lam_layer_class *const[]){&own_class, NULL})))
		s = lam_error_status();
	if (!s)
		s = lam_net_predict(loaded, x[0], N, again[0]);
	if (!s && memcmp(y, again, sizeof again) != 0)
		s = lam_fail(LAM_ERR_STATE, "the loaded net predicts something else");
	if (!s && at == 0 && report.train.accuracy < 0.9)
		s = lam_fail(LAM_ERR_STATE, "accuracy %g", report.train.accuracy);
	lam_net_free(loaded);
	lam_net_free(net);
	lam_dataset_free(data);
	return s;
}

int main(void)
{
	static lam_real through[N][CLASSES], resumed[N][CLASSES];
	lam_gradcheck_report r;
	for (int i = 0; i < N * INPUTS; i++)
		x[i / INPUTS][i % INPUTS] = (lam_real)(i * i % 17 - 8) / 4;
	for (int i = 0; i < N; i++)
		labels[i] = x[i][0] > 0 ? 1 + (x[i][1] > 0) : 0;
	remove("own_layer_norm_run.npz");
	lam_status s = lam_gradcheck(lam_layer_new(&own_class, NULL), LAM_SHAPE(3, 5), &r);
	if (!s)
		s = run(NULL, 0, through);
	const int whole = steps;
	if (!s)
		s = run("own_layer_norm_run.npz", 17, resumed);
	if (!s)
		s = run("own_layer_norm_run.npz", 0, resumed);
	if (s)
		fprintf(stderr, "%s\n", lam_error());
	/* The run that was stopped took each step once. */
	return s || steps != 2 * whole || memcmp(through, resumed, sizeof through) != 0;
}
