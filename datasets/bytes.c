/* SPDX-License-Identifier: MIT */
/* A data set of bytes in the caller's memory: x = byte / 255. */
#include "datasets/bytes.h"
#include "datasets/arrays.h"

#include "framework/data/inside.h"
#include "framework/memory.h"

#include <inttypes.h>
#include <string.h>

struct bytes {
	const uint8_t *x;      /* [count][features] */
	const int32_t *labels; /* [count], or NULL */
	int64_t features;
	lam_byte_values values;
};

void lam_byte_values_fill(lam_byte_values *values)
{
	for (int i = 0; i <= UINT8_MAX; i++)
		values->of[i] = (lam_real)i / UINT8_MAX;
}

void lam_bytes_to_real(
	const lam_byte_values *values, const uint8_t *from, int64_t count, lam_real *to)
{
	for (int64_t i = 0; i < count; i++)
		to[i] = values->of[from[i]];
}

static lam_status bytes_read(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	const struct bytes *b = lam_dataset_state(self);
	lam_bytes_to_real(&b->values, b->x + index * b->features, b->features, x);
	if (target)
		memcpy(target, b->labels + index, sizeof *b->labels);
	return LAM_OK;
}

static const lam_dataset_class bytes_class = {
	LAM_DATASET_ABI,
	.kind = "bytes",
	.state_size = sizeof(struct bytes),
	.read = bytes_read,
};

lam_dataset *lam_dataset_bytes(
	const uint8_t *x, lam_shape shape, const int32_t *labels, int64_t count)
{
	static const lam_array_of words = {"data set \"bytes\"", NULL, NULL};
	if (!x) {
		lam_fail(LAM_ERR_ARGUMENT, "data set \"bytes\": x is NULL, expected the samples");
		return NULL;
	}
	if (!lam_arrays_fit(count, &shape)) {
		lam_fail(LAM_ERR_ARGUMENT,
			"data set \"bytes\": %" PRId64 " samples of %s are more than any memory "
			"holds",
			count, lam_shape_text(shape).text);
		return NULL;
	}
	lam_target_info targets = {.type = labels ? LAM_CLASSES : LAM_INPUT};
	if (labels && count > 0 && lam_arrays_check_classes(&words, labels, count, &targets))
		return NULL;
	lam_dataset *dataset = lam_dataset_new(&bytes_class, count, shape, targets);
	if (!dataset)
		return NULL;
	struct bytes *b = lam_dataset_state(dataset);
	*b = (struct bytes){.x = x, .labels = labels, .features = lam_shape_count(&shape)};
	lam_byte_values_fill(&b->values);
	lam_dataset_set_light(dataset);
	return dataset;
}
