/* SPDX-License-Identifier: MIT */
/* Bundles of failed steps: each is refused, or replayed twice with equal rows, within the memory
 * limit. */
#include "framework/replay.h"
#include "tests/fuzz/fuzz_zip.h"

enum {
	/* Bytes of a net; small, because the time of a step is up to parameters times values. */
	LIMIT = 1 << 18,
	FLOOR = (8 << 20) + 2 * LIMIT,
	PER_BYTE = 1024,
};

struct seen {
	int64_t rows, first_bad; /* first_bad: from 1 on; 0: all rows are finite */
	double sum;
};

static bool look(const lam_replay_row *row, void *data)
{
	struct seen *seen = data;
	const int64_t bad = row->nans + row->infinities;
	if (!row->layer || !row->failure || row->count < 1 || row->nans < 0 || row->infinities < 0
		|| bad > row->count)
		fuzz_wrong("a row that cannot be");
	if (bad < row->count && !(row->least <= row->most))
		fuzz_wrong("a least value above the most");
	seen->rows++;
	if (bad && !seen->first_bad)
		seen->first_bad = seen->rows;
	if (bad < row->count)
		seen->sum += row->mean / (double)seen->rows;
	return false;
}

FUZZ_TARGET(replay)
{
	uint8_t *archive = fuzz_repaired(data, size);
	const char *path = fuzz_path(archive, size);
	struct seen seen[2] = {{.rows = 0}, {.rows = 0}};
	lam_status status[2];
	for (int time = 0; time < 2; time++) {
		fuzz_begin(FLOOR, PER_BYTE, size);
		status[time] = lam_replay(path, .row = look, .row_data = &seen[time], .threads = 1,
			.memory_limit = LIMIT);
		fuzz_end();
	}
	if (status[0] != status[1] || memcmp(&seen[0], &seen[1], sizeof *seen))
		fuzz_wrong("the second replay is another");
	if (status[0] == LAM_OK ? seen->rows == 0 || seen->first_bad
				: (status[0] == LAM_ERR_NUMERIC) != (seen->first_bad != 0))
		fuzz_wrong("a status that its rows do not bear out");
	free(archive);
	return 0;
}
