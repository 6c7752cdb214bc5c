/* SPDX-License-Identifier: MIT */
/* CIFAR-10: files of records, each a class and 3 x 32 x 32 bytes. Pixels stay bytes in memory and
 * are converted when a sample is read: x = pixel / 255. */
#include "datasets/cifar10.h"
#include "datasets/bytes.h"

#include "framework/base/options.h"
#include "framework/data/inside.h"
#include "framework/files/file.h"
#include "framework/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CLASSES = 10, CHANNELS = 3, SIDE = 32, PIXELS = CHANNELS * SIDE * SIDE };
enum { RECORD = 1 + PIXELS, MOST_FILES = 5 };

static const char folder_name[] = "cifar-10-batches-bin"; /* in the official archive */

static const char *const class_names[CLASSES] = {
	"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};

static const struct part {
	int files;
	const char *names[MOST_FILES];
} parts[] = {
	[LAM_SPLIT_TRAIN] = {5,
		{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
			"data_batch_5.bin"}},
	[LAM_SPLIT_TEST] = {1, {"test_batch.bin"}},
};

struct cifar10 {
	uint8_t *records; /* [count][RECORD] */
	lam_byte_values values;
};

static lam_status cifar10_read(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	const struct cifar10 *c = lam_dataset_state(self);
	const uint8_t *record = c->records + index * RECORD;
	lam_bytes_to_real(&c->values, record + 1, PIXELS, x);
	if (target) {
		const int32_t label = record[0];
		memcpy(target, &label, sizeof label);
	}
	return LAM_OK;
}

static void cifar10_destroy(lam_dataset *self)
{
	struct cifar10 *c = lam_dataset_state(self);
	lam_free(c->records);
}

static const lam_dataset_class cifar10_class = {
	LAM_DATASET_ABI,
	.kind = "cifar10",
	.state_size = sizeof(struct cifar10),
	.read = cifar10_read,
	.destroy = cifar10_destroy,
};

typedef struct path_text {
	char text[4096];
} path_text;

/* The path of a file of the set, which may lie in a folder of its own. False: it is too long. */
static bool path_of(const char *dir, bool own_folder, const char *name, path_text *path)
{
	const int length = snprintf(path->text, sizeof path->text, "%s%s%s/%s", dir,
		own_folder ? "/" : "", own_folder ? folder_name : "", name);
	return length < (int)sizeof path->text;
}

/* Whether a folder has the first file of the part, itself or in a folder of the archive's name. */
static bool has_part(const char *dir, const struct part *part, bool *own_folder)
{
	for (int own = 0; own < 2; own++) {
		path_text path;
		struct stat found;
		*own_folder = own;
		if (path_of(dir, own, part->names[0], &path) && stat(path.text, &found) == 0
			&& !S_ISDIR(found.st_mode))
			return true;
	}
	return false;
}

/* The folder: the one that is named, or the first of the usual ones that has the files. */
static const char *find_folder(const char *named, const struct part *part, bool *own_folder)
{
	const char *variable = getenv("LAMINA_DATA"), *by = "";
	if (!named && variable && *variable) {
		named = variable;
		by = ", which LAMINA_DATA names";
	}
	const char *dir = named ? named : "datasets";
	if (has_part(dir, part, own_folder))
		return dir;
	if (named)
		lam_fail(LAM_ERR_IO, "cifar10: no '%s' in '%s', nor in '%s' there%s",
			part->names[0], lam_path_text(named).text, folder_name, by);
	else
		lam_fail(LAM_ERR_IO,
			"cifar10: found no '%s' in '%s', nor in '%s' there, and LAMINA_DATA is not "
			"set; datasets/fetch-cifar10 brings it",
			part->names[0], dir, folder_name);
	return NULL;
}

lam_status lam_cifar10_append(const char *path, uint8_t **records, int64_t *count, uint64_t limit)
{
	lam_file_reader *file = lam_file_open(path);
	if (!file)
		return lam_error_status();
	const uint64_t bytes = lam_file_size(file), held = (uint64_t)*count * RECORD;
	lam_status status = LAM_OK;
	if (bytes == 0 || bytes % RECORD != 0)
		status = lam_fail(LAM_ERR_FORMAT,
			"cifar10: '%s' has %" PRIu64 " bytes; expected a multiple of %d, 1 for "
			"the class and %d for the pixels",
			lam_path_text(path).text, bytes, RECORD, PIXELS);
	else if (bytes > limit || held > limit - bytes)
		status = lam_fail(LAM_ERR_MEMORY,
			"cifar10: '%s' holds %" PRIu64 " bytes, behind %" PRIu64
			"; .memory_limit allows %" PRIu64,
			lam_path_text(path).text, bytes, held, limit);
	uint8_t *grown = status ? NULL : lam_grow(*records, held, held + bytes, 1);
	if (!status && !grown)
		status = LAM_ERR_MEMORY;
	if (grown) {
		*records = grown;
		status = lam_file_read(file, 0, grown + held, (size_t)bytes);
	}
	for (uint64_t i = 0; i < bytes / RECORD && !status; i++)
		if (grown[held + i * RECORD] >= CLASSES)
			status = lam_fail(LAM_ERR_FORMAT,
				"cifar10: '%s': record %" PRIu64 " has class %d; expected 0 to %d",
				lam_path_text(path).text, i, grown[held + i * RECORD], CLASSES - 1);
	*count += status ? 0 : (int64_t)(bytes / RECORD);
	lam_file_close(file);
	return status;
}

/* Reads all files of a part; `first` becomes the path of the first one. */
static lam_status load(
	const lam_cifar10_options *o, path_text *first, uint8_t **records, int64_t *count)
{
	const struct part *part = &parts[o->split];
	bool own_folder;
	const char *dir = find_folder(o->dir, part, &own_folder);
	lam_status status = dir ? LAM_OK : LAM_ERR_IO;
	for (int i = 0; i < part->files && !status; i++) {
		path_text path;
		if (!path_of(dir, own_folder, part->names[i], &path))
			return lam_fail(LAM_ERR_IO, "cifar10: the path of '%s' is too long",
				part->names[i]);
		if (i == 0)
			*first = path;
		status = lam_cifar10_append(
			path.text, records, count, o->memory_limit ? o->memory_limit : UINT64_MAX);
	}
	return status;
}

/* Takes over the records. */
static lam_dataset *make(uint8_t *records, int64_t count, const char *source)
{
	lam_dataset *dataset = lam_dataset_new(&cifar10_class, count,
		LAM_SHAPE(CHANNELS, SIDE, SIDE),
		(lam_target_info){.type = LAM_CLASSES, .classes = CLASSES});
	if (!dataset) {
		lam_free(records);
		return NULL;
	}
	struct cifar10 *c = lam_dataset_state(dataset);
	c->records = records;
	lam_byte_values_fill(&c->values);
	lam_dataset_set_light(dataset);
	if (lam_dataset_set_source(dataset, source) == LAM_OK
		&& lam_dataset_set_class_names(dataset, class_names, CLASSES) == LAM_OK)
		return dataset;
	lam_dataset_free(dataset);
	return NULL;
}

lam_dataset *lam_cifar10_open_with(const lam_cifar10_options *given)
{
	lam_cifar10_options options;
	if (!lam_take_options("cifar10", &options, sizeof options,
		    offsetof(lam_cifar10_options, memory_limit),
		    offsetof(lam_cifar10_options, named), given)
		|| lam_check_memory_limit("cifar10", options.memory_limit))
		return NULL;
	if (options.split != LAM_SPLIT_TRAIN && options.split != LAM_SPLIT_TEST) {
		lam_fail(LAM_ERR_ARGUMENT, "cifar10: the split is %d; expected a lam_split",
			(int)options.split);
		return NULL;
	}
	uint8_t *records = NULL;
	int64_t count = 0;
	path_text first;
	if (load(&options, &first, &records, &count) == LAM_OK)
		return make(records, count, first.text);
	lam_free(records);
	return NULL;
}
