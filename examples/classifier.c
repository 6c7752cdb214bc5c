/* SPDX-License-Identifier: MIT */
/* The classifier of L layers: each equation of forward and backward beside the call that computes
 * it; then two classes of Fashion-MNIST that are hard to tell apart.
 *
 *     classifier [--quick] [folder of Fashion-MNIST]
 *
 * A layer computes z = W a + b from its input a, with weights W and biases b, and then g(z). At the
 * end the loss L says how wrong the answers are. Backward finds, from the last layer to the first,
 * how L changes with each value, which is its gradient: da is dL/da.
 *
 * The small net is one whose numbers a well-known course prints: the last two of its three layers,
 * for m = 4 samples. There a sample is a column; here it is a row: a is [m][features]. */
#include <lamina.h>

#include "usage.h"

#include <math.h>
#include <stdio.h>

enum { M = 4, IN = 4, HIDDEN = 3 };

/* The course does not print a1: these values lead to its p. b2 and b3 are 0. */
static const lam_real a1[M][IN] = {
	{1.49176779f, 0.36271868f, 0.41650879f, -0.86409115f},
	{1.65760521f, 0.13228266f, 0.23486328f, 0.00221502f},
	{-5.59930956f, 10.39613809f, 4.90019558f, 23.31334347f},
	{3.24817406f, -2.11972038f, -0.7444236f, -5.9137166f},
};
static const lam_real W2[HIDDEN][IN] = {
	{-0.02059886f, 0.19182803f, 0.11765535f, 0.0742146f},
	{-0.75716588f, 0.93100703f, 0.56786299f, -0.65197777f},
	{-0.55100467f, -0.26469174f, -0.21975884f, -0.01100711f},
};
static const lam_real W3[HIDDEN] = {0.93923832f, 1.23714427f, -0.18204054f}, y[M] = {0, 1, 1, 0};

/* What the course prints of the results; of da1 the first sample. */
static const double course_p[M] = {0.50806541, 0.50446785, 0.99754058, 0.5},
		    course_loss = 0.5223175799, course_db3 = 0.12751846,
		    course_db2[HIDDEN] = {0.00236543, 0.15637689, 0},
		    course_da2[M * HIDDEN] = {0.477194502, 0.628550208, -0.0924884992, -0.465422790,
			    -0.613044765, 0.0902069390, -0.00230997864, -0.00304265357,
			    0.000447713578, 0.469619161, 0.618572134, -0.0910202679},
		    course_da1[IN] = {-0.48574643, 0.67672394, 0.41307489, -0.37438596};

/* Prints the first values, `times` as large, and how far they are from those of the course. */
static void show(const char *equation, const lam_real *values, int times, int shown,
	const double *course, int printed)
{
	double most = 0;
	printf("%-36s", equation);
	for (int i = 0; i < shown; i++)
		printf("%9.5f", times * (double)values[i]);
	for (int i = 0; i < printed; i++)
		most = fmax(most, fabs(times * (double)values[i] - course[i]));
	printf(printed ? "%*.0e\n" : "\n", 9 * (5 - shown), most);
}

/* A net of one layer, so that each equation is a call. Its weights are W, its biases 0. */
static lam_net *alone(lam_layer *layer, int inputs, const lam_real *W)
{
	lam_net *net = lam_net_create(layer, LAM_SHAPE(inputs), .max_batch = M, .input_grad = true);
	lam_param *weight = net && W ? lam_net_find(net, "weight") : NULL;
	const lam_shape shape = weight ? lam_param_shape(weight) : LAM_SHAPE(1);
	if (weight)
		memcpy(lam_param_edit(weight), W, (size_t)lam_shape_count(&shape) * sizeof *W);
	return net;
}

/* A layer's output. After an error all that follows is NULL, too. */
static const lam_real *forward(lam_net *net, const lam_real *a, const lam_real *targets)
{
	return a && !lam_net_forward(net, LAM_TRAIN, a, targets, M) ? lam_net_output(net) : NULL;
}

