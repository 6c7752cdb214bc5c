/* SPDX-License-Identifier: MIT */
/* One's own training loop. */
#include <lamina.h>
#include <stdio.h>

enum { n = 8, steps = 40 };

static int train(lam_net *net, const lam_real *x, const int32_t *labels)
{
	/* a value: change opt.lr between steps as you like */
	lam_optimizer opt = lam_adam(.lr = 5e-2f);
	double first = 0;
	for (int step = 0; step < steps; step++) {
		/* x: n samples; labels: int32_t class per sample */
		if (lam_net_forward(net, LAM_TRAIN, x, labels, n))
			break;                          /* lam_error() says why */
		printf("loss %f\n", lam_net_loss(net)); /* mean over the batch */
		first = step ? first : lam_net_loss(net);
		if (lam_net_backward(net) || lam_net_update(net, &opt))
			break;
	} /* lam_net_step(net, &opt, x, labels, n) is the three in one parallel region */
	for (int i = 0; i < lam_net_param_count(net); i++) {
		lam_param *p = lam_net_param(net, i);
		printf("%s %s\n", lam_param_name(p), lam_shape_text(lam_param_shape(p)).text);
		const lam_real *value = lam_param_value(p), *grad = lam_param_grad(p);
		/* to write: packed copies are refreshed at the next forward */
		lam_real *edit = lam_param_edit(p);
		if (!value || !grad || edit != value)
			return 1;
	}
	/* n samples, after a backward with .input_grad = true at create */
	const lam_real *dx = lam_net_input_grad(net);
	const lam_real *y = lam_net_output(net); /* n samples of the last forward */
	if (!dx || !y || lam_net_step(net, &opt, x, labels, n))
		return 1;
	return !(lam_net_loss(net) < 0.5 * first);
}

int main(void)
{
	lam_net *net = lam_net_create(lam_sequential(lam_affine(.out = 16), lam_tanh(),
					      lam_affine(.out = 2), lam_softmax_cross_entropy()),
		LAM_SHAPE(2), .max_batch = n, .seed = 1, .input_grad = true);
	lam_real x[n][2];
	int32_t labels[n];
	for (int i = 0; i < n; i++) {
		x[i][0] = i & 1;
		x[i][1] = i >> 1 & 1;
		labels[i] = (i ^ i >> 1) & 1;
	}
	int failed = !net || train(net, x[0], labels);
	int64_t count;
	lam_net *replica = lam_net_replica(net, .max_batch = 1, .inference = true);
	failed = failed || !replica || lam_net_accumulate(net, true)
		|| !lam_net_gradients(net, &count);
	lam_param_set_trainable(lam_net_param(net, 0), false);
	lam_dataset *data = lam_dataset_arrays(x[0], LAM_SHAPE(2), labels, n);
	lam_score score;
	failed = failed || lam_evaluate(net, data, &score);
	if (failed)
		fprintf(stderr, "%s\n", lam_error());
	lam_dataset_free(data);
	lam_net_free(replica);
	lam_net_free(net);
	return failed;
}
