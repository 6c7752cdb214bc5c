/* SPDX-License-Identifier: MIT */
/** \file
 * The data sets that come with the library: arrays and bytes in memory, .npy files, the MNIST
 * family, CIFAR-10. Tables of text are in csv.h, parts of data sets in parts.h; PNG and JPEG files
 * are read by a library of its own (lamina-image.h).
 *
 * On failure a constructor returns NULL and sets a sentence. lam_dataset_free() frees the result.
 */
#ifndef LAM_DATASETS_H
#define LAM_DATASETS_H

#include "../framework/dataset.h"
#include "../framework/named.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Options of lam_dataset_arrays(). */
typedef struct lam_dataset_arrays_options {
	size_t size;
	const lam_real *x; /**< [count][shape], row-major; borrowed */
	lam_shape shape;   /**< of one sample */
	/** LAM_CLASSES: int32_t [count] or [count][target_shape]; LAM_VALUES: lam_real
	 * [count][target_shape]; LAM_INPUT: NULL; borrowed */
	const void *target_data;
	int64_t count; /**< samples, at least 1 */
	LAM_NAMED;
	lam_target_type targets; /**< default LAM_CLASSES */
	/** LAM_VALUES: required; LAM_CLASSES: of a map with a class at each place; default: one
	 * class per sample */
	lam_shape target_shape;
	/** LAM_CLASSES only; default: the largest class in target_data + 1, at most 1,048,576. More
	 * classes must be given here */
	int64_t classes;
	/** LAM_CLASSES only: the class that marks what no loss and no score counts, as 255 or -100;
	 * class 0 is said with LAM_ZERO; default: none. The loss must ignore the same class */
	int ignore;
	/** [count], finite and at least 0: the weight of each sample in the loss (io.h);
	 * borrowed; default: 1 */
	const lam_real *weights;
} lam_dataset_arrays_options;

/** A data set in memory. The arrays are borrowed, and must not change until the data set is freed.
 * Every class is checked: LAM_ERR_ARGUMENT names the first sample, and in a map the place, whose
 * class is negative or not below `.classes`, and not `.ignore`. Reals given as classes, and classes
 * or bytes (uint8_t, bool) given as LAM_VALUES, are refused if their bits show it, as
 * lam_net_forward() says. */
LAM_MUST_CHECK lam_dataset *lam_dataset_arrays_with(const lam_dataset_arrays_options *options);

/** A data set of several arrays in memory, for nets of several inputs or losses. `fields` ends with
 * {0}. The names must be those of the net's inputs and losses. The arrays are borrowed, as those of
 * lam_dataset_arrays(), and classes and values are checked as there.
 *
 *     lam_dataset_fields(count, (const lam_field[]){
 *             {"image", images, .shape = LAM_SHAPE(1, 28, 28)},
 *             {"size", sizes, .shape = LAM_SHAPE(3)},
 *             {"kind", labels, .role = LAM_ROLE_CLASSES, .classes = 10},
 *             {"price", prices, .role = LAM_ROLE_VALUES, .shape = LAM_SHAPE(1)},
 *             {"trust", trust, .role = LAM_ROLE_WEIGHTS, .of = "price"},
 *             {0}}) */
LAM_MUST_CHECK lam_dataset *lam_dataset_fields(int64_t count, const lam_field *fields);

/** Bytes in memory: x = byte / 255, [count][shape], row-major, and a class for each sample,
 * [count]; `labels` NULL: the samples are their own targets. Borrowed, and checked, as the arrays
 * of lam_dataset_arrays(); the number of classes is the largest one + 1. */
LAM_MUST_CHECK lam_dataset *lam_dataset_bytes(
	const uint8_t *x, lam_shape shape, const int32_t *labels, int64_t count);

/** A data set from two .npy files. `x_path` holds samples, [count][shape]. `target_path` holds
 * targets, [count] or [count][target shape]; NULL: the samples are their own targets.
 *
 * Numbers may be of any of numpy's integer, real and bool types, in either byte order; they are not
 * scaled. What counts for lam_fit() and lam_evaluate() is the numbers, not their type:
 *
 *     one number per sample   classes or a value, as the loss expects: classes if all are whole
 *                             and at least 0 (float64 too), values if they are exact as lam_real
 *     several per sample      values: one-hot rows for soft targets, masks, vectors; or, for a loss
 *                             on classes at places, a map of them, if all are whole
 *
 * Reals are rounded to lam_real; integers that would be are LAM_ERR_ARGUMENT, in samples only if
 * they are their own targets. A sentence about targets that do not fit says the file's type and
 * shape, and in numpy's words what to save.
 * Where a loss ignores a class, it may be any, negative ones too; other classes that the loss does
 * not have are refused when they are read. Elsewhere, as in lam_loader_new(), one integer per
 * sample that is at least 0 is a class, and all other targets are values; lam_dataset_targets()
 * says it.
 *
 * The files are read completely and closed. Values stay in memory in the file's type. */
