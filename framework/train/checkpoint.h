/* SPDX-License-Identifier: MIT */
/* Checkpoints: a net and a run of lam_fit() in one file, which lam_net_load() reads too. Private to
 * the framework.
 *
 * A file is written under a temporary name, synced and read back; it gets its name when every
 * checksum is right. The file that it replaces stays as "NAME.previous", and a run resumes from
 * that one when the newest is damaged. */
#ifndef LAM_CHECKPOINT_H
#define LAM_CHECKPOINT_H

#include "framework/files/file.h"
#include "framework/net.h"
#include "framework/train/fit_state.h"
#include "framework/train/kept.h"

#pragma GCC visibility push(hidden)

/* Writes the checkpoints of a run while the run goes on: each from a copy, on a thread of its own.
 * A writer is used by one thread. */
typedef struct lam_checkpoint_writer lam_checkpoint_writer;

/* Allocates a writer and its copy: parameters, running statistics, the moments that the net has
 * now, and the weights that the run keeps beside: kept[LAM_KEPT], or NULL. `path`, `lock` and
 * `kept` are borrowed. `lock` is the run's lock of the path; NULL: each write takes the lock for
 * itself. `damaged`: the file at `path` must not become the previous one. NULL and a sentence when
 * memory is short. */
lam_checkpoint_writer *lam_checkpoint_writer_new(
	lam_net *net, const char *path, lam_file_lock *lock, bool damaged, const lam_copy *kept);

/* Waits for the previous write, copies the net and the state, and begins to write the copy. If the
 * previous write failed, it returns that failure and writes nothing. LAM_ERR_STATE in a child that
 * the run's process has forked. */
lam_status lam_checkpoint_write(lam_checkpoint_writer *writer, const lam_fit_state *state);

/* Waits for the last write and returns its failure, if any, with its sentence set in the calling
 * thread. A failure is returned once. */
lam_status lam_checkpoint_wait(lam_checkpoint_writer *writer);

/* Waits for the last write, ignores its failure, and frees the writer. NULL is allowed. */
void lam_checkpoint_writer_free(lam_checkpoint_writer *writer);

/* What a run was resumed from. */
typedef struct lam_resumed {
	bool found;       /* false: there was no file, and nothing was changed */
	bool damaged;     /* resumed from the previous file, as the newest is damaged */
	char notice[256]; /* the sentence that says so; "" otherwise */
} lam_resumed;

/* Restores a run. On entry `state` describes the run that is asked for, and the net has the moments
 * of its optimizer (lam_net_prepare()). `kept` is as above. On success all are as they were when
 * the file was written. Without a file at `path` it returns LAM_OK and found = false, even if there
 * is a previous file.
 *
 * On failure nothing is changed:
 *
 *   - LAM_ERR_ARGUMENT: the file holds another architecture, optimizer or run (the sentence names
 *     the first difference), or a net without a run;
 *   - LAM_ERR_UNSUPPORTED: a later lamina wrote it;
 *   - LAM_ERR_FORMAT: it is damaged, and the previous file cannot be used;
 *   - LAM_ERR_IO: it cannot be read, and the previous file cannot be used. */
lam_status lam_checkpoint_load(
	lam_net *net, const char *path, lam_fit_state *state, lam_copy *kept, lam_resumed *resumed);

#pragma GCC visibility pop
#endif
