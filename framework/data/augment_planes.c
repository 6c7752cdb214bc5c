/* SPDX-License-Identifier: MIT */
/* What augmentation moves: checks its options, and finds the planes of samples and targets. */
#include "framework/data/augment.h"

#include "framework/data/fields.h"
#include "framework/net/targets.h"

#include <inttypes.h>

bool lam_augment_moves(const lam_augment *augment)
{
	return augment->shift != 0 || augment->flip || augment->crop[0] || augment->crop[1]
		|| augment->cutout != 0;
}

lam_status lam_augment_check(const lam_augment *augment)
{
	if (augment->reflect && augment->shift == 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"augment: .reflect without .shift; expected a .shift, whose gap it fills");
	if (augment->alternate && !augment->flip)
		return lam_fail(
			LAM_ERR_ARGUMENT, "augment: .alternate without .flip; expected .flip, too");
	if (augment->crop[0] < 0 || augment->crop[1] < 0 || (!augment->crop[0] && augment->crop[1]))
		return lam_fail(LAM_ERR_ARGUMENT,
			"augment: .crop is {%d, %d}; expected a height and a width of at least 1, "
			"or one number for both",
			augment->crop[0], augment->crop[1]);
	if (augment->cutout < 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"augment: .cutout is %d; expected the side of a square, or 0 for none",
			augment->cutout);
	return LAM_OK;
}

/* The size of a crop; `signal`: its only number is the length. False: it does not fit. */
static bool crop_size(
	const lam_augment *augment, bool signal, int64_t height, int64_t width, lam_planes *planes)
{
	const int64_t first = augment->crop[0], second = augment->crop[1];
	planes->to_height = signal || !first ? height : first;
	planes->to_width = !first ? width : second ? second : first;
	return planes->to_height <= height && planes->to_width <= width && !(signal && second);
}

static lam_status check_crop(const lam_augment *augment, const lam_shape *shape, lam_planes *planes)
{
	const bool signal = shape->rank == 2;
	if (crop_size(augment, signal, planes->height, planes->width, planes))
		return LAM_OK;
	const char *expected = signal ? "one length" : "at most their height and width";
	return lam_fail(LAM_ERR_ARGUMENT,
		"augment: .crop is {%d, %d}; expected %s, for samples of shape %s",
		augment->crop[0], augment->crop[1] ? augment->crop[1] : augment->crop[0], expected,
		lam_shape_text(*shape).text);
}

lam_status lam_augment_samples(
	const lam_augment *augment, const lam_shape *shape, lam_planes *planes)
{
	const int rank = shape->rank;
	if (rank != 2 && rank != 3)
		return lam_fail(LAM_ERR_SHAPE,
			"augmenting samples of shape %s; expected signals [channels, length] or "
			"images [channels, height, width]",
			lam_shape_text(*shape).text);
	*planes = (lam_planes){
		.planes = shape->dim[0],
		.height = rank == 3 ? shape->dim[1] : 1,
		.width = shape->dim[rank - 1],
		.cut = augment->cutout,
	};
	const int64_t least = rank == 3 && planes->height < planes->width ? planes->height
									  : planes->width;
	if (augment->shift < 0 || augment->shift >= least)
		return lam_fail(LAM_ERR_ARGUMENT,
			"augment: .shift is %d; expected 0 to below %" PRId64
			", for samples of shape %s",
			augment->shift, least, lam_shape_text(*shape).text);
	return check_crop(augment, shape, planes);
}

/* Whether the last dimensions of the targets are those of the sample's plane. Values have a
 * dimension before them; classes may have one. */
static bool has_plane(const lam_target_info *targets, const lam_shape *sample)
{
	const int plane = sample->rank - 1, rank = targets->shape.rank;
	if (rank < plane || rank > sample->rank
		|| (targets->type == LAM_VALUES && rank < sample->rank))
		return false;
	for (int i = 1; i <= plane; i++)
		if (targets->shape.dim[rank - i] != sample->dim[sample->rank - i])
			return false;
	return true;
}

lam_status lam_augment_targets(const lam_augment *augment, const lam_shape *sample,
	const lam_target_info *targets, int64_t ignored, lam_planes *planes)
{
	const bool classes = targets->type == LAM_CLASSES;
	if (targets->type == LAM_INPUT || targets->shape.rank == 0)
		return LAM_OK;
	if (!has_plane(targets, sample))
		return !classes
			? LAM_OK
			: lam_fail(LAM_ERR_SHAPE,
				"augment: samples of shape %s have maps of classes of "
				"shape %s; expected a class at each place of the sample",
				lam_shape_text(*sample).text, lam_shape_text(targets->shape).text);
	const int64_t gap = targets->ignore ? lam_target_ignored(targets) : ignored,
		      height = sample->rank == 3 ? sample->dim[1] : 1,
		      width = sample->dim[sample->rank - 1];
	if (classes && augment->shift > 0 && !augment->reflect && gap == INT64_MIN)
		return lam_fail(LAM_ERR_ARGUMENT,
			"augment: .shift is %d, which leaves places of the maps of classes empty; "
			"expected an .ignore of the loss or the data set",
			augment->shift);
	*planes = (lam_planes){
		.planes = lam_target_values(targets) / (height * width),
		.height = height,
		.width = width,
		.classes = classes,
		.gap = (int32_t)gap,
	};
	crop_size(augment, sample->rank == 2, height, width, planes);
	return LAM_OK;
}

bool lam_augment_moves_input(const lam_dataset *dataset, int field)
{
	const lam_data_field *f = lam_dataset_field_at(dataset, field);
	const int rank = f->info.shape.rank;
	return !f->target && !f->still && (!lam_dataset_named(dataset) || rank == 2 || rank == 3);
}

int lam_augment_first(const lam_dataset *dataset)
{
	for (int i = 0; i < lam_dataset_field_count(dataset); i++)
		if (lam_augment_moves_input(dataset, i))
			return i;
	return -1;
}

lam_shape lam_augment_shape(const lam_augment *augment, const lam_dataset *dataset, int field,
	const lam_target_info *info)
{
	const int first = augment->crop[0] ? lam_augment_first(dataset) : -1;
	const lam_data_field *f = lam_dataset_field_at(dataset, field);
	lam_shape shape = info->shape;
	if (first < 0 || f->still)
		return shape;
	const lam_shape sample = lam_dataset_field_at(dataset, first)->info.shape;
	const bool cropped = !f->target   ? lam_augment_moves_input(dataset, field)
		: info->type == LAM_INPUT ? lam_augment_moves_input(dataset, f->same)
					  : shape.rank > 0 && has_plane(info, &sample);
	const bool signal = sample.rank == 2;
	lam_planes planes;
	if (!cropped || shape.rank < sample.rank - 1 || sample.rank < 2
		|| !crop_size(augment, signal, signal ? 1 : sample.dim[1],
			sample.dim[sample.rank - 1], &planes))
		return shape;
	shape.dim[shape.rank - 1] = planes.to_width;
	if (!signal)
		shape.dim[shape.rank - 2] = planes.to_height;
	return shape;
}
