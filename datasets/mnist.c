/* SPDX-License-Identifier: MIT */
/* The MNIST family: for each split an IDX file of images and one of labels. Pixels stay bytes in
 * memory and are converted when a sample is read: x = pixel / 255. */
#include "datasets/bytes.h"
#include "datasets/idx.h"

#include "framework/base/options.h"
#include "framework/data/inside.h"
#include "framework/files/file.h"
#include "framework/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The default memory limit in bytes: FLOOR + PER_BYTE for each byte of the files. */
enum { FLOOR = 64 << 20, PER_BYTE = 64 };

/* The folder of Debian's package dataset-fashion-mnist. */
static const char debian_folder[] = "/usr/share/datasets/fashion-mnist";

struct mnist {
	uint8_t *pixels; /* [count][features] */
	uint8_t *labels; /* [count] */
	int64_t features;
	int first_label; /* the label of class 0 in the file */
	lam_byte_values values;
};

static lam_status mnist_read(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	const struct mnist *m = lam_dataset_state(self);
	lam_bytes_to_real(&m->values, m->pixels + index * m->features, m->features, x);
	if (target) {
		int32_t label = m->labels[index] - m->first_label;
		memcpy(target, &label, sizeof label);
	}
	return LAM_OK;
}

static void mnist_destroy(lam_dataset *self)
{
	struct mnist *m = lam_dataset_state(self);
	lam_free(m->pixels);
	lam_free(m->labels);
}

static const lam_dataset_class mnist_class = {
	LAM_DATASET_ABI,
	.kind = "mnist",
	.state_size = sizeof(struct mnist),
	.read = mnist_read,
	.destroy = mnist_destroy,
};

/* How a set names its files: prefix, split, "-images" or "-labels", a dot or dash, "idx3-ubyte" or
 * "idx1-ubyte", perhaps ".gz". */
static const struct naming {
	const char *prefix;
	const char *split[2]; /* indexed by lam_split */
	char joint;
	int classes, first_label;
	bool alone; /* a folder with two of these sets is refused */
} namings[] = {
	{"", {"train", "t10k"}, '-', 10, 0, false},
	{"", {"train", "t10k"}, '.', 10, 0, false},
	{"emnist-balanced-", {"train", "test"}, '-', 47, 0, true},
	{"emnist-byclass-", {"train", "test"}, '-', 62, 0, true},
	{"emnist-bymerge-", {"train", "test"}, '-', 47, 0, true},
	{"emnist-digits-", {"train", "test"}, '-', 10, 0, true},
	{"emnist-letters-", {"train", "test"}, '-', 26, 1, true},
	{"emnist-mnist-", {"train", "test"}, '-', 10, 0, true},
};

/* The path of an existing file of images (rank 3) or labels (rank 1), plain or gzipped, which the
 * caller frees. NULL: there is none, or memory is short and *status says so. */
static char *find_file(
	const char *dir, const struct naming *naming, lam_split split, int rank, lam_status *status)
{
	static const char *const endings[] = {"", ".gz"};
	size_t room = strlen(dir) + 80;
	char *path = lam_alloc(room, 1);
	if (!path) {
		*status = LAM_ERR_MEMORY;
		return NULL;
	}
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		snprintf(path, room, "%s/%s%s-%s%cidx%d-ubyte%s", dir, naming->prefix,
			naming->split[split], rank == 3 ? "images" : "labels", naming->joint, rank,
			endings[i]);
		struct stat found;
		/* An archive unpacked into a folder of its own may leave one of this name. */
		if (stat(path, &found) == 0 && !S_ISDIR(found.st_mode))
			return path;
	}
	lam_free(path);
	return NULL;
}

/* The two files of a split. */
struct files {
	char *images, *labels;
	const struct naming *naming;
};

/* Finds the files in one folder. LAM_OK and images NULL when the folder has none; an error when it
 * has images without labels, labels without images, or several sets. */
