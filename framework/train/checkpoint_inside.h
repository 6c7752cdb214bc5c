/* What writing and reading a checkpoint have in common, and what is written of one. Private to
 * checkpoint*.c. */
#ifndef LAM_CHECKPOINT_INSIDE_H
#define LAM_CHECKPOINT_INSIDE_H

#include "framework/model/inside.h"
#include "framework/net/inside.h"
#include "framework/train/checkpoint.h"

#pragma GCC visibility push(hidden)

/* What a parameter is told by lam_param_set_trainable() and lam_param_set_decays(), as an entry's
 * value. */
enum { LAM_PARAM_TRAINS = 1, LAM_PARAM_DECAYS = 2 };

/* All that a checkpoint holds, copied, so that the net may go on while it is written. */
typedef struct lam_snapshot {
	const lam_net *net; /* its names and shapes, which never change */
	char *architecture;
	lam_real *params, *states; /* as the net's arenas */
	lam_real *moments[LAM_MAX_MOMENTS];
	int64_t *settings; /* one per parameter */
	lam_fit_state state;
} lam_snapshot;

typedef struct lam_entry_name {
	char text[80];
} lam_entry_name;

/* "training/FIELD", "training/momentNUMBER". */
lam_entry_name lam_field_entry(const char *field);
lam_entry_name lam_moment_entry(int moment);

/* Writes the file; what is at `path` becomes the previous one, unless it is known to be damaged. */
lam_status lam_checkpoint_save(const lam_snapshot *snapshot, const char *path, bool damaged);

#pragma GCC visibility pop
#endif
