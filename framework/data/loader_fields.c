/* SPDX-License-Identifier: MIT */
/* Reads samples, field by field: into rows, moved and checked, and on into lanes. */
#include "framework/data/loader_fields.h"

#include "framework/kernels/kernels.h"
#include "framework/kernels/sizes.h"
#include "framework/memory.h"
#include "framework/net/query.h"

#include <float.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Checks that the targets of a sample are in the loss's range. */
static lam_status check_range(
	const lam_loaded *loaded, int i, int64_t index, const lam_real *values)
{
	const lam_loaded_field *f = &loaded->fields[i];
	const int64_t at = lam_first_outside(values, f->values, f->range.least, f->range.most);
	if (at < 0)
		return LAM_OK;
	if (f->field->weighs)
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: the weight of sample %" PRId64
			" is %s; expected a finite number, at least 0",
			lam_field_describe(loaded->dataset, i).text, index,
			lam_real_text(values[at]).text);
	char file[700] = "";
	const lam_target_numbers *numbers = lam_dataset_numbers(loaded->dataset);
	const bool byte = values[at] == 255 && f->range.least == 0 && f->range.most == 1;
	if (numbers)
		snprintf(file, sizeof file, " (%s%s)", numbers->text,
			byte ? "; t / 255 of bytes is in that range" : "");
	return lam_fail(LAM_ERR_ARGUMENT,
		"%s: the target of sample %" PRId64 " is %s (value %" PRId64
		"); the loss expected %s%s",
		lam_field_describe(loaded->dataset, i).text, index, lam_real_text(values[at]).text,
		at, f->range.text, file);
}

/* Checks that the loss knows the `count` classes of a sample. */
static lam_status check_classes(
	const lam_loaded *loaded, int i, int64_t index, const int32_t *found, int64_t count)
{
	const lam_loaded_field *f = &loaded->fields[i];
	const int64_t at = lam_first_bad_class(
		found, count, f->wanted.classes, lam_target_ignored(&f->wanted));
	if (at < 0)
		return LAM_OK;
	const lam_class_words words = lam_class_describe(&f->wanted, at);
	return lam_fail(LAM_ERR_ARGUMENT,
		"%s: sample %" PRId64 "%s has class %" PRId32 "; the loss expected 0 to %" PRId64
		"%s",
		lam_field_describe(loaded->dataset, i).text, index, words.place, found[at],
		f->wanted.classes - 1, words.ignored);
}

/* In place of a slot: the rows of samples that are to be mixed. */
enum { OTHER = 2 };

static unsigned char *row_of(const lam_loaded_field *f, int slot, int64_t row)
{
	if (slot == OTHER)
		return f->other + (size_t)(row / LAM_LANES) * f->bytes;
	return f->rows[slot] + (size_t)row * f->bytes;
}

/* Where a field's values lie when they have their type and before they are moved. */
static void *unmoved_of(const lam_loaded_field *f, int slot, int64_t row)
{
	return f->unmoved ? f->unmoved + (size_t)(row / LAM_LANES) * f->read_bytes
			  : row_of(f, slot, row);
}

static void *raw_of(const lam_loaded_field *f, int slot, int64_t row)
{
	return f->raw ? f->raw + row / LAM_LANES * f->read_values : unmoved_of(f, slot, row);
}

/* Converts, checks and moves what was read of a field. */
static lam_status take_field(
	const lam_loaded *loaded, int i, int slot, int64_t row, int64_t index, const lam_move *move)
{
	const lam_loaded_field *f = &loaded->fields[i];
	if (f->field->same >= 0)
		return LAM_OK;
	void *unmoved = unmoved_of(f, slot, row);
	if (f->raw)
		lam_numbers_convert(unmoved, f->raw + row / LAM_LANES * f->read_values,
			f->info.type, f->read_values);
	if (f->wanted.classes > 0) {
		lam_status status = check_classes(loaded, i, index, unmoved, f->read_values);
		if (status)
			return status;
	}
	if (f->unmoved)
		lam_augment_apply(row_of(f, slot, row), unmoved, &f->planes, *move);
	return LAM_OK;
}

/* Calls .function, and checks the classes that it may have changed. */
static lam_status call(const lam_loaded *loaded, int slot, int64_t row, const lam_drawn *sample)
{
	void **rows = loaded->to + row / LAM_LANES * loaded->count;
	for (int i = 0; i < loaded->count; i++) {
		const int same = loaded->fields[i].field->same;
		rows[i] = row_of(&loaded->fields[same < 0 ? i : same], slot, row);
	}
	lam_status status = lam_loaded_call(loaded, rows, sample);
	for (int i = 0; i < loaded->count && !status; i++) {
		const lam_loaded_field *f = &loaded->fields[i];
		if (f->wanted.classes > 0)
			status = check_classes(loaded, i, sample->index, rows[i], f->values);
	}
	return status;
}

