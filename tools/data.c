/* SPDX-License-Identifier: MIT */
#include "tools/data.h"

#include <lamina-image.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* "3x64x64" */
static lam_shape image_shape(const char *text)
{
	enum { SIDES = 3, MOST_SIDE = 65535 };
	long side[SIDES] = {0};
	const char *at = text;
	bool good = true;
	for (int i = 0; i < SIDES && good; i++) {
		char *end = NULL;
		side[i] = *at >= '0' && *at <= '9' ? strtol(at, &end, 10) : 0;
		good = side[i] >= 1 && side[i] <= MOST_SIDE && *end == (i + 1 < SIDES ? 'x' : 0);
		at = good ? end + 1 : at;
	}
	if (!good || (side[0] != 1 && side[0] != 3))
		misused("--image '%s': expected channels (1 or 3) x height x width, at most %d, as "
			"3x64x64",
			text, MOST_SIDE);
	return LAM_SHAPE(side[0], side[1], side[2]);
}

bool take_data_option(struct data_options *o, int code, const char *text)
{
	static const char *const headers[] = {"guess", "yes", "no", NULL},
				 *const missing[] = {"error", "skip", "mean", NULL};
	switch (code) {
	case 'T':
		o->target = text;
		return true;
	case 'C':
		o->columns = text;
		return true;
	case 'D':
		o->drop = text;
		return true;
	case 'O':
		o->one_hot = text;
		return true;
	case 'V':
		o->values = true;
		return true;
	case 'H':
		o->header = (lam_csv_header)choice("header", text, headers);
		return true;
	case 'M':
		o->missing = (lam_csv_missing)choice("missing", text, missing);
		return true;
	case 'S':
		if (strlen(text) != 1)
			misused("--separator '%s': expected one character", text);
		o->separator = *text;
		return true;
	case 'I':
		o->image = image_shape(text);
		return true;
	case 'B':
		o->skip_broken = true;
		return true;
	case 'K':
		o->skip = (int)whole("skip", text, 0, 1000000);
		return true;
	default:
		return false;
	}
}

static bool ends(const char *text, const char *ending)
{
	const size_t a = strlen(text), b = strlen(ending);
	return a >= b && strcasecmp(text + a - b, ending) == 0;
}

bool is_image(const char *name)
{
	static const char *const endings[] = {".png", ".jpg", ".jpeg", ".jpe", ".jfif"};
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
		if (ends(name, endings[i]))
			return true;
	return false;
}

bool is_table(const char *name)
{
	return ends(name, ".csv") || ends(name, ".tsv") || ends(name, ".txt");
}

static bool is_folder(const char *name)
{
	struct stat found;
	return stat(name, &found) == 0 && S_ISDIR(found.st_mode);
}

static lam_dataset *open_table(const char *path, const struct data_options *o, bool targets)
{
	if (o->like)
		return lam_dataset_csv(path, .like = o->like, .missing = o->missing,
			.header = o->header, .separator = o->separator, .skip = o->skip,
			.no_target = !targets);
	return lam_dataset_csv(path, .target = targets ? o->target : NULL,
		.values = targets && o->values, .no_target = !targets, .columns = o->columns,
		.drop = o->drop, .one_hot = o->one_hot, .missing = o->missing, .header = o->header,
		.separator = o->separator, .skip = o->skip);
}

/* "x.npy,t.npy", or "x.npy" alone. */
static lam_dataset *open_npy(const char *names)
{
	char *x = strdup(names), *comma = x ? strstr(x, ".npy,") : NULL;
	lam_dataset *dataset = NULL;
	if (comma)
		comma[4] = 0;
	if (x)
		dataset = lam_dataset_npy(x, comma ? comma + 5 : NULL);
	free(x);
	return dataset;
}

