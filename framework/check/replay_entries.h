/* SPDX-License-Identifier: MIT */
/* The entries of the bundle of a failed step, for what writes it and what reads it. Private to
 * check/. */
#ifndef LAM_REPLAY_ENTRIES_H
#define LAM_REPLAY_ENTRIES_H

#include "framework/io.h"
#include "framework/plan/names.h"

#include <stdio.h>

#define ENTRY(name) LAM_TRAINING_PREFIX "replay_" name

/* What an end has entries of. */
enum part {
	SAMPLES,
	TARGETS,
	SECOND, /* classes and shares of mixed samples */
	SHARE,
	WEIGHTS, /* of samples */
};

/* The entry of an end's samples or targets: with a number if there are several. */
typedef struct entry_name {
	char text[sizeof ENTRY("sample_weights") + 12];
} entry_name;

static inline entry_name entry_of(enum part part, int i, int count)
{
	static const char *const words[] = {ENTRY("x"), ENTRY("targets"), ENTRY("second"),
		ENTRY("share"), ENTRY("sample_weights")};
	entry_name name;
	const char *word = words[part];
	if (count == 1)
		snprintf(name.text, sizeof name.text, "%s", word);
	else
		snprintf(name.text, sizeof name.text, "%s%d", word, i);
	return name;
}

static inline int64_t input_features(const lam_net *net, int input)
{
	const lam_shape shape = lam_net_shape_of(net, lam_net_input_name(net, input));
	return lam_shape_count(&shape);
}

#endif
