/* SPDX-License-Identifier: MIT */
/* A data set from a folder of images. */
#include "exchange/images/lamina-image.h"
#include "exchange/images/load.h"

#include "framework/base/options.h"
#include "framework/base/shown.h"
#include "framework/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct images {
	lam_image_list list;
	uint8_t *samples; /* [count][features] */
	int32_t *labels;  /* [count]; NULL: there are no classes */
	int64_t features, skipped;
	char first[LAM_IMAGE_SENTENCE]; /* about the first file that was left out */
	lam_real values[UINT8_MAX + 1];
};

static void fill_values(lam_real *values)
{
	for (int i = 0; i <= UINT8_MAX; i++)
		values[i] = (lam_real)i / UINT8_MAX;
}

static lam_status images_read(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	const struct images *s = lam_dataset_state(self);
	const uint8_t *from = s->samples + index * s->features;
	for (int64_t i = 0; i < s->features; i++)
		x[i] = s->values[from[i]];
	if (target && s->labels)
		memcpy(target, s->labels + index, sizeof *s->labels);
	return LAM_OK;
}

static void free_state(struct images *s)
{
	lam_image_list_free(&s->list);
	lam_free(s->samples);
	lam_free(s->labels);
}

static void images_destroy(lam_dataset *self)
{
	free_state(lam_dataset_state(self));
}

static const lam_dataset_class images_class = {
	LAM_DATASET_ABI,
	.kind = "images",
	.state_size = sizeof(struct images),
	.read = images_read,
	.destroy = images_destroy,
};

/* The class of each name of the list; without `like` its index. */
static lam_status find_class(
	const lam_dataset_images_options *o, const struct images *s, int64_t name, int32_t *label)
{
	const char *text = s->list.classes.list[name];
	*label = (int32_t)name;
	if (!o->like)
		return LAM_OK;
	const int64_t classes = lam_dataset_targets(o->like).classes;
	for (int32_t i = 0; i < classes; i++) {
		*label = i;
		if (strcmp(lam_dataset_class_name(o->like, i), text) == 0)
			return LAM_OK;
	}
	return lam_fail(LAM_ERR_FORMAT, "%s: has the class \"%s\", which .like has not",
		lam_show_end(o->folder).text, lam_show(text).text);
}

static lam_status make_labels(const lam_dataset_images_options *o, struct images *s)
{
	s->labels = lam_alloc_blank((size_t)s->list.files.count, sizeof *s->labels);
	if (!s->labels)
		return LAM_ERR_MEMORY;
	int64_t file = 0;
	for (int64_t i = 0; i < s->list.classes.count; i++) {
		int32_t label;
		lam_status status = find_class(o, s, i, &label);
		if (status)
			return status;
		if (file == s->list.ends[i])
			return lam_fail(LAM_ERR_FORMAT,
				"%s: the folder of class \"%s\" has no image (.png, .jpg, .jpeg)",
				lam_show_end(o->folder).text,
				lam_show(s->list.classes.list[i]).text);
		for (; file < s->list.ends[i]; file++)
			s->labels[file] = label;
	}
	return LAM_OK;
}

/* Closes the gaps of files that were left out. */
static void leave_out(struct images *s, const bool *broken)
{
	int64_t to = 0;
	for (int64_t i = 0; i < s->list.files.count; i++) {
		if (broken[i])
			continue;
		if (to < i) {
			memcpy(s->samples + to * s->features, s->samples + i * s->features,
				(size_t)s->features);
			if (s->labels)
				s->labels[to] = s->labels[i];
			s->list.files.list[to] = s->list.files.list[i];
		}
		to++;
	}
	s->list.files.count = to;
}

static lam_status load_files(
	const lam_dataset_images_options *o, const lam_sample_size *size, struct images *s)
{
	const int64_t count = s->list.files.count;
	size_t bytes;
	if (!lam_size_multiply((size_t)count, (size_t)s->features, &bytes)
		|| (o->memory_limit && bytes > o->memory_limit))
		return lam_fail(LAM_ERR_MEMORY,
			"%s: %" PRId64 " images of %s take more than .memory_limit, %zu bytes",
			lam_show_end(o->folder).text, count, lam_shape_text(o->shape).text,
			o->memory_limit ? o->memory_limit : SIZE_MAX / 2);
	lam_image_load load = {.files = &s->list.files,
		.size = *size,
		.features = s->features,
		.pixel_limit = o->pixel_limit ? o->pixel_limit : LAM_IMAGE_PIXELS,
		.skip_broken = o->skip_broken,
		.samples = lam_alloc_blank((size_t)count, (size_t)s->features),
		.broken = lam_alloc((size_t)count, sizeof(bool))};
	s->samples = load.samples;
	lam_status status = load.samples && load.broken ? lam_image_load_all(&load)
							: LAM_ERR_MEMORY;
	if (!status && load.skipped == count)
		status = lam_fail(LAM_ERR_FORMAT, "%s: none of its %" PRId64 " images is whole; %s",
			lam_show_end(o->folder).text, count, load.sentence);
	if (!status && load.skipped) {
		s->skipped = load.skipped;
		memcpy(s->first, load.sentence, sizeof s->first);
		leave_out(s, load.broken);
	}
	lam_free(load.broken);
	return status;
}

