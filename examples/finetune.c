/* SPDX-License-Identifier: MIT */
/* Fine-tuning: a net has learned eight kinds of clothing. It gets a new head, and learns two other
 * kinds, sandals and sneakers, from forty images; beside it a net that begins from nothing.
 *
 *     finetune [--quick] [folder of Fashion-MNIST]
 *
 * The first net is saved as finetune.npz. The second loads what has the same name and shape. Its
 * body is frozen at first; then all of it learns, the body at half of the rate. */
#include <lamina.h>

#include "usage.h"

#include <stdio.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE, FEW = 40, TEST = 1000, MOST = 60000 };

/* The head's name tells whose it is: a file's "head10.weight" is no parameter of a net with another
 * head. */
static lam_net *make_net(int classes, const char *head)
{
	return lam_net_create(
		lam_sequential(lam_conv2d(.out = 16, .kernel = {3}), lam_relu(),
			lam_max_pool2d(.kernel = {2}), lam_conv2d(.out = 32, .kernel = {3}),
			lam_relu(), lam_max_pool2d(.kernel = {2}), lam_affine(.out = 64),
			lam_relu(), lam_affine(.out = classes, .name = head),
			lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = 50, .seed = 1);
}

static bool is_new(int32_t class)
{
	return class == 5 || class == 7; /* sandal, sneaker */
}

/* The samples of the other eight classes. */
static lam_dataset *others(const lam_dataset *all, int64_t most)
{
	static int64_t indices[MOST];
	lam_real x[PIXELS];
	int64_t count = 0;
	for (int64_t i = 0; i < lam_dataset_count(all) && count < most; i++) {
		int32_t class;
		if (lam_dataset_read(all, i, x, &class))
			return NULL;
		if (!is_new(class))
			indices[count++] = i;
	}
	return all ? lam_dataset_subset(all, indices, count) : NULL;
}

/* The first samples of the two new classes, in memory of the caller's: 0 is a sandal, 1 a
 * sneaker. */
static lam_dataset *of_new(const lam_dataset *all, lam_real *x, int32_t *label, int64_t most)
{
	int64_t count = 0;
	for (int64_t i = 0; i < lam_dataset_count(all) && count < most; i++) {
		int32_t class;
		if (lam_dataset_read(all, i, x + count * PIXELS, &class))
			return NULL;
		if (is_new(class))
			label[count++] = class == 7;
	}
	return all ? lam_dataset_arrays(x, LAM_SHAPE(1, SIDE, SIDE), label, count, .classes = 2)
		   : NULL;
}

static lam_status learn_base(const lam_dataset *train, int epochs)
{
	lam_net *net = make_net(10, "head10");
	lam_report report;
	lam_status status = !net || !train
		? lam_error_status()
		: lam_fit(net, train, &report, .epochs = epochs, .optimizer = lam_adam(.lr = 2e-3f),
			.schedule = lam_one_cycle(.peak = 4e-3f));
	if (!status)
		status = lam_net_save(net, "finetune.npz");
	if (!status)
		printf("eight classes, %lld images: loss %.4f after %d epochs\n",
			(long long)lam_dataset_count(train), report.train.loss, epochs);
	lam_net_free(net);
	return status;
}

/* Every parameter but the head's. */
static void set_body(lam_net *net, bool trainable, lam_real rate)
{
	for (int i = 0; i < lam_net_param_count(net); i++) {
		lam_param *p = lam_net_param(net, i);
		if (strncmp(lam_param_name(p), "head", 4) != 0) {
			lam_param_set_trainable(p, trainable);
			lam_param_set_rate(p, rate);
		}
	}
}

/* A run, and the best epoch of it: the net ends with that epoch's parameters. */
static lam_status fit(const char *what, lam_net *net, const lam_dataset *train,
	const lam_dataset *test, lam_real rate, int epochs)
{
	lam_report r;
	lam_status status = lam_fit(net, train, &r, .epochs = epochs, .batch = 20,
		.validation = test, .optimizer = lam_adam(.lr = rate),
		.augment = {.shift = 1, .flip = true}, .keep_best = true);
	if (!status)
		printf("%-38s best epoch %2lld of %lld: %.2f%% of %lld test images are right\n",
			what, (long long)r.best_epoch, (long long)r.epochs, 100 * r.best_accuracy,
			(long long)r.validation.count);
	return status;
}

static lam_status fine_tune(const lam_dataset *train, const lam_dataset *test, int epochs)
{
	lam_net *scratch = make_net(2, "head2"), *tuned = make_net(2, "head2");
	lam_status status = scratch && tuned && train && test ? LAM_OK : lam_error_status();
	if (!status)
		status = fit("from nothing", scratch, train, test, (lam_real)1e-3, 2 * epochs);
	if (!status)
		status = lam_net_load_params(tuned, "finetune.npz", .partial = true);
	if (!status) {
		set_body(tuned, false, 1);
		status = fit("loaded, body frozen, new head", tuned, train, test, (lam_real)0.02,
			epochs);
	}
	if (!status) {
		set_body(tuned, true, (lam_real)0.5);
		status = fit("then all of it, the body at rate / 2", tuned, train, test,
			(lam_real)1e-3, epochs);
	}
	lam_net_free(tuned);
	lam_net_free(scratch);
	return status;
}

int main(int argc, char **argv)
{
	const bool short_run = quick(&argc, argv);
	usage(argc, argv, 0, 1,
		"Usage: finetune [--quick] [FOLDER]\n"
		"Learns eight classes of Fashion-MNIST (in FOLDER, $LAMINA_DATA or where Debian\n"
		"has it), and with what the net has learned two others from 40 images.\n");
	static lam_real x[FEW * PIXELS], test_x[(TEST + 1) * PIXELS];
	static int32_t label[FEW], test_label[TEST];
	const char *folder = argc > 1 ? argv[1] : NULL;
	lam_dataset *all = lam_mnist_open(folder, short_run ? LAM_SPLIT_TEST : LAM_SPLIT_TRAIN),
		    *all_test = lam_mnist_open(folder, LAM_SPLIT_TEST),
		    *base = others(all, short_run ? 1000 : MOST), *few = of_new(all, x, label, FEW),
		    *test = of_new(all_test, test_x, test_label, short_run ? 100 : TEST);
	lam_status status = learn_base(base, short_run ? 1 : 2);
	if (!status)
		status = fine_tune(few, test, short_run ? 1 : 40);
	if (status)
		fprintf(stderr, "finetune: %s\n", lam_error());
	lam_dataset_free(test);
	lam_dataset_free(few);
	lam_dataset_free(base);
	lam_dataset_free(all_test);
	lam_dataset_free(all);
	return status != LAM_OK;
}
