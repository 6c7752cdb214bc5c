/* SPDX-License-Identifier: MIT */
/* The sums of gradients over ranks, in messages, while backward computes other gradients. Private
 * to train/. */
#ifndef LAM_TRAIN_SHARD_SUMS_H
#define LAM_TRAIN_SHARD_SUMS_H

#include "framework/comm.h"
#include "framework/net/shard.h"

#pragma GCC visibility push(hidden)

/* Messages that are under way at once. With more their memory goes through more of the caches: two
 * ranks of mnistcnn take 1.01 times as long with 16. */
enum { LAM_SHARD_SLOTS = 8 };
_Static_assert((int)LAM_SHARD_SLOTS <= (int)LAM_COMM_SLOTS, "a transport has as many slots");

/* Neighbouring gradients of parameters that train, in the arena. */
typedef struct lam_shard_message {
	int64_t first, count;
} lam_shard_message;

/* Messages are sent from the arena's end to its begin, as backward makes gradients. Message m is in
 * slot m % LAM_SHARD_SLOTS. In each round the slot's partner is another rank. */
typedef struct lam_shard_sums {
	lam_shard_message *messages; /* as many as there are parameters and full messages */
	int count;                   /* of this step */
	int begun, done;             /* messages before `done` are sums over all ranks */
	int rounds;                  /* log2 of the number of ranks */
	int round[LAM_SHARD_SLOTS];
	int64_t whole; /* gradients from here on are whole */
	/* [LAM_SHARD_SLOTS][message]; one if the comm does not begin. Not written where a message
	 * is read in place */
	lam_real *received;
	int64_t stride; /* of a message in it */
	lam_real *gradients;
	double polled;     /* when, by lam_clock_now() */
	lam_status failed; /* the first failure, which ends the run */
	char sentence[512];
	lam_watcher watcher;
} lam_shard_sums;

#pragma GCC visibility pop
#endif
