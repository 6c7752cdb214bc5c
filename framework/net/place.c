/* Where a net's values lie, and their way out of it as rows. */
#include "framework/kernels/kernels.h"
#include "framework/net/inside.h"

#include <string.h>

lam_real *lam_net_buffer(const lam_net *net, int buffer)
{
	return (lam_real *)(net->activations + net->plan.buffers[buffer].offset);
}

lam_place lam_net_place(const lam_net *net, int buffer)
{
	if (buffer == BUFFER_INPUT)
		return (lam_place){(lam_real *)net->input_now, net->input_block};
	return (lam_place){buffer == BUFFER_NONE ? NULL : lam_net_buffer(net, buffer),
		net->plan.block_bytes / (int64_t)sizeof(lam_real)};
}

void lam_place_to_rows(
	lam_real *rows, lam_place place, int64_t features, int64_t n, lam_layout layout)
{
	for (int64_t s = 0; s < n && layout != LAM_BATCH_LANES; s++)
		memcpy(rows + s * features, place.data + s * place.block,
			(size_t)features * sizeof *rows);
	if (layout != LAM_BATCH_LANES)
		return;
	for (int64_t first = 0; first < n; first += LAM_LANES) {
		int real = (int)(n - first < LAM_LANES ? n - first : LAM_LANES);
		lam_kernel()->transpose.block_to_rows(rows + first * features, (size_t)features,
			place.data + first / LAM_LANES * place.block, (size_t)features, real);
	}
}
