/* SPDX-License-Identifier: MIT */
/** \file
 * Images in PNG and JPEG files: a library of its own, lamina-image, because the core needs neither
 * libpng nor libjpeg. Include it beside lamina.h, and link as `pkg-config --libs lamina-image` says
 * (lamina-image-double with lamina-double).
 *
 *     lam_dataset *train = lam_dataset_images("pets/train", .shape = LAM_SHAPE(3, 64, 64));
 *     lam_dataset *test = lam_dataset_images("pets/test", .like = train);
 *
 * How a file becomes values:
 *
 *     kinds         PNG of every kind (of an animation the first picture), JPEG with 8 bits per
 *                   channel in grey, YCbCr, RGB, CMYK and YCCK. The first bytes of a file say which
 *                   it is, not its name
 *     16 bits       rounded to 8
 *     alpha         laid over white
 *     CMYK          inverted, as Adobe's programs write it, and browsers read it
 *     orientation   that of EXIF, in both kinds: the picture stands as people see it
 *     grey          0.299 red + 0.587 green + 0.114 blue, if .shape has one channel; a grey file
 *                   for three channels has it three times
 *     size          each axis of its own, whatever the proportions. Down by area averaging: a new
 *                   pixel is the mean of the area that it covers. Up by linear interpolation of the
 *                   centres of pixels. Rounded to bytes once, after both axes
 *     values        byte / 255
 *
 * Profiles of colour and gamma are not applied. A file that ends early, or whose data are damaged,
 * is refused with its name. Each kind can be read if its library was there when lamina was
 * configured: LAM_ERR_UNSUPPORTED says which one is missing. libjpeg's own memory, of a JPEG that
 * is being read, does not come from lam_set_allocator(). */
#ifndef LAMINA_IMAGE_H
#define LAMINA_IMAGE_H

#include "framework/dataset.h"
#include "framework/named.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Options of lam_dataset_images(). */
typedef struct lam_dataset_images_options {
	size_t size;
	const char *folder; /**< has a folder for each class, or with `.no_target` the images;
			       required */
	LAM_NAMED;
	/** of a sample: 1 or 3 channels (grey, or red, green and blue), height, width; required
	 * without `.like` */
	lam_shape shape;
	/** leave out files that are broken, too large or of another kind;
	 * lam_dataset_images_skipped() tells how many */
	bool skip_broken;
	/** a data set that lam_dataset_images() made: its shape, and its classes, of which this
	 * folder may lack some; another one is an error. For the test set */
	const lam_dataset *like;
	int64_t pixel_limit; /**< the most pixels of a file's picture; default 64 Mi */
	size_t memory_limit; /**< the most bytes for all samples; default: no limit */
	/** all images of the folder and of those in it, to a depth of 16, in the order of their
	 * paths; no classes: the targets are the samples (LAM_INPUT). `.like` gives the shape */
	bool no_target;
} lam_dataset_images_options;

/** A folder of images with a folder for each class. The names of these, in the order of their
 * bytes, are the classes and their names (lam_dataset_class_name()); the samples are in the order
 * of class and path, whatever the file system's.
 *
 * A file is an image if its name ends with .png, .jpg, .jpeg, .jpe or .jfif, in any case. Folders
 * in a class's folder, to a depth of 16, belong to that class. Names that begin with a dot, files
 * beside the classes' folders, and files of other names are passed over; but those with the ending
 * of another kind of picture (.gif, .webp, .bmp, .tif, .tiff, .avif, .heic) count as broken.
 *
 * All files are read when the data set is opened, by all of OpenMP's threads; the result does not
 * depend on their number. Samples stay in memory as bytes after they were resized: channels x
 * height x width for each. While it opens, each thread also holds one file and its picture.
 *
 * LAM_ERR_FORMAT names the first broken file, a folder without folders of classes, a class's folder
 * without an image, or a class that `.like` lacks; LAM_ERR_IO a folder or file that cannot be read;
 * LAM_ERR_MEMORY: `.memory_limit` does not suffice. lam_dataset_source() is the folder. */
LAM_MUST_CHECK lam_dataset *lam_dataset_images_with(const lam_dataset_images_options *options);

/** How many files `.skip_broken` left out. *first, unless NULL: the sentence about the first of
 * them, or NULL; valid until lam_dataset_free(). 0 for other data sets. */
int64_t lam_dataset_images_skipped(const lam_dataset *dataset, const char **first);

/** The path of sample `index`, beginning with the folder as it was given; NULL out of range, and
 * for other data sets. Valid until lam_dataset_free(). */
const char *lam_dataset_image_path(const lam_dataset *dataset, int64_t index);

/** Reads one image file into `x`: lam_shape_count(&shape) values, as lam_dataset_images() makes
 * them for `.shape`. At most 64 Mi pixels. Thread-safe. */
LAM_MUST_CHECK lam_status lam_image_read(const char *path, lam_shape shape, lam_real *x);

/** As lam_image_read(), from the `size` bytes of a file in memory. */
LAM_MUST_CHECK lam_status lam_image_decode(
	const void *bytes, size_t size, lam_shape shape, lam_real *x);

#ifndef __cplusplus
/** lam_dataset_images("pets/train", .shape = LAM_SHAPE(3, 64, 64)) */
#define lam_dataset_images(...) \
	lam_dataset_images_with(&(lam_dataset_images_options){ \
		.size = sizeof(lam_dataset_images_options), .folder = __VA_ARGS__})
#endif

#ifdef __cplusplus
}
#endif
#endif
