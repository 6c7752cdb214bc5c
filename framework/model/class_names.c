/* SPDX-License-Identifier: MIT */
#include "framework/model/class_names.h"

#include "framework/memory.h"
#include "framework/net/class_names.h"
#include "framework/plan/names.h"

#include <stdio.h>

/* Readers that are older than the entry pass over all that begins so. */
#define ENTRY LAM_TRAINING_PREFIX "class_names"

lam_status lam_save_class_names(lam_npz_writer *npz, const lam_net *net)
{
	const lam_names *names = lam_net_class_names(net);
	return names ? lam_npz_add_text(npz, ENTRY, lam_names_text(names)) : LAM_OK;
}

lam_status lam_load_class_names(lam_net *net, const lam_npz *npz, const char *path)
{
	const int64_t entry = lam_npz_find(npz, ENTRY);
	if (entry < 0)
		return LAM_OK;
	char *text = lam_npz_read_text(npz, entry, LAM_MOST_NAME_BYTES);
	if (!text)
		return lam_error_status();
	char what[200];
	snprintf(what, sizeof what, "%s: \"%s\"", lam_path_text(path).text, ENTRY);
	lam_names *names = lam_names_parse(what, text);
	lam_status status = names ? lam_net_copy_class_names(net, names) : lam_error_status();
	if (status == LAM_ERR_ARGUMENT)
		status = lam_fail(LAM_ERR_FORMAT, "%s%s%s", names ? what : "", names ? ": " : "",
			lam_error());
	lam_names_free(names);
	lam_free(text);
	return status;
}