static lam_status find_files(const char *dir, lam_split split, struct files *files)
{
	lam_status status = LAM_OK;
	for (size_t i = 0; i < sizeof namings / sizeof *namings && status == LAM_OK; i++) {
		if (files->images && !namings[i].alone)
			continue;
		char *images = find_file(dir, &namings[i], split, 3, &status);
		if (!images)
			continue;
		if (files->images && !files->naming->alone) {
			lam_free(images); /* MNIST's names take precedence over EMNIST's */
			return status;
		}
		if (files->images) {
			status = lam_fail(LAM_ERR_ARGUMENT,
				"mnist: '%s' has two sets, '%s%s-…' and '%s%s-…': expected one "
				"in a folder",
				lam_path_text(dir).text, files->naming->prefix,
				files->naming->split[split], namings[i].prefix,
				namings[i].split[split]);
			lam_free(images);
			return status;
		}
		files->images = images;
		files->naming = &namings[i];
		files->labels = find_file(dir, &namings[i], split, 1, &status);
		if (!files->labels && status == LAM_OK)
			status = lam_fail(LAM_ERR_IO,
				"mnist: no labels beside '%s': expected %s%s-labels%cidx1-ubyte, "
				"plain or .gz",
				lam_path_text(images).text, namings[i].prefix,
				namings[i].split[split], namings[i].joint);
	}
	return status;
}

/* Searches a folder that somebody has named: no other will do in its place. `by` says who. */
static lam_status find_named(const char *dir, const char *by, lam_split split, struct files *files)
{
	struct stat found;
	lam_status status = find_files(dir, split, files);
	if (status != LAM_OK || files->images)
		return status;
	const char *why = "";
	if (stat(dir, &found) == 0)
		why = S_ISDIR(found.st_mode) ? "" : ": it is no folder";
	else if (errno == ENOENT)
		why = ": there is no such folder";
	return lam_fail(LAM_ERR_IO,
		"mnist: no '%s-images-idx3-ubyte', plain or .gz, in '%s' (nor EMNIST's)%s%s",
		namings[0].split[split], lam_path_text(dir).text, by, why);
}

/* Searches the usual folders, for a caller that names none. */
static lam_status find_anywhere(lam_split split, struct files *files)
{
	/* The last is in the source tree, for programs run from its top folder. */
	static const char *const places[] = {debian_folder, "datasets"};
	const char *named = getenv("LAMINA_DATA");
	if (named && *named)
		return find_named(named, ", which LAMINA_DATA names", split, files);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		lam_status status = find_files(places[i], split, files);
		if (status != LAM_OK || files->images)
			return status;
	}
	return lam_fail(LAM_ERR_IO,
		"mnist: found no '%s-images-idx3-ubyte', plain or .gz, in '%s', '%s', and "
		"LAMINA_DATA is not set; Debian's package dataset-fashion-mnist or "
		"datasets/fetch-mnist brings some",
		namings[0].split[split], places[0], places[1]);
}

/* Fashion-MNIST's files have the names of MNIST's; only a folder says what they are. */
static lam_status name_fashion(lam_dataset *dataset, const char *path)
{
	static const char *const names[] = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
		"Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"};
	const bool fashion = strstr(path, "fashion") || strstr(path, "Fashion");
	return fashion && lam_dataset_targets(dataset).classes == 10
		? lam_dataset_set_class_names(dataset, names, 10)
		: LAM_OK;
}

/* Checks every label. */
static lam_status check_labels(
	const struct mnist *m, int64_t count, int64_t classes, const char *path)
{
	for (int64_t i = 0; i < count; i++)
		if (m->labels[i] < m->first_label || m->labels[i] - m->first_label >= classes)
			return lam_fail(LAM_ERR_FORMAT,
				"mnist: '%s': label %" PRId64 " is %d, expected %d to %" PRId64,
				lam_path_text(path).text, i, m->labels[i], m->first_label,
				m->first_label + classes - 1);
	return LAM_OK;
}

