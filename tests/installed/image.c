/* SPDX-License-Identifier: MIT */
/* A folder that is not there is refused by lamina-image, with a sentence of the core's. */
#include <lamina-image.h>
#include <lamina.h>

int main(void)
{
	lam_dataset *data = lam_dataset_images("no such folder", .shape = LAM_SHAPE(1, 8, 8));
	return data != NULL || lam_error_status() == LAM_OK || !*lam_error();
}
