/* SPDX-License-Identifier: MIT */
/* A newcomer's job: a schedule, a CSV log, and Ctrl-C, after which the same command goes on. */
#include <lamina.h>
#include <signal.h>
#include <stdio.h>

static volatile sig_atomic_t asked;

static void ask(int number)
{
	asked = number;
}

static bool stop(const lam_progress *progress, void *press)
{
	if (progress->total_step == 10 && *(int *)press) /* as if someone pressed Ctrl-C */
		raise(SIGINT);
	return asked != 0;
}

int main(void)
{
	lam_report r = {.epochs = 0};
	lam_dataset *train = lam_mnist_open(NULL, LAM_SPLIT_TRAIN);
	signal(SIGINT, ask);
	for (int press = 1; press >= 0; press--, asked = 0) {
		lam_net *net = lam_net_create(
			lam_sequential(lam_affine(.out = 10), lam_softmax_cross_entropy()),
			LAM_SHAPE(1, 28, 28), .max_batch = 16, .seed = 1);
		if (!net || !train
			|| lam_fit(net, train, &r, .epochs = 5, .optimizer = lam_sgd(.lr = 0.1f),
				.schedule = lam_cosine(.warmup = 0.2f), .history = "run.csv",
				.checkpoint = "run.npz", .resume = !press, .step_end = stop,
				.step_end_data = &press))
			return fprintf(stderr, "%s\n", lam_error()), 1;
		printf("%d epochs, %d steps\n", (int)r.epochs, (int)r.steps);
		lam_net_free(net);
	}
	return lam_dataset_free(train), r.epochs != 5 || r.steps != 20;
}