/* From the gradient of a layer's output those of its W and b, and of its input. */
static const lam_real *backward(lam_net *net, const lam_real *da)
{
	return da && !lam_net_backward_from(net, da) ? lam_net_input_grad(net) : NULL;
}

#define GRAD(net, name) lam_param_grad(lam_net_find(net, name))

enum { AFFINE2, RELU, AFFINE3, SIGMOID, LOSS, FUSED, NETS };

/* L is a mean over m samples. The course divides by m in dW and db. lamina does it at once, in dp:
 * its dp, dz and da are 1/m of the course's. */
static lam_status equations(lam_net *const net[NETS])
{
	const lam_optimizer descent = lam_sgd(.lr = 0.5f); /* alpha */
	const lam_real *no = NULL;
	const lam_real *z2 = forward(net[AFFINE2], a1[0], no); /* z2 = W2 a1 + b2 */
	const lam_real *a2 = forward(net[RELU], z2, no);       /* a2 = g(z2) = max(z2, 0) */
	const lam_real *z3 = forward(net[AFFINE3], a2, no);    /* z3 = W3 a2 + b3 */
	const lam_real *p = forward(net[SIGMOID], z3, no);     /* p = g(z3) = 1 / (1 + exp(-z3)) */
	forward(net[LOSS], p, y);                /* L = mean of -(y log p + (1 - y) log(1 - p)) */
	forward(net[FUSED], z3, y);              /* sigmoid and loss in one */
	if (lam_net_backward(net[LOSS])          /* dp = -y/p + (1 - y)/(1 - p) */
		|| lam_net_backward(net[FUSED])) /* dz3 = g(z3) - y */
		return lam_error_status();
	const lam_real *dp = lam_net_input_grad(net[LOSS]);
	const lam_real *dz3 = backward(net[SIGMOID], dp); /* dz3 = dp * g'(z3) */
	/* dW3 = dz3 a2^T / m,  db3 = sum of dz3 / m,  da2 = W3^T dz3 */
	const lam_real *da2 = backward(net[AFFINE3], dz3);
	const lam_real *dz2 = backward(net[RELU], da2); /* dz2 = da2 * g'(z2) */
	/* dW2 = dz2 a1^T / m,  db2 = sum of dz2 / m,  da1 = W2^T dz2 */
	const lam_real *da1 = backward(net[AFFINE2], dz2);
	const lam_real loss = (lam_real)lam_net_loss(net[LOSS]);
	if (!da1)
		return lam_error_status();
	printf("%-36s%9s%36s\n", "of the first sample", "lamina", "how far from the course's");
	show("z2 = W2 a1 + b2", z2, 1, HIDDEN, NULL, 0);
	show("a2 = max(z2, 0)", a2, 1, HIDDEN, NULL, 0);
	show("z3 = W3 a2 + b3", z3, 1, 1, NULL, 0);
	show("p = 1 / (1 + exp(-z3))", p, 1, 1, course_p, M);
	show("L = -mean(y log p + (1-y) log(1-p))", &loss, 1, 1, &course_loss, 1);
	show("dp = -y/p + (1-y)/(1-p)", dp, M, 1, NULL, 0);
	show("dz3 = dp * g'(z3)", dz3, M, 1, NULL, 0);
	show("fused: dz3 = g(z3) - y", lam_net_input_grad(net[FUSED]), M, 1, NULL, 0);
	show("dW3 = dz3 a2^T / m", GRAD(net[AFFINE3], "weight"), 1, HIDDEN, NULL, 0);
	show("db3 = sum of dz3 / m", GRAD(net[AFFINE3], "bias"), 1, 1, &course_db3, 1);
	show("da2 = W3^T dz3", da2, M, HIDDEN, course_da2, M * HIDDEN);
	show("dz2 = da2 * g'(z2)", dz2, M, HIDDEN, NULL, 0);
	show("dW2 = dz2 a1^T / m, first row", GRAD(net[AFFINE2], "weight"), 1, IN, NULL, 0);
	show("db2 = sum of dz2 / m", GRAD(net[AFFINE2], "bias"), 1, HIDDEN, course_db2, HIDDEN);
	show("da1 = W2^T dz2", da1, M, IN, course_da1, IN);
	if (lam_net_update(net[AFFINE2], &descent)) /* W2 -= alpha dW2, b2 -= alpha db2 */
		return lam_error_status();
	show("W2 -= alpha dW2, first row", lam_param_value(lam_net_find(net[AFFINE2], "weight")), 1,
		IN, NULL, 0);
	return LAM_OK;
}

