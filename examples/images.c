/* SPDX-License-Identifier: MIT */
/* A folder of one's own images: a folder for each class, PNG and JPEG of any size.
 *
 *     images [--quick] [FOLDER]
 *
 * Without FOLDER it makes one, clothes/, of images of Fashion-MNIST, so that there is something to
 * see. Link with `pkg-config --libs lamina-image`. The net is saved as images.npz, with the names
 * of its classes, which are those of the folders. images.png shows what it says of images that it
 * has not learned from: green is right, red is wrong. */
#include <lamina-image.h>
#include <lamina.h>

#include "usage.h"

#include <stdio.h>
#include <sys/stat.h>

enum { SIDE = 32, PIXELS = 3 * SIDE * SIDE, SHOWN = 24 };

/* Writes clothes/CLASS/NUMBER.png. */
static lam_status make_folder(int64_t most)
{
	lam_dataset *set = first(lam_mnist_open(NULL, LAM_SPLIT_TEST), most);
	lam_status status = set ? LAM_OK : lam_error_status();
	mkdir("clothes", 0777);
	for (int64_t i = 0; i < lam_dataset_count(set) && !status; i++) {
		lam_real x[28 * 28];
		char path[64];
		int32_t class;
		status = lam_dataset_read(set, i, x, &class);
		if (status)
			break;
		const char *name = lam_dataset_class_name(set, class);
		snprintf(path, sizeof path, "clothes/%.40s", name ? name : "x");
		for (char *c = path + strlen("clothes/"); *c; c++)
			*c = *c == '/' ? '-' : *c; /* as in "T-shirt/top" */
		if (!name)
			snprintf(path, sizeof path, "clothes/%d", (int)class);
		mkdir(path, 0777);
		snprintf(path + strlen(path), 16, "/%d.png", (int)i);
		status = lam_picture_images(
			path, x, 1, LAM_SHAPE(1, 28, 28), .bare = true, .scale = 1, .white = 1);
	}
	lam_dataset_free(set);
	return status;
}

static lam_status learn(const lam_dataset *train, const lam_dataset *held_out, int epochs)
{
	lam_net *net = lam_net_create(
		lam_sequential(lam_conv2d(.out = 16, .kernel = {3}), lam_relu(),
			lam_max_pool2d(.kernel = {2}), lam_conv2d(.out = 32, .kernel = {3}),
			lam_relu(), lam_global_avg_pool(),
			lam_affine(.out = (int)lam_dataset_targets(train).classes),
			lam_softmax_cross_entropy()),
		lam_dataset_shape(train), .max_batch = 32, .seed = 1);
	lam_status status = net
		? lam_fit(net, train, NULL, .epochs = epochs, .validation = held_out,
			.optimizer = lam_adam(.lr = 5e-3f), .augment = {.shift = 2, .flip = true},
			.keep_best = true, .progress = lam_progress_bar, .progress_data = stdout)
		: lam_error_status();
	if (!status)
		status = lam_net_save(net, "images.npz");
	lam_net_free(net);
	return status;
}

/* Loads the net and asks it about images that it has not seen: images.png has its answers. */
static lam_status ask(const lam_dataset *held_out)
{
	static lam_real x[SHOWN][PIXELS];
	const char *labels[SHOWN];
	lam_verdict verdicts[SHOWN];
	lam_net *net = lam_net_load("images.npz", .inference = true);
	const lam_shape shape = net ? lam_net_output_shape(net) : LAM_SHAPE(1);
	const int64_t classes = lam_shape_count(&shape), all = lam_dataset_count(held_out),
		      count = all < SHOWN ? all : SHOWN;
	lam_real *p = (lam_real *)malloc((size_t)classes * sizeof *p);
	lam_status status = !net ? lam_error_status()
		: p              ? LAM_OK
				 : lam_fail(LAM_ERR_MEMORY, "out of memory");
	for (int64_t i = 0; i < count && !status; i++) {
		int32_t truth, said = 0;
		status = lam_dataset_read(held_out, i * all / count, x[i], &truth);
		if (!status)
			status = lam_net_predict(net, x[i], 1, p); /* a probability of each class */
		for (int32_t k = 1; k < classes && !status; k++)
			said = p[k] > p[said] ? k : said;
		labels[i] = lam_net_class_name(net, said);
		verdicts[i] = said == truth ? LAM_VERDICT_RIGHT : LAM_VERDICT_WRONG;
	}
	if (!status)
		status = lam_picture_images("images.png", x[0], count, LAM_SHAPE(3, SIDE, SIDE),
			.columns = 8, .labels = labels, .verdicts = verdicts);
	free(p);
	lam_net_free(net);
	return status;
}

int main(int argc, char **argv)
{
	const bool short_run = quick(&argc, argv);
	usage(argc, argv, 0, 1,
		"Usage: images [--quick] [FOLDER]\n"
		"Learns the images in FOLDER, a folder for each class, and draws images.png.\n"
		"Without FOLDER it makes one, clothes/, of images of Fashion-MNIST ($LAMINA_DATA,\n"
		"or where Debian has it).\n");
	const char *folder = argc > 1 ? argv[1] : "clothes";
	lam_status status = argc > 1 ? LAM_OK : make_folder(short_run ? 200 : 2000);
	/* Every image becomes 3 x 32 x 32, whatever its size; broken files are left out. */
	lam_dataset *all = status ? NULL
				  : lam_dataset_images(folder, .shape = LAM_SHAPE(3, SIDE, SIDE),
					  .skip_broken = true),
		    *train = NULL, *held_out = NULL;
	if (!status)
		status = all ? lam_dataset_split(all, 0.8, 1, &train, &held_out)
			     : lam_error_status();
	if (!status) {
		printf("%s: %lld images, %lld classes, %lld broken files\n", folder,
			(long long)lam_dataset_count(all),
			(long long)lam_dataset_targets(all).classes,
			(long long)lam_dataset_images_skipped(all, NULL));
		status = learn(train, held_out, short_run ? 1 : 20);
	}
	if (!status)
		status = ask(held_out);
	if (!status)
		printf("images.npz: the net; images.png: what it says of images held out\n");
	if (status)
		fprintf(stderr, "images: %s\n", lam_error());
	lam_dataset_free(held_out);
	lam_dataset_free(train);
	lam_dataset_free(all);
	return status == LAM_ERR_UNSUPPORTED ? 77 : status != LAM_OK; /* 77: there is no libpng */
}