/* What is done to this sample in this epoch. */
static lam_move move_of(const lam_loaded *loaded, const lam_drawn *sample)
{
	if (!loaded->moving)
		return (lam_move){0};
	if (loaded->evaluation)
		return lam_augment_centre(loaded->moving);
	return lam_augment_move(
		loaded->augment, loaded->moving, sample->seed, sample->epoch, sample->index);
}

static lam_status read_one(const lam_loaded *loaded, int slot, int64_t row, const lam_drawn *sample)
{
	const lam_move move = move_of(loaded, sample);
	void **to = loaded->to + row / LAM_LANES * loaded->count;
	for (int i = 0; i < loaded->count; i++) {
		const lam_loaded_field *f = &loaded->fields[i];
		to[i] = f->field->same < 0 ? raw_of(f, slot, row) : NULL;
	}
	lam_status status = lam_dataset_read_fields(loaded->dataset, sample->index, to);
	for (int i = 0; i < loaded->count && !status; i++)
		status = take_field(loaded, i, slot, row, sample->index, &move);
	if (!status && loaded->augment->function)
		status = call(loaded, slot, row, sample);
	for (int i = 0; i < loaded->count && !status; i++) {
		const lam_loaded_field *f = &loaded->fields[i];
		const int same = f->field->same;
		if (!f->range.any)
			status = check_range(loaded, i, sample->index,
				(const lam_real *)(const void *)row_of(
					&loaded->fields[same < 0 ? i : same], slot, row));
	}
	return status;
}

lam_status lam_loaded_read(const lam_loaded *loaded, int slot, int64_t row, const lam_drawn *sample)
{
	lam_status status = read_one(loaded, slot, row, sample);
	if (status || !loaded->share[slot])
		return status;
	const lam_mixture mixture = lam_mixup_draw(loaded->augment->mixup, sample, loaded->samples);
	lam_drawn other = *sample;
	other.index = sample->index / loaded->samples * loaded->samples + mixture.other;
	status = read_one(loaded, OTHER, row, &other);
	if (!status)
		lam_loaded_mix(loaded, slot, row, mixture.share);
	return status;
}

void lam_loaded_to_lanes(const lam_loaded *loaded, int slot, int64_t begin, int64_t end)
{
	for (int i = 0; i < loaded->count; i++) {
		const lam_loaded_field *f = &loaded->fields[i];
		if (f->lanes[slot])
			lam_kernel()->transpose.rows_to_block(f->lanes[slot] + begin * f->values,
				(const lam_real *)(const void *)row_of(f, slot, begin),
				(size_t)f->values, (size_t)f->values, (int)(end - begin));
	}
}

/* What the loss that reads a field wants of it. */
static void ask_loss(lam_loaded_field *f, const lam_dataset *dataset, int i, const lam_net *net)
{
	for (int loss = 0; loss < lam_net_loss_count(net); loss++) {
		if (lam_dataset_field_for(dataset, lam_net_loss_name(net, loss), true) != i)
			continue;
		const lam_target_info wanted = lam_net_target_info(net, loss);
		f->info = lam_dataset_targets_for(dataset, i, &wanted);
		if (f->info.type != LAM_CLASSES)
			f->range = lam_target_range_of(&wanted);
		else if (wanted.type == LAM_CLASSES)
			f->wanted = wanted;
		return;
	}
}

/* The planes of an input that moves as the first one does. */
static lam_status plan_input(lam_loaded *loaded, int i, int first)
{
	lam_loaded_field *f = &loaded->fields[i];
	const lam_loaded_field *other = &loaded->fields[first];
	lam_status status = lam_augment_samples(loaded->augment, &f->field->info.shape, &f->planes);
	if (status
		|| (f->planes.height == other->planes.height
			&& f->planes.width == other->planes.width))
		return status;
	return lam_fail(LAM_ERR_SHAPE,
		"augment: \"%.100s\" has the shape %s and \"%.100s\" %s; expected planes of one "
		"size, or .still",
		other->field->name, lam_shape_text(other->field->info.shape).text, f->field->name,
		lam_shape_text(f->field->info.shape).text);
}

static lam_status plan_augment(lam_loaded *loaded)
{
	const int first = lam_augment_first(loaded->dataset);
	if (first < 0)
		return lam_fail(LAM_ERR_SHAPE,
			"augment: none of the inputs moves; expected a signal [channels, length] "
			"or an image [channels, height, width]");
	lam_status status = LAM_OK;
	for (int i = first; i < loaded->count && !status; i++)
		if (lam_augment_moves_input(loaded->dataset, i))
			status = plan_input(loaded, i, first);
	for (int i = 0; i < loaded->count && !status; i++) {
		lam_loaded_field *f = &loaded->fields[i];
		if (f->field->target && !f->field->still)
			status = lam_augment_targets(loaded->augment,
				&loaded->fields[first].field->info.shape, &f->info,
				lam_target_ignored(&f->wanted), &f->planes);
	}
	loaded->moving = &loaded->fields[first].planes;
	return status;
}

