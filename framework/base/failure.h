/* SPDX-License-Identifier: MIT */
/* Two kinds of failure that need care with the error sentence. Private to the framework.
 *
 * First, failures of functions that a user wrote, such as a layer's or a data set's. They should
 * set a sentence. If one returns only a status, the sentence of an older failure must not be
 * reported in its place:
 *
 *     uint64_t before = lam_failures();
 *     lam_status status = layer_class->check(…);
 *     if (lam_unsaid(status, before))
 *             lam_fail_unsaid(status, "own \"3\"", ".check");
 *
 * Second, failures that a call recovers from. The call then restores the older sentence. */
#ifndef LAM_UNSAID_H
#define LAM_UNSAID_H

#include "framework/status.h"

#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* The number of sentences that the calling thread has set so far. */
uint64_t lam_failures(void);

/* Whether `status` is a failure without a sentence: none was set since lam_failures() returned
 * `before`, or the last one belongs to another status. */
bool lam_unsaid(lam_status status, uint64_t before);

/* Sets the sentence: which object failed, in which of its functions, and how. Returns `status`. */
lam_status lam_fail_unsaid(lam_status status, const char *who, const char *function);

/* The calling thread's error state, saved so that it can be restored after a failure that the call
 * recovers from. */
typedef struct lam_said {
	char sentence[512];
	lam_status status;
	uint64_t failures;
} lam_said;

/* Saves the calling thread's error state. */
lam_said lam_said_so_far(void);

/* Restores it. */
void lam_unsay(const lam_said *said);

#pragma GCC visibility pop
#endif
