/* Failures of functions that are not the library's: a layer's or a data set's own. They ought to
 * leave a sentence, but one that returns a status alone must not make an older failure's sentence
 * speak for it. And failures that a call survives, which leave the sentence as it was. Private to
 * the framework:
 *
 *     uint64_t before = lam_failures();
 *     lam_status status = layer_class->check(…);
 *     if (lam_unsaid(status, before))
 *             lam_fail_unsaid(status, "own \"3\"", ".check"); */
#ifndef LAM_UNSAID_H
#define LAM_UNSAID_H

#include "framework/status.h"

#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* How many sentences the calling thread has left so far. */
uint64_t lam_failures(void);

/* Whether `status` is a failure without a sentence of its own: none was left since lam_failures()
 * was `before`, or the last one says another status. */
bool lam_unsaid(lam_status status, uint64_t before);

/* Supplies the sentence: who failed, in which of its functions, and how. Returns the status. */
lam_status lam_fail_unsaid(lam_status status, const char *who, const char *function);

/* The calling thread's sentence and what belongs to it, to be put back when a failure turns out to
 * be none. */
typedef struct lam_said {
	char sentence[512];
	lam_status status;
	uint64_t failures;
} lam_said;
lam_said lam_said_so_far(void);
void lam_unsay(const lam_said *said);

#pragma GCC visibility pop
#endif
