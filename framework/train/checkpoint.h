/* Checkpoints: a net and a run of lam_fit() in one file, which lam_net_load() reads too. Private to
 * the framework.
 *
 * A file is written under another name, synced, read back, and takes its name when every checksum
 * is right; the one that it replaces stays as "NAME.previous", and is what a run resumes from when
 * the newest turns out to be damaged. */
#ifndef LAM_CHECKPOINT_H
#define LAM_CHECKPOINT_H

#include "framework/net.h"
#include "framework/train/fit_state.h"

#pragma GCC visibility push(hidden)

/* Writes checkpoints of one run while the run goes on: each on a thread of its own, from a copy.
 * Used by one thread. */
typedef struct lam_checkpoint_writer lam_checkpoint_writer;

/* Allocates the copy: parameters, running statistics, and the moments that the net has now. `path`
 * is borrowed; `damaged` says that what is there now must not become the previous file. NULL and a
 * sentence when memory is out. */
lam_checkpoint_writer *lam_checkpoint_writer_new(lam_net *net, const char *path, bool damaged);

/* Waits for the write before (whose failure it returns, and writes nothing then), copies the net
 * and the state, and begins to write: what lam_net_save() writes, the optimizer's moments, and
 * every field of the state. */
lam_status lam_checkpoint_write(lam_checkpoint_writer *writer, const lam_fit_state *state);

/* Waits for the last write and returns its failure, if any, with its sentence in the calling
 * thread. A failure is returned once. */
lam_status lam_checkpoint_wait(lam_checkpoint_writer *writer);

/* Waits, then frees; says nothing. NULL is allowed. */
void lam_checkpoint_writer_free(lam_checkpoint_writer *writer);

/* Where a run was taken up. */
typedef struct lam_resumed {
	bool found;       /* false: there was no file, and nothing was changed */
	bool damaged;     /* from the previous file, because the newest is damaged: */
	char notice[256]; /* the sentence that says so; "" otherwise */
} lam_resumed;

/* Restores a run. On entry `state` says which run is asked for, and the net has the moments of its
 * optimizer (lam_net_prepare()); on success both are as they were when the file was written. No
 * file at `path`: LAM_OK, nothing is found, whatever lies beside it. On failure nothing is changed
 * either: LAM_ERR_ARGUMENT when the file holds another architecture, optimizer or run (the sentence
 * names the first difference) or a net alone, LAM_ERR_UNSUPPORTED when a later lamina wrote it, and
 * when the previous file cannot help, what is wrong with the newest: LAM_ERR_FORMAT when it is
 * damaged, LAM_ERR_IO when it cannot be read. */
lam_status lam_checkpoint_load(
	lam_net *net, const char *path, lam_fit_state *state, lam_resumed *resumed);

#pragma GCC visibility pop
#endif