/* Checks that images and labels fit the memory limit. */
static lam_status check_memory(
	const lam_idx *images, const lam_idx *labels, int64_t features, size_t limit)
{
	const int64_t count = lam_idx_size(images, 0);
	/* No overflow: both terms are at most LAM_MAX_COUNT. */
	uint64_t wanted = (uint64_t)count * (uint64_t)features + (uint64_t)count;
	uint64_t length = lam_idx_file_bytes(images) + lam_idx_file_bytes(labels), most = limit;
	if (!limit && __builtin_mul_overflow(length, (uint64_t)PER_BYTE, &most))
		most = UINT64_MAX - FLOOR;
	most += limit ? 0 : FLOOR;
	return wanted <= most
		? LAM_OK
		: lam_fail(LAM_ERR_MEMORY,
			"mnist: '%s' holds %" PRIu64
			" bytes of pixels and labels in files of %" PRIu64
			"; .memory_limit allows %" PRIu64,
			lam_path_text(lam_idx_path(images)).text, wanted, length, most);
}

/* Opens both files, checks that they agree, then reads the labels, then the images. */
static lam_dataset *load(const struct files *files, int64_t classes, size_t limit)
{
	lam_dataset *dataset = NULL;
	lam_status status = LAM_ERR_FORMAT;
	lam_idx *labels = lam_idx_open(files->labels, 1);
	lam_idx *images = labels ? lam_idx_open(files->images, 3) : NULL;
	if (!images)
		goto done;
	int64_t count = lam_idx_size(images, 0);
	if (lam_idx_size(labels, 0) != count) {
		lam_fail(LAM_ERR_FORMAT,
			"mnist: '%s' has %" PRId64 " images, but '%s' has %" PRId64 " labels",
			lam_path_text(files->images).text, count, lam_path_text(files->labels).text,
			lam_idx_size(labels, 0));
		goto done;
	}
	lam_shape shape = LAM_SHAPE(1, lam_idx_size(images, 1), lam_idx_size(images, 2));
	status = check_memory(images, labels, lam_shape_count(&shape), limit);
	if (status != LAM_OK)
		goto done;
	status = LAM_ERR_FORMAT;
	dataset = lam_dataset_new(&mnist_class, count, shape,
		(lam_target_info){.type = LAM_CLASSES, .classes = classes});
	if (!dataset)
		goto done;
	lam_dataset_set_light(dataset);
	struct mnist *m = lam_dataset_state(dataset);
	m->features = lam_shape_count(&shape);
	m->first_label = files->naming->first_label;
	lam_byte_values_fill(&m->values);
	m->labels = lam_idx_load(labels);
	if (!m->labels)
		goto done;
	status = check_labels(m, count, classes, files->labels);
	if (status == LAM_OK)
		status = lam_dataset_set_source(dataset, files->images);
	if (status == LAM_OK)
		status = name_fashion(dataset, files->images);
	if (status == LAM_OK)
		m->pixels = lam_idx_load(images);
	if (!m->pixels)
		status = LAM_ERR_FORMAT;
done:
	lam_idx_close(images);
	lam_idx_close(labels);
	if (status == LAM_OK)
		return dataset;
	lam_dataset_free(dataset);
	return NULL;
}

lam_dataset *lam_mnist_open_with(const lam_mnist_options *given)
{
	lam_mnist_options taken, *options = &taken;
	if (!lam_take_options("mnist", options, sizeof *options,
		    offsetof(lam_mnist_options, memory_limit), offsetof(lam_mnist_options, named),
		    given))
		return NULL;
	if ((options->split != LAM_SPLIT_TRAIN && options->split != LAM_SPLIT_TEST)
		|| options->classes < 0 || options->classes > 256) {
		lam_fail(LAM_ERR_ARGUMENT,
			"mnist: split %d and %" PRId64
			" classes, expected LAM_SPLIT_TRAIN or LAM_SPLIT_TEST, and 0 (the "
			"usual) to 256",
			(int)options->split, options->classes);
		return NULL;
	}
	if (lam_check_memory_limit("mnist", options->memory_limit))
		return NULL;
	struct files files = {0};
	lam_status status;
	if (options->dir)
		status = find_named(options->dir, "", options->split, &files);
	else
		status = find_anywhere(options->split, &files);
	lam_dataset *dataset = NULL;
	if (status == LAM_OK)
		dataset = load(&files,
			options->classes > 0 ? options->classes : files.naming->classes,
			options->memory_limit);
	lam_free(files.images);
	lam_free(files.labels);
	return dataset;
}
