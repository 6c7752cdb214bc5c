/* SPDX-License-Identifier: MIT */
/* Augmentation by a function of the caller's. */
#include "framework/data/loader_fields.h"

#include "framework/base/failure.h"
#include "framework/memory.h"

#include <inttypes.h>

lam_status lam_loaded_show(lam_loaded *loaded)
{
	if (!loaded->augment->function)
		return LAM_OK;
	loaded->shown = lam_alloc((size_t)loaded->count, sizeof *loaded->shown);
	if (!loaded->shown)
		return LAM_ERR_MEMORY;
	for (int i = 0; i < loaded->count; i++) {
		const lam_loaded_field *f = &loaded->fields[i];
		lam_field *shown = &loaded->shown[i];
		*shown = lam_dataset_field(loaded->dataset, i);
		shown->shape = f->info.shape;
		if (f->info.type == LAM_CLASSES)
			shown->role = LAM_ROLE_CLASSES;
		else if (f->field->target && f->info.type == LAM_VALUES)
			shown->role = LAM_ROLE_VALUES;
	}
	return LAM_OK;
}

lam_status lam_loaded_call(const lam_loaded *loaded, void *const *rows, const lam_drawn *sample)
{
	const lam_augmented given = {
		.size = sizeof given,
		.seed = sample->seed,
		.epoch = sample->epoch,
		.index = sample->index,
		.key = lam_augment_key(sample->seed, sample->epoch, sample->index),
		.x = rows[loaded->first_input],
		.shape = loaded->fields[loaded->first_input].info.shape,
		.targets = loaded->first_target < 0 ? NULL : rows[loaded->first_target],
		.field_count = loaded->count,
		.fields = loaded->shown,
		.rows = rows,
	};
	const uint64_t before = lam_failures();
	const lam_status status = loaded->augment->function(&given, loaded->augment->function_data);
	if (lam_unsaid(status, before))
		return lam_fail(status,
			"augment: .function failed (%s) at sample %" PRId64 " and left no sentence",
			lam_status_text(status), sample->index);
	return status;
}
