/* SPDX-License-Identifier: MIT */
/* The smallest program: two inputs, a hidden layer, and the exclusive or. */
#include <lamina.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	if (argc > 1) { /* it has no options, but --help */
		printf("usage: %s\n", argv[0]);
		return strcmp(argv[1], "--help") ? 2 : 0;
	}
	const lam_real x[] = {0, 0, 0, 1, 1, 0, 1, 1}, t[] = {0, 1, 1, 0};
	lam_real p[4];
	lam_optimizer adam = lam_adam(.lr = 0.05f);
	lam_net *net = lam_net_create(lam_sequential(lam_affine(.out = 8), lam_tanh(),
					      lam_affine(.out = 1), lam_sigmoid_cross_entropy()),
		LAM_SHAPE(2), .max_batch = 4, .seed = 1, .threads = 1);

	for (int step = 0; step < 300; step++)
		if (lam_net_step(net, &adam, x, t, 4) != LAM_OK)
			break;
	if (lam_net_predict(net, x, 4, p) != LAM_OK) {
		fprintf(stderr, "%s\n", lam_error());
		return 1;
	}
	for (int i = 0; i < 4; i++)
		printf("%g xor %g: %.3f\n", x[2 * i], x[2 * i + 1], p[i]);
	lam_net_free(net);
	return 0;
}
