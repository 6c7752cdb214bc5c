/* SPDX-License-Identifier: MIT */
#include "framework/model/weights.h"

#include "framework/files/file.h"
#include "framework/plan/names.h"

#include <stdio.h>
#include <string.h>

/* No parameter's name holds a slash, so none is taken for an entry of a set. */
static const struct set {
	const char *prefix, *what, *option;
} sets[] = {
	[LAM_WEIGHTS_RAW] = {.prefix = ""},
	[LAM_WEIGHTS_AVERAGE] = {LAM_TRAINING_PREFIX "average/", "averaged", ".average"},
	[LAM_WEIGHTS_BEST] = {LAM_TRAINING_PREFIX "best/", "best", ".keep_best"},
};

const char *lam_weights_prefix(lam_weights weights)
{
	return sets[weights].prefix;
}

lam_weights_name lam_weights_entry(const char *prefix, const char *name)
{
	lam_weights_name entry;
	snprintf(entry.text, sizeof entry.text, "%s%s", prefix, name);
	return entry;
}

static bool has_set(const lam_npz *npz, lam_weights weights)
{
	const char *prefix = sets[weights].prefix;
	for (int64_t i = 0; i < lam_npz_count(npz); i++)
		if (!strncmp(lam_npz_name(npz, i), prefix, strlen(prefix)))
			return true;
	return false;
}

lam_status lam_weights_choose(const char *function, const lam_npz *npz, const char *path,
	lam_weights asked, const char **prefix)
{
	if ((int)asked < LAM_WEIGHTS_RAW || asked > LAM_WEIGHTS_RESULT)
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: .weights is %d; expected one of LAM_WEIGHTS_…", function, (int)asked);
	lam_weights set = asked;
	if (asked == LAM_WEIGHTS_RESULT)
		set = has_set(npz, LAM_WEIGHTS_BEST)        ? LAM_WEIGHTS_BEST
			: has_set(npz, LAM_WEIGHTS_AVERAGE) ? LAM_WEIGHTS_AVERAGE
							    : LAM_WEIGHTS_RAW;
	*prefix = sets[set].prefix;
	if (has_set(npz, set))
		return LAM_OK;
	if (set == LAM_WEIGHTS_RAW)
		return lam_fail(LAM_ERR_FORMAT,
			"%s: has no arrays; expected a file of lam_net_save() or numpy.savez()",
			lam_path_text(path).text);
	return lam_fail(LAM_ERR_ARGUMENT,
		"%s: has no %s weights; expected a checkpoint of lam_fit(%s = …)%s",
		lam_path_text(path).text, sets[set].what, sets[set].option,
		set == LAM_WEIGHTS_BEST ? " after its first epoch" : "");
}
