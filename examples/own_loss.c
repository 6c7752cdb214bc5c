/* SPDX-License-Identifier: MIT */
/* A loss of one's own: the focal loss (Lin et al. 2017), for classes of which one is rare. It is
 * checked by numeric differentiation, and compared with cross-entropy.
 *
 *     own_loss [--quick] [folder of MNIST, Fashion-MNIST or a similar set]
 *
 * From logits z [K] and the class c of a sample, with p = softmax(z), the loss is
 *
 *     L = -(1 - p_c)^gamma log p_c
 *     dL/dz_k = g (delta_kc - p_k)
 *     g = gamma p_c (1 - p_c)^(gamma - 1) log p_c - (1 - p_c)^gamma
 *
 * With gamma = 0 it is cross-entropy. What is easy counts less, the more so the larger gamma is. */
#include <lamina.h>

#include "usage.h"

#include <math.h>
#include <stdio.h>

struct focal {
	LAM_LAYER_OPTIONS;
	lam_real gamma;
};

static const lam_option focal_options[] = {
	LAM_OPTION(struct focal, gamma, REAL, .fallback = 2, .least = 1, .most = 10),
	LAM_OPTIONS_END,
};

/* What lam_fit() and lam_net_step() compare a data set's targets with. */
static lam_status focal_targets(const lam_layer *self, const lam_shape *in, lam_target_info *info)
{
	(void)self;
	*info = (lam_target_info){.type = LAM_CLASSES, .classes = lam_shape_count(in)};
	return LAM_OK;
}

/* One block of 16 samples: value k of sample i is at [16 k + i]. The output is softmax(z); the loss
 * is the sum over the samples that are real. */
static lam_status focal_forward(const lam_layer *self, const lam_pass *pass)
{
	const struct focal *focal = lam_layer_state(self);
	const int64_t end = pass->x->values;
	double loss = 0;
	for (int64_t i = 0; i < LAM_LANES; i++) {
		const lam_real *z = pass->x->data + i;
		lam_real *p = pass->out->data + i;
		double most = -INFINITY, sum = 0;
		for (int64_t k = 0; k < end; k += LAM_LANES)
			most = fmax(most, (double)z[k]);
		for (int64_t k = 0; k < end; k += LAM_LANES)
			sum += exp((double)z[k] - most);
		for (int64_t k = 0; k < end; k += LAM_LANES)
			p[k] = (lam_real)(exp((double)z[k] - most) / sum);
		if (!pass->loss || i >= pass->real) /* no loss is wanted; no sample there */
			continue;
		const int32_t class = ((const int32_t *)pass->targets)[pass->block * LAM_LANES + i];
		const double log_p = (double)z[class * LAM_LANES] - most - log(sum);
		loss -= pow(-expm1(log_p), (double)focal->gamma) * log_p;
	}
	if (pass->loss)
		*pass->loss = loss;
	return LAM_OK;
}

/* The loss is a mean, so the gradient has 1 / pass->count. */
static lam_status focal_backward(const lam_layer *self, const lam_pass *pass)
{
	const struct focal *focal = lam_layer_state(self);
	const double gamma = (double)focal->gamma;
	memset(pass->dx->data, 0, (size_t)pass->dx->values * sizeof(lam_real));
	for (int64_t i = 0; i < pass->real && pass->count > 0; i++) {
		const int32_t class = ((const int32_t *)pass->targets)[pass->block * LAM_LANES + i];
		const lam_real *y = pass->y->data + i;
		const double p = fmax((double)y[class * LAM_LANES], 1e-30), q = 1 - p;
		const double g = gamma * p * pow(q, gamma - 1) * log(p) - pow(q, gamma);
		for (int64_t k = 0; k * LAM_LANES < pass->dx->values; k++)
			pass->dx->data[k * LAM_LANES + i] = (lam_real)(g
				* ((k == class) - (double)y[k * LAM_LANES]) / pass->count);
	}
	return LAM_OK;
}

static const lam_layer_class focal_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LOSS | LAM_KEEP_Y | LAM_EVAL_BACKWARD,
	.kind = "focal",
	.state_size = sizeof(struct focal),
	.options = focal_options,
	.metric = LAM_METRIC_CLASS,
	.targets = focal_targets,
	.forward = focal_forward,
	.backward = focal_backward,
};

#define focal(...) \
	lam_layer_new(&focal_class, &(struct focal){.size = sizeof(struct focal), __VA_ARGS__})

/* Every sample but those of class 6, of which one in 8 stays. */
static lam_dataset *make_rare(const lam_dataset *all)
{
	enum { MOST = 60000 };
	static int64_t indices[MOST];
	static lam_real x[1 << 20];
	int64_t count = 0, seen = 0;
	const lam_shape shape = lam_dataset_shape(all);
	for (int64_t i = 0; i < lam_dataset_count(all) && count < MOST; i++) {
		int32_t class;
		if (lam_shape_count(&shape) > 1 << 20 || lam_dataset_read(all, i, x, &class))
			return NULL;
		if (class != 6 || seen++ % 8 == 0)
			indices[count++] = i;
	}
	return all ? lam_dataset_subset(all, indices, count) : NULL;
}

static lam_status learn(const char *name, lam_layer *loss, const lam_dataset *train,
	const lam_dataset *test, int epochs)
{
	lam_net *net = lam_net_create(lam_sequential(lam_flatten(), lam_affine(.out = 128),
					      lam_relu(), lam_affine(.out = 10), loss),
		lam_dataset_shape(train), .max_batch = 128, .seed = 1);
	lam_score score;
	lam_status status = net
		? lam_fit(net, train, NULL, .epochs = epochs, .optimizer = lam_adam(.lr = 1e-3f))
		: lam_error_status();
	if (!status)
		status = lam_evaluate(net, test, &score);
	if (!status) {
		int64_t of_class = 0;
		for (int k = 0; k < 10; k++)
			of_class += score.confusion[60 + k];
		printf("%-14s %.2f%% of all test images are right, of the rare class %.1f%%\n",
			name, 100 * score.accuracy,
			100.0 * (double)score.confusion[66] / (double)of_class);
	}
	lam_net_free(net);
	return status;
}

int main(int argc, char **argv)
{
	const bool short_run = quick(&argc, argv);
	usage(argc, argv, 0, 1,
		"Usage: own_loss [--quick] [FOLDER]\n"
		"Trains with a loss of this program's own on the images in FOLDER (default:\n"
		"$LAMINA_DATA, or Debian's dataset-fashion-mnist), of which one class is rare.\n");
	const char *folder = argc > 1 ? argv[1] : NULL;
	const int64_t most = short_run ? 500 : 60000;
	lam_dataset *all = first(lam_mnist_open(folder, LAM_SPLIT_TRAIN), most),
		    *test = first(lam_mnist_open(folder, LAM_SPLIT_TEST), most),
		    *train = make_rare(all);
	lam_gradcheck_report report;
	lam_status status = train && test ? lam_gradcheck(focal(), LAM_SHAPE(10), &report)
					  : lam_error_status();
	if (!status) {
		printf("gradients of %lld values agree within %.1e\n", (long long)report.checked,
			report.max_error);
		status = learn("cross-entropy", lam_softmax_cross_entropy(), train, test,
			short_run ? 1 : 5);
	}
	if (!status)
		status = learn("focal", focal(), train, test, short_run ? 1 : 5);
	if (status)
		fprintf(stderr, "own_loss: %s\n", lam_error());
	lam_dataset_free(train);
	lam_dataset_free(test);
	lam_dataset_free(all);
	return status != LAM_OK;
}
