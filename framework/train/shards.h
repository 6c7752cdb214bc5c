/* SPDX-License-Identifier: MIT */
/* A run whose batches are cut into shards, which one or several ranks compute. Private to train/.
 *
 * Every rank trains the same net with the same options. It computes neighbouring shards, as many as
 * all other ranks. What they compute is added in one binary tree over the shards of the batch:
 * first those of a rank, then the sums of two ranks whose numbers differ in the lowest bit, then
 * the next one, … (recursive doubling), always the lower shards first. So every rank has the same
 * sum, and it depends on the number of shards alone. All ranks then make the same update. */
#ifndef LAM_TRAIN_SHARDS_H
#define LAM_TRAIN_SHARDS_H

#include "framework/comm.h"
#include "framework/data/inside.h"
#include "framework/net/arenas.h"
#include "framework/net/gather.h"
#include "framework/net/shard.h"
#include "framework/train/shard_sums.h"
#include "framework/trainer.h"

#pragma GCC visibility push(hidden)

enum {
	LAM_MAX_SHARDS = 65536,
	LAM_SHARD_LEVELS = 16, /* log2 of it */
	/* Sums over the samples of a shard, of each loss: the loss, how many are right, and among
	 * how many; in a validation also what the loss is divided by. */
	LAM_RECORD_LOSS = 0,
	LAM_RECORD_RIGHT,
	LAM_RECORD_SCORED,
	LAM_RECORD_WEIGHT,
	LAM_RECORD,
};
_Static_assert(1 << LAM_SHARD_LEVELS == LAM_MAX_SHARDS, "a level for each doubling");

/* What a hash begins with (lam_shards_hash()). */
#define LAM_SHARDS_HASH UINT64_C(0xcbf29ce484222325)

typedef struct lam_shards {
	lam_comm *comm;  /* NULL: one rank computes all shards */
	double seconds;  /* that a rank waits for another */
	bool over;       /* the ranks agree on a failure, or cannot speak any more */
	lam_status held; /* a failure of this rank, of which the next meeting tells all */
	char held_sentence[512];
	lam_shard_range range;             /* .all 0: the run has no shards */
	lam_real *lower[LAM_SHARD_LEVELS]; /* gradients, as many as the local tree has levels */
	lam_gather gather;                 /* instead of sums of large affine weights that wait */
	lam_shard_sums gradient_sums;
	double *states;        /* [local shards][running statistics] */
	double *records;       /* [local shards][losses][LAM_RECORD] */
	double *theirs;        /* a message of doubles, as long as the longest of them */
	double *sums;          /* [losses], of the last step */
	double *counts;        /* [losses] that they are divided by */
	int64_t *confusion[2]; /* [losses][of the largest one], of a validation, and a message */
} lam_shards;

/* Whether there is a rank to speak with. */
static inline bool lam_shards_alone(const lam_shards *shards)
{
	return !shards->comm || lam_comm_size(shards->comm) == 1;
}

/* Whether the shards of this rank, with those added so far, are lower ones than the partner's,
 * whose number differs by `distance`. */
static inline bool lam_shards_lower(const lam_shards *shards, int distance)
{
	return !(lam_comm_rank(shards->comm) & distance);
}

/* Where the ranks meet. Each meeting is of all of them, at the same place of the run. */
typedef enum lam_meeting {
	LAM_MEET_START, /* several, numbered in place of a step */
	LAM_MEET_BEGIN,
	LAM_MEET_STEP,
	LAM_MEET_UPDATE,
	LAM_MEET_EXAMINE,
	LAM_MEET_EPOCH,
	LAM_MEET_VALIDATION,
	LAM_MEET_CALLBACK,
	LAM_MEET_END,
} lam_meeting;

/* Every rank says whether it has failed; then all have the failure of the lowest rank that has,
 * with its sentence, in which its rank is named. *stop (may be NULL): whether this rank wants to
 * stop; becomes whether any does. `hash`: a number that must be equal on all ranks. A rank that
 * does not come, or comes from another place, is a failure, too. Alone it returns `status`. */
lam_status lam_shards_meet(lam_shards *shards, lam_meeting place, int64_t step, uint64_t hash,
	lam_status status, bool *stop);

/* Keeps a failure that the other ranks know nothing of until the next meeting, and returns LAM_OK:
 * this rank must come there, as the others wait for what it sends. Of several the first is kept.
 * Alone it returns `status`. */
lam_status lam_shards_hold(lam_shards *shards, lam_status status);

/* After a failed call of the comm: the ranks cannot speak any more. Tells the others as far as that
 * goes. Returns the failure that was held, which is the cause, or else `status`, with this rank in
 * the sentence. */
lam_status lam_shards_break(lam_shards *shards, lam_status status);

/* Sends rank 0's bytes to all. */
lam_status lam_shards_spread(lam_shards *shards, void *data, size_t bytes);

/* Adds the local shards' rows of `count` doubles, [local shards][count], in the tree, and the other
 * ranks' to them. rows[0 … count - 1] is the sum on every rank. */
lam_status lam_shards_add(lam_shards *shards, double *rows, int64_t count);

/* An exchange with the rank whose number differs by `distance`; a failure ends the run on all. */
lam_status lam_shards_exchange(
	lam_shards *shards, int distance, const void *own, void *other, size_t bytes);

/* Makes room for messages of gradients, which lam_shards_free() frees. */
lam_status lam_shards_allocate_sums(lam_shards *shards, lam_arena params);

/* Begins to add gradients of the parameters that train, of all ranks, in the arena of the net. The
 * last run of a step gets the watcher that is returned; NULL: there is none. */
const lam_watcher *lam_shards_begin_gradients(lam_shards *shards, const lam_net *net);

/* Waits until the sums are done. Every rank calls it, also one whose runs have failed. */
lam_status lam_shards_end_gradients(lam_shards *shards);

/* Adds counts of all ranks, at most as many as the confusion matrices have. */
lam_status lam_shards_add_counts(lam_shards *shards, int64_t *counts, int64_t count);

/* The confusion matrices of a validation's losses lie one after the other, each as far from the
 * next as the largest is long; 0: there are none. */
int64_t lam_shards_confusion_stride(const lam_net *net);

/* A hash of all parameters and running statistics, which must be equal on all ranks; 0: alone. */
uint64_t lam_shards_hash_net(const lam_shards *shards, const lam_net *net);

/* Goes on with a hash by an array and its length: FNV-1a by words of eight bytes, with a shift, as
 * eight hashes side by side. */
uint64_t lam_shards_hash(uint64_t hash, const void *data, size_t bytes);

#pragma GCC visibility pop
#endif
