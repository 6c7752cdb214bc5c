/* SPDX-License-Identifier: MIT */
/** \file
 * The data sets that come with the library: arrays in memory, .npy files, the MNIST family.
 *
 * A constructor returns NULL and leaves a sentence on failure; lam_dataset_free() frees what it
 * returned. */
#ifndef LAM_DATASETS_H
#define LAM_DATASETS_H

#include "../framework/dataset.h"
#include "../framework/named.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What lam_dataset_arrays() is given. */
typedef struct lam_dataset_arrays_options {
	size_t size;
	const lam_real *x; /**< [count][shape], row-major; borrowed */
	lam_shape shape;   /**< of one sample */
	/** LAM_CLASSES: int32_t [count]; LAM_VALUES: lam_real [count][target_shape]; LAM_INPUT:
	 * NULL; borrowed */
	const void *target_data;
	int64_t count; /**< samples, at least 1 */
	LAM_NAMED;
	lam_target_type targets; /**< default LAM_CLASSES */
	lam_shape target_shape;  /**< LAM_VALUES only, required there */
	/** LAM_CLASSES only; default: the largest class of target_data + 1, which may be 1,048,576
	 * at most: more have to be stated */
	int64_t classes;
} lam_dataset_arrays_options;

/** Samples that lie in memory. The arrays are borrowed: they must stay as they are until the data
 * set is freed. Every class is looked at once: LAM_ERR_ARGUMENT names the first sample whose class
 * is negative or not below `.classes`. Reals given as classes, and classes given as LAM_VALUES, are
 * recognised by their bits and refused, unless all are 0. */
LAM_MUST_CHECK lam_dataset *lam_dataset_arrays_with(const lam_dataset_arrays_options *options);

/** Samples from two .npy files: `x_path` holds [count][shape], `target_path` [count] or [count][1]
 * integers (classes), or [count][target shape] reals (values; [count] alone has target shape 1);
 * NULL: the samples are their own targets. Any of numpy's integer, real and bool types, either byte
 * order; values are taken as they are, without scaling. The files are read whole and closed; they
 * stay in memory in their own type. */
LAM_MUST_CHECK lam_dataset *lam_dataset_npy(const char *x_path, const char *target_path);

/** Which part of a data set. */
typedef enum lam_split {
	LAM_SPLIT_TRAIN = 0,
	LAM_SPLIT_TEST = 1,
} lam_split;

/** What lam_mnist_open() is given. */
typedef struct lam_mnist_options {
	size_t size;
	const char *dir; /**< the folder of the files; NULL: where they are usually installed */
	lam_split split;
	LAM_NAMED;
	/** labels are 0 to classes - 1; default 10, or what EMNIST's file names say */
	int64_t classes;
	/** bytes that pixels and labels may take; default: 64 MiB and 64 times the files' length;
	 * SIZE_MAX: any */
	size_t memory_limit;
} lam_mnist_options;

/** MNIST, Fashion-MNIST, KMNIST, EMNIST: IDX files, plain or gzipped, of images
 * [count][rows][columns] and labels [count]. Samples are 1 x rows x columns, value / 255; targets
 * are classes.
 *
 * Names, each also with ".gz": `train-images-idx3-ubyte` and `train-labels-idx1-ubyte` (`t10k-…`
 * for the test), the same with a dot ("train-images.idx3-ubyte"), or EMNIST's
 * "emnist-balanced-train-images-idx3-ubyte" where the folder has one such set. EMNIST's images lie
 * transposed in its files and are given as they lie; the 26 letters, 1 to 26 there, become 0 to 25.
 * A folder of such a name is passed over. A gzipped file may have several members, and zeros behind
 * each.
 *
 * With `.dir` = NULL the first of these folders that has the files is taken: $LAMINA_DATA, that of
 * Debian's package dataset-fashion-mnist, datasets/ of the working directory (so of a checkout,
 * from its top folder).
 *
 * Pixels stay bytes in memory; files that hold more of them than `.memory_limit` are
 * LAM_ERR_MEMORY. Magic, type and dimensions are checked against the files' true length before
 * anything large is allocated, images against labels, every label against the number of classes. */
LAM_MUST_CHECK lam_dataset *lam_mnist_open_with(const lam_mnist_options *options);

#ifndef __cplusplus
/** lam_dataset_arrays(x, LAM_SHAPE(1, 12, 12), targets, count, .targets = LAM_VALUES, …) */
#define lam_dataset_arrays(...) \
	lam_dataset_arrays_with(&(lam_dataset_arrays_options){ \
		.size = sizeof(lam_dataset_arrays_options), .x = __VA_ARGS__})
/** lam_mnist_open(NULL, LAM_SPLIT_TRAIN) */
#define lam_mnist_open(...) \
	lam_mnist_open_with( \
		&(lam_mnist_options){.size = sizeof(lam_mnist_options), .dir = __VA_ARGS__})
#endif

#ifdef __cplusplus
}
#endif
#endif