static lam_status check_options(lam_dataset_images_options *o, lam_sample_size *size)
{
	if (!o->folder)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_dataset_images: the folder is NULL");
	if (o->pixel_limit < 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_dataset_images: .pixel_limit is %" PRId64
			"; expected a number of pixels",
			o->pixel_limit);
	lam_status status = lam_check_memory_limit("lam_dataset_images", o->memory_limit);
	if (status)
		return status;
	if (o->like && lam_dataset_class_of(o->like) != &images_class)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_dataset_images: .like is a data set \"%s\"; expected one that "
			"lam_dataset_images() made",
			lam_show(lam_dataset_class_of(o->like)->kind).text);
	if (o->like && o->shape.rank)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_dataset_images: .shape beside .like, which says that already");
	if (o->like && !o->no_target && lam_dataset_targets(o->like).type != LAM_CLASSES)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_dataset_images: .like has no classes; expected .no_target beside it");
	if (o->like)
		o->shape = lam_dataset_shape(o->like);
	return lam_sample_size_of("lam_dataset_images", &o->shape, size);
}

/* Gives the classes their names: those of `like`, or of the folders. */
static lam_status name_classes(
	lam_dataset *dataset, const lam_dataset_images_options *o, const struct images *s)
{
	const int64_t count = lam_dataset_targets(dataset).classes;
	if (o->no_target)
		return LAM_OK;
	if (!o->like) {
		lam_status status = lam_dataset_set_class_names(
			dataset, s->list.classes.list, count);
		return status != LAM_ERR_ARGUMENT
			? status
			: lam_fail(LAM_ERR_FORMAT, "%s: the names of its folders: %s",
				lam_show_end(o->folder).text, lam_error());
	}
	const char **names = lam_alloc((size_t)count, sizeof *names);
	for (int64_t i = 0; i < count && names; i++)
		names[i] = lam_dataset_class_name(o->like, i);
	lam_status status = names ? lam_dataset_set_class_names(dataset, names, count)
				  : LAM_ERR_MEMORY;
	lam_free(names);
	return status;
}

static lam_dataset *make(const lam_dataset_images_options *o, struct images *s)
{
	lam_target_info targets = {.type = LAM_INPUT};
	if (!o->no_target)
		targets = (lam_target_info){.type = LAM_CLASSES,
			.classes = o->like ? lam_dataset_targets(o->like).classes
					   : s->list.classes.count};
	lam_dataset *dataset = lam_dataset_new(
		&images_class, s->list.files.count, o->shape, targets);
	if (!dataset)
		return NULL;
	if (lam_dataset_set_source(dataset, o->folder) || name_classes(dataset, o, s)) {
		lam_dataset_free(dataset);
		return NULL;
	}
	fill_values(s->values);
	*(struct images *)lam_dataset_state(dataset) = *s;
	*s = (struct images){0};
	lam_dataset_set_light(dataset);
	return dataset;
}

lam_dataset *lam_dataset_images_with(const lam_dataset_images_options *given)
{
	lam_dataset_images_options o;
	lam_sample_size size;
	struct images s = {0};
	if (!lam_take_options("lam_dataset_images", &o, sizeof o,
		    offsetof(lam_dataset_images_options, memory_limit) + sizeof o.memory_limit,
		    offsetof(lam_dataset_images_options, named), given)
		|| check_options(&o, &size))
		return NULL;
	s.features = lam_shape_count(&o.shape);
	lam_dataset *dataset = NULL;
	if (lam_image_list_find(&s.list, o.folder, !o.no_target) == LAM_OK
		&& (o.no_target || make_labels(&o, &s) == LAM_OK)
		&& load_files(&o, &size, &s) == LAM_OK)
		dataset = make(&o, &s);
	free_state(&s);
	return dataset;
}

static const struct images *state_of(const lam_dataset *dataset)
{
	return dataset && lam_dataset_class_of(dataset) == &images_class
		? lam_dataset_state(dataset)
		: NULL;
}

int64_t lam_dataset_images_skipped(const lam_dataset *dataset, const char **first)
{
	const struct images *s = state_of(dataset);
	if (first)
		*first = s && s->skipped ? s->first : NULL;
	return s ? s->skipped : 0;
}

const char *lam_dataset_image_path(const lam_dataset *dataset, int64_t index)
{
	const struct images *s = state_of(dataset);
	return s && index >= 0 && index < s->list.files.count ? s->list.files.list[index] : NULL;
}
