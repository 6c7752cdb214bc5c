/* SPDX-License-Identifier: MIT */
/* A newcomer's job: the inner activation of a loaded net, and which pixels matter for its answer.
 */
#include <lamina.h>
#include <math.h>
#include <stdio.h>

int main(void)
{
	lam_real x[784], dy[10] = {0}, most = 0;
	lam_dataset *test = lam_mnist_open(NULL, LAM_SPLIT_TEST);
	lam_layer *model = lam_sequential(lam_conv2d(.out = 8, .kernel = {3}), lam_relu(),
		lam_affine(.out = 10), lam_softmax_cross_entropy());
	lam_net *net = lam_net_create(model, LAM_SHAPE(1, 28, 28), .seed = 1);
	if (!net || !test
		|| lam_fit(net, test, NULL, .epochs = 2, .optimizer = lam_adam(.lr = 0.01f))
		|| lam_net_save(net, "seen.npz") || lam_dataset_read(test, 0, x, NULL))
		return fprintf(stderr, "%s\n", lam_error()), 1;
	lam_net_free(net);
	net = lam_net_load(
		"seen.npz", .input_grad = true, .watch = (const char *const[]){"1", NULL});
	if (!net || lam_net_forward(net, LAM_EVAL, x, (const int32_t *)NULL, 1))
		return fprintf(stderr, "%s\n", lam_error()), 1;
	lam_shape shape;
	const lam_real *inner = lam_net_value(net, "1", &shape), *p = lam_net_output(net);
	int answer = 0;
	for (int k = 1; k < 10; k++)
		answer = p[k] > p[answer] ? k : answer;
	dy[answer] = 1; /* d answer's logit / d pixel */
	printf("activation %s, first value %.3f; answer %d\n", lam_shape_text(shape).text,
		(double)*inner, answer);
	if (lam_net_backward_from(net, dy))
		return fprintf(stderr, "%s\n", lam_error()), 1;
	const lam_real *dx = lam_net_input_grad(net);
	for (int i = 0; i < 784; i++)
		most = fabs((double)dx[i]) > (double)most ? (lam_real)fabs((double)dx[i]) : most;
	for (int i = 0; i < 784; i++)
		printf("%c%s", " .:*#"[(int)(4 * fabs((double)(dx[i] / most)))],
			i % 28 == 27 ? "\n" : "");
	return lam_net_free(net), shape.dim[0] != 8 || !(most > 0);
}