/* Two classes of the set, at most `most` samples: 1 is a shirt, 0 a pullover. */
static lam_dataset *cut(const char *folder, lam_split split, int64_t most)
{
	static lam_real pixels[2][12000][784], targets[2][12000];
	lam_dataset *all = lam_mnist_open(folder, split);
	int64_t n = 0;
	for (int64_t i = 0; i < lam_dataset_count(all) && n < most; i++) {
		int32_t class;
		if (lam_dataset_read(all, i, pixels[split][n], &class))
			break;
		if (class == 2 || class == 6)
			targets[split][n++] = class == 6;
	}
	lam_dataset_free(all);
	return !all ? NULL
		    : lam_dataset_arrays(pixels[split][0], LAM_SHAPE(1, 28, 28), targets[split], n,
			    .targets = LAM_VALUES, .target_shape = LAM_SHAPE(1));
}

static lam_status learn(const lam_dataset *train, const lam_dataset *test, int epochs)
{
	lam_net *net = lam_net_create(
		lam_sequential(lam_flatten(), lam_affine(.out = 128), lam_relu(),
			lam_affine(.out = 32), lam_relu(), lam_affine(.out = 1), lam_sigmoid(),
			lam_binary_cross_entropy()),
		LAM_SHAPE(1, 28, 28), .max_batch = 64, .seed = 1);
	lam_report report;
	lam_status status = net ? lam_fit(net, train, &report, .epochs = epochs, .validation = test,
				    .optimizer = lam_sgd(.lr = 0.1f, .momentum = 0.9f),
				    .schedule = lam_cosine(), .keep_best = true,
				    .progress = lam_progress_bar, .progress_data = stdout)
				: lam_error_status();
	if (!status)
		printf("shirt or pullover: %.2f%% of %lld test images are right\n",
			100 * report.best_accuracy, (long long)report.validation.count);
	lam_net_free(net);
	return status;
}

int main(int argc, char **argv)
{
	const bool short_run = quick(&argc, argv);
	usage(argc, argv, 0, 1,
		"Usage: classifier [--quick] [FOLDER]\n"
		"Computes the equations of a small net, and compares them with those that a\n"
		"course prints; then tells shirts from pullovers in Fashion-MNIST (in FOLDER, "
		"$LAMINA_DATA or where Debian has it).\n");
	const char *folder = argc > 1 ? argv[1] : NULL;
	lam_dataset *train = cut(folder, LAM_SPLIT_TRAIN, short_run ? 200 : 12000),
		    *test = cut(folder, LAM_SPLIT_TEST, short_run ? 100 : 2000);
	lam_net *net[NETS] = {alone(lam_affine(.out = HIDDEN), IN, W2[0]),
		alone(lam_relu(), HIDDEN, NULL), alone(lam_affine(.out = 1), HIDDEN, W3),
		alone(lam_sigmoid(), 1, NULL), alone(lam_binary_cross_entropy(), 1, NULL),
		alone(lam_sigmoid_cross_entropy(), 1, NULL)};
	lam_status status = train && test ? equations(net) : lam_error_status();
	if (!status)
		status = learn(train, test, short_run ? 1 : 10);
	if (status)
		fprintf(stderr, "classifier: %s\n", lam_error());
	for (int i = 0; i < NETS; i++)
		lam_net_free(net[i]);
	lam_dataset_free(test);
	lam_dataset_free(train);
	return status != LAM_OK;
}
