/* SPDX-License-Identifier: MIT */
/* A folder of one's own images: a folder for each class, PNG and JPEG of any size.
 *
 *     images [--quick] [FOLDER]
 *
 * Without FOLDER it makes one, clothes/, of images of Fashion-MNIST, so that there is something to
 * see. Link with `pkg-config --libs lamina-image`. The net is saved as images.npz, with the names
 * of its classes, which are those of the folders. */
#include <lamina-image.h>
#include <lamina.h>

#include "png.h"
#include "usage.h"

#include <stdio.h>
#include <sys/stat.h>

enum { SIDE = 32 };

/* Writes clothes/CLASS/NUMBER.png. */
static lam_status make_folder(int64_t most)
{
	lam_dataset *set = first(lam_mnist_open(NULL, LAM_SPLIT_TEST), most);
	lam_status status = set ? LAM_OK : lam_error_status();
	mkdir("clothes", 0777);
	for (int64_t i = 0; i < lam_dataset_count(set) && !status; i++) {
		lam_real x[28 * 28];
		unsigned char rgb[28 * 28 * 3];
		char path[64];
		int32_t class;
		status = lam_dataset_read(set, i, x, &class);
		if (status)
			break;
		for (int k = 0; k < 28 * 28 * 3; k++)
			rgb[k] = (unsigned char)(255 * x[k / 3] + (lam_real)0.5);
		const char *name = lam_dataset_class_name(set, class);
		if (name && !strchr(name, '/')) /* as "T-shirt/top" has */
			snprintf(path, sizeof path, "clothes/%.40s", name);
		else
			snprintf(path, sizeof path, "clothes/%d", (int)class);
		mkdir(path, 0777);
		snprintf(path + strlen(path), 16, "/%d.png", (int)i);
		if (!png_write(path, rgb, 28, 28))
			status = lam_fail(LAM_ERR_IO, "%s cannot be written", path);
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

/* Loads the net and asks it about an image that it has not seen. */
static lam_status ask(const lam_dataset *held_out)
{
	enum { MOST = 1024 };
	static lam_real x[3 * SIDE * SIDE], p[MOST];
	int32_t label;
	lam_net *net = lam_net_load("images.npz", .inference = true);
	const lam_shape shape = net ? lam_net_output_shape(net) : LAM_SHAPE(1);
	lam_status status = !net ? lam_error_status()
		: lam_shape_count(&shape) > MOST
		? lam_fail(LAM_ERR_SHAPE, "more than %d folders", MOST)
		: lam_dataset_read(held_out, 0, x, &label);
	if (!status)
		status = lam_net_predict(net, x, 1, p);
	for (int k = 0; k < lam_shape_count(&shape) && !status; k++)
		printf("   %-12s %6.2f%%%s\n", lam_net_class_name(net, k), 100 * (double)p[k],
			k == label ? "   <- it is" : "");
	lam_net_free(net);
	return status;
}

int main(int argc, char **argv)
{
	const bool short_run = quick(&argc, argv);
	usage(argc, argv, 0, 1,
		"Usage: images [--quick] [FOLDER]\n"
		"Learns the images in FOLDER, a folder for each class. Without FOLDER it makes\n"
		"one, clothes/, of images of Fashion-MNIST ($LAMINA_DATA, or where Debian has "
		"it).\n");
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
	if (status)
		fprintf(stderr, "images: %s\n", lam_error());
	lam_dataset_free(held_out);
	lam_dataset_free(train);
	lam_dataset_free(all);
	return status == LAM_ERR_UNSUPPORTED ? 77 : status != LAM_OK; /* 77: there is no libpng */
}