/* The sizes of a field, as it is read and as it is handed on. */
static void measure(lam_loaded *loaded, int i)
{
	lam_loaded_field *f = &loaded->fields[i];
	const size_t item = f->info.type == LAM_CLASSES ? sizeof(int32_t) : sizeof(lam_real);
	const lam_shape whole = f->info.shape;
	f->read_values = lam_target_values(&f->info);
	f->info.shape = lam_augment_shape(loaded->augment, loaded->dataset, i, &f->info);
	f->values = lam_target_values(&f->info);
	if (f->values != f->read_values)
		f->wanted.shape = whole; /* classes are checked before the crop */
	if (f->field->same >= 0)
		return;
	f->bytes = (size_t)f->values * item;
	f->read_bytes = (size_t)f->read_values * item;
}

lam_status lam_loaded_make(lam_loaded *loaded, const lam_dataset *dataset,
	const lam_augment *augment, bool evaluation, const lam_net *net)
{
	loaded->dataset = dataset;
	loaded->augment = augment;
	loaded->evaluation = evaluation;
	loaded->count = lam_dataset_field_count(dataset);
	loaded->samples = lam_dataset_count(dataset);
	loaded->first_input = loaded->first_target = -1;
	loaded->fields = lam_alloc((size_t)loaded->count, sizeof *loaded->fields);
	if (!loaded->fields)
		return LAM_ERR_MEMORY;
	for (int i = 0; i < loaded->count; i++) {
		lam_loaded_field *f = &loaded->fields[i];
		f->field = lam_dataset_field_at(dataset, i);
		f->info = f->field->info;
		f->range.any = true;
		int *first = f->field->target ? &loaded->first_target : &loaded->first_input;
		if (f->field->weighs)
			f->range = (lam_target_range){.most = (lam_real)FLT_MAX};
		else
			*first = *first < 0 ? i : *first;
		if (net && f->field->target)
			ask_loss(f, dataset, i, net);
		else if (augment->mixup > 0 && f->info.type == LAM_CLASSES)
			f->wanted = f->info; /* classes become places of soft targets */
	}
	lam_status status = lam_augment_check(augment);
	if (!status)
		status = lam_mixup_check(loaded, net);
	if (!status && lam_augment_moves(augment))
		status = plan_augment(loaded);
	for (int i = 0; i < loaded->count && !status; i++)
		measure(loaded, i);
	return status ? status : lam_loaded_show(loaded);
}

static bool allocate(unsigned char **at, int64_t rows, size_t bytes)
{
	size_t all;
	if (lam_size_multiply((size_t)rows, bytes, &all))
		return (*at = lam_alloc(all, 1)) != NULL;
	lam_fail(LAM_ERR_MEMORY, "out of memory: %" PRId64 " x %zu bytes of a batch", rows, bytes);
	return false;
}

/* Whether a field's rows stay while the next are read: targets, weights, and inputs that are
 * targets. */
static bool kept(const lam_loaded *loaded, int field, bool lanes)
{
	bool is_target = !lam_field_is_input(loaded->fields[field].field);
	for (int i = 0; i < loaded->count && lanes; i++)
		is_target |= loaded->fields[i].field->same == field;
	return is_target;
}

bool lam_loaded_allocate(lam_loaded *loaded, int64_t batch, bool lanes, bool net)
{
	const int64_t blocks = lane_blocks(batch);
	if (!(loaded->to = lam_alloc((size_t)(blocks * loaded->count), sizeof *loaded->to)))
		return false;
	for (int i = 0; i < loaded->count; i++) {
		lam_loaded_field *f = &loaded->fields[i];
		unsigned char *lane;
		if (f->field->same >= 0)
			continue;
		if (f->planes.planes && !allocate(&f->unmoved, blocks, f->read_bytes))
			return false;
		if (f->info.type != f->field->info.type) {
			if (!allocate(&lane, blocks, (size_t)f->read_values * sizeof(lam_real)))
				return false;
			f->raw = (lam_real *)(void *)lane;
		}
		if (!allocate(&f->rows[0], batch, f->bytes))
			return false;
		f->rows[1] = f->rows[0];
		if (kept(loaded, i, lanes) && !allocate(&f->rows[1], batch, f->bytes)) {
			f->rows[1] = f->rows[0];
			return false;
		}
		for (int slot = 0; slot < 2 && lanes && lam_field_is_input(f->field); slot++) {
			if (!allocate(&lane, blocks * LAM_LANES, f->bytes))
				return false;
			f->lanes[slot] = (lam_real *)(void *)lane;
		}
	}
	return lam_mixup_allocate(loaded, batch, net);
}

void lam_loaded_free(lam_loaded *loaded)
{
	for (int i = 0; loaded->fields && i < loaded->count; i++) {
		lam_loaded_field *f = &loaded->fields[i];
		if (f->rows[1] != f->rows[0])
			lam_free(f->rows[1]);
		lam_free(f->rows[0]);
		lam_free(f->lanes[0]);
		lam_free(f->lanes[1]);
		lam_free(f->unmoved);
		lam_free(f->raw);
	}
	lam_mixup_free(loaded);
	lam_free(loaded->shown);
	lam_free(loaded->fields);
	lam_free(loaded->to);
}
