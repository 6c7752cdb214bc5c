/* SPDX-License-Identifier: MIT */
/* Buffers: ranges of one block's bytes, some of which lie inside others. Private to plan/. */
#ifndef LAM_BUFFER_H
#define LAM_BUFFER_H

#include "framework/plan/inside.h"

#pragma GCC visibility push(hidden)

/* Appends a buffer in use from time `first` to `last`; BUFFER_NONE when memory is short. */
int lam_buffer_new(lam_plan *plan, int64_t bytes, int first, int last);

/* Appends a buffer that is the part of `whole` from byte `at` on, in use at `time`; `call` divides
 * the whole. BUFFER_NONE when memory is short. */
int lam_buffer_part(lam_plan *plan, int call, int whole, int64_t at, int64_t bytes, int time);

/* Puts a buffer, with all that lies inside it, into `whole` at byte `at`; `call` divides the
 * whole. */
void lam_buffer_put(lam_plan *plan, int call, int buffer, int whole, int64_t at);

/* Extends the buffer's use. Nothing happens for BUFFER_NONE and for an input. */
void lam_buffer_use(lam_plan *plan, int buffer, int time);

/* Whether nothing reads any byte of the buffer after `time`, so that a call at that time may
 * overwrite it. An input is never free. */
bool lam_buffer_free_after(const lam_plan *plan, int buffer, int time);

/* Whether the buffer lies in one of the net's inputs. */
bool lam_buffer_of_input(const lam_plan *plan, int buffer);

/* Gives each buffer that lies inside no other the whole time in which one of its parts is used. */
void lam_buffers_close(lam_plan *plan);

#pragma GCC visibility pop
#endif
