/* SPDX-License-Identifier: MIT */
/* What a loader holds of each field of its data set, and how it reads a sample. Private to data/.
 */
#ifndef LAM_LOADER_FIELDS_H
#define LAM_LOADER_FIELDS_H

#include "framework/data/augment.h"
#include "framework/data/fields.h"
#include "framework/data/inside.h"

#pragma GCC visibility push(hidden)

typedef struct lam_loaded_field {
	const lam_data_field *field;
	/* as the loader hands it on: the numbers of a file may be either, and a crop is smaller */
	lam_target_info info;
	lam_target_info wanted; /* of classes: those that the loss knows; classes 0: any */
	lam_target_range range; /* of values */
	lam_planes planes;      /* what augmentation moves; planes 0: nothing */
	int64_t values;         /* in one sample */
	size_t bytes;           /* of one sample; 0: it is another field's */
	int64_t read_values;    /* in one sample of the data set, before it is cropped */
	size_t read_bytes;
	unsigned char *rows[2]; /* [batch][bytes]; the same array if rows are not needed twice */
	unsigned char *other;   /* [blocks][bytes], of the sample to be mixed; NULL: none is */
	int32_t *second[2];     /* [batch][values], of mixed classes; NULL: there are none */
	lam_real *soft[2];      /* [batch][classes][values], made of them; NULL: for a loss */
	lam_real *lanes[2];     /* [blocks][values][16]; NULL: rows are handed out */
	unsigned char *unmoved; /* [blocks][read_bytes], before moves; NULL: nothing moves */
	lam_real *raw;          /* [blocks][read_values], before conversion; NULL: there is none */
} lam_loaded_field;

typedef struct lam_loaded {
	const lam_dataset *dataset;
	int count;
	lam_loaded_field *fields;
	void **to; /* [blocks][count], where samples are read to, and where .function has them */
	const lam_augment *augment;
	bool evaluation;
	const lam_planes *moving; /* of the first input that moves; NULL: none does */
	lam_real *share[2];       /* [batch], of the first of two mixed samples; NULL: none are */
	int64_t samples;          /* of the data set, one of which is mixed with each */
	lam_field *shown;         /* [count], for .function; NULL: there is none */
	int first_input, first_target; /* fields; first_target -1: there is none */
} lam_loaded;

/* Makes the list of fields, and checks augmentation. `net` says what its losses want of the
 * targets; NULL: anything. `evaluation`: nothing is random. The caller frees what is there, also
 * after a failure. */
lam_status lam_loaded_make(lam_loaded *loaded, const lam_dataset *dataset,
	const lam_augment *augment, bool evaluation, const lam_net *net);

/* Allocates rows, and lanes if asked for, for batches of `batch` samples. `net`: there is one,
 * whose losses mix classes. */
bool lam_loaded_allocate(lam_loaded *loaded, int64_t batch, bool lanes, bool net);

void lam_loaded_free(lam_loaded *loaded);

/* A sample of an epoch, whose augmentation is a function of all three. */
typedef struct lam_drawn {
	uint64_t seed;
	int64_t epoch, index;
} lam_drawn;

/* What a sample is mixed with, and its own share. */
typedef struct lam_mixture {
	int64_t other;
	lam_real share;
} lam_mixture;
lam_mixture lam_mixup_draw(double alpha, const lam_drawn *sample, int64_t samples);

/* Mixes row `row` of all fields with the other sample. */
void lam_loaded_mix(const lam_loaded *loaded, int slot, int64_t row, lam_real share);

/* Checks whether the targets of all fields can be mixed; `net` NULL: they become soft targets. */
lam_status lam_mixup_check(const lam_loaded *loaded, const lam_net *net);

/* Allocates what mixing needs, for batches of `batch` samples. */
bool lam_mixup_allocate(lam_loaded *loaded, int64_t batch, bool net);

void lam_mixup_free(lam_loaded *loaded);

/* Calls .function for a sample whose fields lie at `rows`. */
lam_status lam_loaded_call(const lam_loaded *loaded, void *const *rows, const lam_drawn *sample);

/* Describes the fields for .function. LAM_ERR_MEMORY. */
lam_status lam_loaded_show(lam_loaded *loaded);

/* Reads a sample of the data set to row `row` of all fields, and augments and checks it. */
lam_status lam_loaded_read(
	const lam_loaded *loaded, int slot, int64_t row, const lam_drawn *sample);

/* Writes rows begin to end - 1, of one block, to lanes. */
void lam_loaded_to_lanes(const lam_loaded *loaded, int slot, int64_t begin, int64_t end);

/* The rows of a field in one of the two buffers, from row `row` on: of an input that is its own
 * target, that input's. */
const void *lam_loaded_rows(const lam_loaded *loaded, int field, int slot, int64_t row);

/* Allocates and fills the lists that a run takes: for each of `shards` shards, whose rows begin at
 * multiples of `shard_rows`, all the net's inputs and losses. Without a net there is one, and the
 * fields are in the data set's order. The caller frees both, also on failure. */
bool lam_loaded_list(const lam_loaded *loaded, const lam_net *net, int slot, int64_t shards,
	int64_t shard_rows, lam_run_input **inputs, lam_run_target **targets);

#pragma GCC visibility pop
#endif