/* Whether images can have the size that is wanted; if not, lam_error() says what `name` is. */
static bool fits_images(const char *name, const char *what, const struct data_options *o)
{
	if (o->image.rank == 3 && (o->image.dim[0] == 1 || o->image.dim[0] == 3))
		return true;
	lam_fail(LAM_ERR_SHAPE,
		"%s: is %s; the net expects samples of %s, not of 1 or 3 x height x width", name,
		what, lam_shape_text(o->image).text);
	return false;
}

/* A folder of images: with targets, one that has a folder for each class. */
static lam_dataset *open_images(const char *name, const struct data_options *o, bool targets)
{
	const char *first;
	if (!o->like && !fits_images(name, "a folder of images", o))
		return NULL;
	lam_dataset *dataset = lam_dataset_images(name,
		.shape = o->like ? (lam_shape){0} : o->image, .like = o->like,
		.skip_broken = o->skip_broken, .no_target = !targets);
	const int64_t skipped = lam_dataset_images_skipped(dataset, &first);
	if (skipped)
		note("%" PRId64 " file%s of '%s' left out; the first one: %s", skipped,
			skipped == 1 ? "" : "s", name, first);
	return dataset;
}

static lam_status image_read(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	const lam_shape shape = lam_dataset_shape(self);
	(void)index;
	(void)target;
	return lam_image_read(lam_dataset_source(self), shape, x);
}

static const lam_dataset_class image_class = {
	LAM_DATASET_ABI,
	.kind = "image",
	.read = image_read,
};

/* One image, read when it is asked for. */
static lam_dataset *open_image(const char *name, const struct data_options *o)
{
	if (!o->image.rank) {
		lam_fail(LAM_ERR_ARGUMENT, "%s: of which size? --image 3x64x64 says it", name);
		return NULL;
	}
	if (!fits_images(name, "an image", o))
		return NULL;
	lam_dataset *dataset = lam_dataset_new(
		&image_class, 1, o->image, (lam_target_info){.type = LAM_INPUT});
	if (dataset && lam_dataset_set_source(dataset, name)) {
		lam_dataset_free(dataset);
		return NULL;
	}
	return dataset;
}

/* A folder, by the files that it has. */
static lam_dataset *open_folder(
	const char *name, lam_split split, const struct data_options *o, bool targets)
{
	lam_dataset *dataset = lam_mnist_open(name, split);
	if (!dataset && lam_error_status() == LAM_ERR_IO)
		dataset = lam_cifar10_open(name, split);
	if (dataset || lam_error_status() != LAM_ERR_IO)
		return dataset;
	if (o->image.rank || o->like)
		return open_images(name, o, targets);
	lam_fail(LAM_ERR_IO,
		"'%s' has neither IDX files of MNIST nor those of CIFAR-10; of a folder of images, "
		"say their size: --image 3x64x64",
		name);
	return NULL;
}

/* The folder behind "mnist:"; NULL if there is none. */
static const char *folder_of(const char *name, const char *kind)
{
	const size_t length = strlen(kind);
	return name[length] == ':' ? name + length + 1 : NULL;
}

static bool names_set(const char *name, const char *kind)
{
	const size_t length = strlen(kind);
	return strncmp(name, kind, length) == 0 && (!name[length] || name[length] == ':');
}

lam_dataset *open_data(
	const char *name, lam_split split, const struct data_options *options, bool targets)
{
	lam_dataset *dataset;
	if (names_set(name, "mnist"))
		dataset = lam_mnist_open(folder_of(name, "mnist"), split);
	else if (names_set(name, "cifar10"))
		dataset = lam_cifar10_open(folder_of(name, "cifar10"), split);
	else if (is_folder(name))
		dataset = open_folder(name, split, options, targets);
	else if (strstr(name, ".npy"))
		dataset = open_npy(name);
	else if (is_image(name))
		dataset = open_image(name, options);
	else if (is_table(name))
		dataset = open_table(name, options, targets);
	else {
		failed("'%s' is no data that is known by its name; expected mnist, cifar10, a "
		       "folder, FILE.csv, or X.npy,T.npy",
			name);
		return NULL;
	}
	if (!dataset)
		failed("%s", lam_error());
	return dataset;
}
