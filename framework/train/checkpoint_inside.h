/* SPDX-License-Identifier: MIT */
/* What writing and reading a checkpoint share: the names of its entries and the copy that is
 * written. Private to checkpoint*.c. */
#ifndef LAM_CHECKPOINT_INSIDE_H
#define LAM_CHECKPOINT_INSIDE_H

#include "framework/model/format.h"
#include "framework/model/inside.h"
#include "framework/net/arenas.h"
#include "framework/net/query.h"
#include "framework/plan/names.h"
#include "framework/train/checkpoint.h"

#pragma GCC visibility push(hidden)

/* A parameter's settings as bits of a number in the file: lam_param_set_trainable() and
 * lam_param_set_decays(). */
enum { LAM_PARAM_TRAINS = 1, LAM_PARAM_DECAYS = 2 };

/* The factors of a parameter's learning rate and weight decay. The file has them if one rate is not
 * 1, or one decay neither 1 nor 0. It is then of format 2. */
enum { LAM_RATE_LR, LAM_RATE_DECAY, LAM_RATE_COLUMNS };

/* What the file has of each loss: its weight, and its sums over the running epoch as lam_tally has
 * them. It has none of a net whose only loss has the weight with which the net was made: that one's
 * sums are fields of the state. */
enum {
	LAM_LOSS_WEIGHT,
	LAM_LOSS_SUM,
	LAM_LOSS_RIGHT,
	LAM_LOSS_DIVISOR,
	LAM_LOSS_SCORED,
	LAM_LOSS_COLUMNS,
};

/* A copy of all that a checkpoint holds, so that the net may go on while it is written. */
typedef struct lam_snapshot {
	const lam_net *net; /* only for names and shapes, which never change */
	char *architecture;
	int format;                /* LAM_FORMAT_…: the earliest that says all that follows */
	lam_real *params, *states; /* with the layout of the net's arenas */
	lam_real *moments[LAM_MAX_MOMENTS]; /* NULL behind the last */
	const char *rule;  /* of the moments, if it is the caller's own (lam_net_rule_text()) */
	int64_t *settings; /* of each parameter: LAM_PARAM_TRAINS | LAM_PARAM_DECAYS */
	double *rates;     /* [parameters][LAM_RATE_COLUMNS] */
	bool has_rates;    /* one is not what the settings say */
	double *losses;    /* [losses][LAM_LOSS_COLUMNS] */
	lam_copy kept[LAM_KEPT];
	bool has_losses; /* several, or one with another weight than the architecture's */
	lam_fit_state state;
} lam_snapshot;

typedef struct lam_entry_name {
	char text[80];
} lam_entry_name;

/* Whether a file of a run that keeps `kept` has this copy: there is no best epoch before the first.
 */
static inline bool lam_has_kept(
	const lam_copy *kept, lam_kept_kind kind, const lam_fit_state *state)
{
	return kept && kept[kind].params && (kind != LAM_KEPT_BEST || state->best_epoch > 0);
}

/* The names of entries: "training/FIELD", "training/momentNUMBER". */
lam_entry_name lam_field_entry(const char *field);
lam_entry_name lam_moment_entry(int moment);

/* Writes the file. The file at `path` becomes the previous one, unless it is `damaged`. */
lam_status lam_checkpoint_save(
	const lam_snapshot *snapshot, const char *path, lam_file_lock *lock, bool damaged);

/* LAM_ERR_ARGUMENT when the file's rule is not the net's: another name, or other numbers of a rule
 * of the caller's own. The sentence names the first difference. `asked` and `saved` are lam_rule.
 */
lam_status lam_rule_same(
	const lam_net *net, const lam_npz *npz, const char *path, int64_t asked, int64_t saved);

#pragma GCC visibility pop
#endif