LAM_MUST_CHECK lam_dataset *lam_dataset_npy(const char *x_path, const char *target_path);

/** Which part of a data set. */
typedef enum lam_split {
	LAM_SPLIT_TRAIN = 0, /**< to train on */
	LAM_SPLIT_TEST = 1,  /**< held out, to evaluate on */
} lam_split;

/** Options of lam_mnist_open(). */
typedef struct lam_mnist_options {
	size_t size;
	const char *dir; /**< the folder of the files; NULL: the usual folders */
	lam_split split; /**< default: LAM_SPLIT_TRAIN */
	LAM_NAMED;
	/** labels are 0 to classes - 1; default 10, or as EMNIST's file names say */
	int64_t classes;
	/** the most bytes for pixels and labels. Default: 64 MiB plus 64 times the files' length;
	 * SIZE_MAX: no limit */
	size_t memory_limit;
} lam_mnist_options;

/** MNIST, Fashion-MNIST, KMNIST or EMNIST: IDX files, plain or gzipped, with images
 * [count][rows][columns] and labels [count]. Samples are 1 x rows x columns, pixel / 255; targets
 * are classes.
 *
 * The files of a set have these names, each also with ".gz":
 *
 *     train-images-idx3-ubyte, train-labels-idx1-ubyte          (t10k-… for the test split)
 *     train-images.idx3-ubyte, …                                with a dot
 *     emnist-balanced-train-images-idx3-ubyte, …                EMNIST, one such set in a folder
 *
 * EMNIST's images are transposed in its files, and are not turned. Its 26 letters, 1 to 26 in the
 * files, become 0 to 25. A folder with the name of a file is ignored. A gzipped file may have
 * several members, with zeros after each.
 *
 * With `.dir` = NULL the folder is $LAMINA_DATA. If that is not set or empty, it is the first one
 * that has the files of these: the folder of Debian's package dataset-fashion-mnist, and datasets/
 * in the working directory, as in the top folder of a checkout. LAM_ERR_IO when a folder that
 * `.dir` or LAMINA_DATA names lacks the files: no other is searched in its place.
 * lam_dataset_source() is the path of the images.
 *
 * If the path has "fashion" or "Fashion" in it, the ten classes have Fashion-MNIST's names.
 *
 * Pixels stay bytes in memory. LAM_ERR_MEMORY when pixels and labels are more than `.memory_limit`.
 * Magic, type and dimensions are compared with the files' length before anything large is
 * allocated, images with labels, and every label with the number of classes. */
LAM_MUST_CHECK lam_dataset *lam_mnist_open_with(const lam_mnist_options *options);

/** Options of lam_cifar10_open(). */
typedef struct lam_cifar10_options {
	size_t size;
	const char *dir; /**< the folder of the files; NULL: the usual folders */
	lam_split split; /**< default: LAM_SPLIT_TRAIN */
	LAM_NAMED;
	size_t memory_limit; /**< the most bytes for pixels and classes; default: no limit */
} lam_cifar10_options;

/** CIFAR-10 in its binary version: data_batch_1.bin to data_batch_5.bin (training) or
 * test_batch.bin, in the folder or in "cifar-10-batches-bin" there. Samples are 3 x 32 x 32, red,
 * green and blue, pixel / 255; targets are 10 classes, with names. Krizhevsky 2009.
 *
 * With `.dir` = NULL the folder is $LAMINA_DATA, or if that is not set or empty, datasets/ in the
 * working directory, where datasets/fetch-cifar10 puts them. A file may have any number of records
 * of 3073 bytes. They stay bytes in memory. lam_dataset_source() is the path of the first file.
 *
 * LAM_ERR_IO: a file is missing; no other folder is searched in place of one that is named.
 * LAM_ERR_FORMAT: a file's length is no multiple of 3073, or it has a class above 9.
 * LAM_ERR_MEMORY: the files are more than `.memory_limit`. */
LAM_MUST_CHECK lam_dataset *lam_cifar10_open_with(const lam_cifar10_options *options);

#ifndef __cplusplus
/** lam_cifar10_open(NULL, LAM_SPLIT_TRAIN) */
#define lam_cifar10_open(...) \
	lam_cifar10_open_with( \
		&(lam_cifar10_options){.size = sizeof(lam_cifar10_options), .dir = __VA_ARGS__})
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
