/* SPDX-License-Identifier: MIT */
/* Compares with the numbers that a well-known course prints for its classifier: affine, ReLU,
 * affine, sigmoid, with cross-entropy.
 *
 *     Z2 = W2 A1 + b2,  A2 = relu(Z2),  z3 = W3 A2 + b3,  a = sigmoid(z3),
 *                       cost = -1/m sum of y log a + (1 - y) log(1 - a)
 *
 * The course prints W2, W3, a, the labels and the signs of Z2, which is all that backward needs. So
 * this test chooses the inputs: a Z2 with those signs and z3 = logit(a), and an A1 with W2 A1 = Z2.
 * b2 and b3 are 0; the fourth output is 0.5, as all its Z2 are negative. The course's dA are for
 * the sum over the m = 4 samples, not the mean, so they are m times the library's. */
#include "tests/kit.h"

#include <lamina.h>

enum { M = 4, A1 = 4, A2 = 3 };

static const double W2[A2][A1] = {
	{-0.02059886, 0.19182803, 0.11765535, 0.0742146},
	{-0.75716588, 0.93100703, 0.56786299, -0.65197777},
	{-0.55100467, -0.26469174, -0.21975884, -0.01100711},
};
static const double W3[A2] = {0.93923832, 1.23714427, -0.18204054};
static const double A[M] = {0.50806541, 0.50446785, 0.99754058, 0.5};
static const double LABELS[M] = {0, 1, 1, 0};
static const bool OPEN[A2][M] = {{1, 1, 1, 0}, {1, 0, 1, 0}, {0, 0, 0, 0}};

static const double COST = 0.5223175799, DB3 = 0.12751846;
static const double DB2[A2] = {0.00236543, 0.15637689, 0};
static const double DA2[A2][M] = {
	{0.477194502, -0.465422790, -0.00230997864, 0.469619161},
	{0.628550208, -0.613044765, -0.00304265357, 0.618572134},
	{-0.0924884992, 0.0902069390, 0.000447713578, -0.0910202679},
};
static const double DA1_FIRST[A1] = {-0.48574643, 0.67672394, 0.41307489, -0.37438596};

/* The inputs are printed with 8 digits, so the results are known to about 8. */
static const double TOLERANCE = sizeof(lam_real) == 8 ? 1.2e-8 : 1e-6;

/* Z2 of sample s: the positive values give z3 = logit(a), the others are -1. */
static void hidden(int s, double z[A2])
{
	double wanted = log(A[s] / (1 - A[s]));
	for (int i = 0; i < A2; i++)
		z[i] = -1;
	if (OPEN[1][s]) {
		z[1] = wanted / 4;
		wanted -= W3[1] * z[1];
	}
	if (OPEN[0][s])
		z[0] = wanted / W3[0];
}

static double determinant(double m[3][3])
{
	return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
		- m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
		+ m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
}

/* Solves W2 A1 = z with the first value of A1 equal to 0, by Cramer's rule. */
static void inputs(const double z[A2], double a[A1])
{
	double matrix[3][3], changed[3][3];
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++)
			matrix[i][j] = W2[i][j + 1];
	a[0] = 0;
	for (int j = 0; j < 3; j++) {
		memcpy(changed, matrix, sizeof matrix);
		for (int i = 0; i < 3; i++)
			changed[i][j] = z[i];
		a[j + 1] = determinant(changed) / determinant(matrix);
	}
}

static void set(lam_param *param, const double *values, int count)
{
	lam_real *edit = lam_param_edit(param);
	for (int i = 0; i < count; i++)
		edit[i] = (lam_real)values[i];
}

/* Checks cost, a and all gradients of a net that ends in `head`. */
static void check_all(lam_layer *head)
{
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = A2), lam_relu(), lam_affine(.out = 1), head),
		LAM_SHAPE(A1), .max_batch = M, .input_grad = true);
	lam_real x[M * A1], targets[M];
	const double zero[A2] = {0};
	require(net && lam_net_param_count(net) == 4, "%s", lam_error());
	for (int s = 0; s < M; s++) {
		double z[A2], a[A1];
		hidden(s, z);
		inputs(z, a);
		for (int i = 0; i < A1; i++)
			x[s * A1 + i] = (lam_real)a[i];
		targets[s] = (lam_real)LABELS[s];
	}
	set(lam_net_param(net, 0), W2[0], A2 * A1);
	set(lam_net_param(net, 1), zero, A2);
	set(lam_net_param(net, 2), W3, A2);
	set(lam_net_param(net, 3), zero, 1);
	check_ok(lam_net_forward(net, LAM_TRAIN, x, targets, M));
	check_near(lam_net_loss(net), COST, TOLERANCE);
	for (int s = 0; s < M; s++)
		check_near(lam_net_output(net)[s], A[s], TOLERANCE);
	check_ok(lam_net_backward(net));
	check_near(lam_param_grad(lam_net_param(net, 3))[0], DB3, TOLERANCE);
	for (int i = 0; i < A2; i++)
		check_near(lam_param_grad(lam_net_param(net, 1))[i], DB2[i], TOLERANCE);
	const lam_real *dx = lam_net_input_grad(net);
	for (int i = 0; i < A1; i++) {
		check_near(M * (double)dx[i], DA1_FIRST[i], TOLERANCE);
		check_near(dx[(M - 1) * A1 + i], 0, 0);
	}
	lam_net_free(net);
}

/* Checks the last affine layer alone, whose input gradient is dA2. */
static void check_last(lam_layer *head)
{
	lam_net *net = lam_net_create(lam_sequential(lam_affine(.out = 1), head), LAM_SHAPE(A2),
		.max_batch = M, .input_grad = true);
	lam_real x[M * A2], targets[M];
	require(net != NULL, "%s", lam_error());
	for (int s = 0; s < M; s++) {
		double z[A2];
		hidden(s, z);
		for (int i = 0; i < A2; i++)
			x[s * A2 + i] = (lam_real)fmax(z[i], 0);
		targets[s] = (lam_real)LABELS[s];
	}
	set(lam_net_param(net, 0), W3, A2);
	check_ok(lam_net_forward(net, LAM_TRAIN, x, targets, M));
	check_near(lam_net_loss(net), COST, TOLERANCE);
	check_ok(lam_net_backward(net));
	for (int s = 0; s < M; s++)
		for (int i = 0; i < A2; i++)
			check_near(M * (double)lam_net_input_grad(net)[s * A2 + i], DA2[i][s],
				TOLERANCE);
	lam_net_free(net);
}

static void from_logits(void)
{
	check_all(lam_sigmoid_cross_entropy());
	check_last(lam_sigmoid_cross_entropy());
}

static void from_probabilities(void)
{
	check_all(lam_sequential(lam_sigmoid(), lam_binary_cross_entropy()));
	check_last(lam_sequential(lam_sigmoid(), lam_binary_cross_entropy()));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(from_logits), TEST(from_probabilities)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
