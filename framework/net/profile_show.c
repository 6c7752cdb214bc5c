/* SPDX-License-Identifier: MIT */
/* Reading a profile: its rows, their totals, and the table. */
#include "framework/net/lines.h"
#include "framework/net/profile.h"

#include <inttypes.h>
#include <string.h>

static double place_seconds(const struct lam_profile *profile, int place)
{
	double seconds = 0;
	for (int t = 0; t < profile->threads; t++)
		seconds += profile->seconds[t * profile->stride + place];
	return seconds;
}

static lam_profile_row row_of(const lam_net *net, int place)
{
	const struct lam_profile_count *count = &net->profile->counts[place];
	const bool at_end = place / LAM_PROFILE_JOBS == net->plan.call_count;
	const lam_call *call = &net->plan.calls[at_end ? 0 : place / LAM_PROFILE_JOBS];
	return (lam_profile_row){
		.size = sizeof(lam_profile_row),
		.name = at_end ? "" : call->path,
		.kind = at_end ? "" : call->layer_class->kind,
		.job = (lam_profile_job)(place % LAM_PROFILE_JOBS),
		.runs = count->runs,
		.samples = count->samples,
		.seconds = place_seconds(net->profile, place),
		.flops = count->flops,
		.bytes = count->bytes,
	};
}

int lam_net_profile_rows(const lam_net *net, lam_profile_row *rows, int most, size_t row_size)
{
	if (!net || !net->profile)
		return 0;
	int count = 0;
	for (int place = 0; place < net->profile->places; place++) {
		const lam_profile_row row = row_of(net, place);
		if (row.runs == 0)
			continue;
		if (rows && count < most)
			memcpy((char *)rows + (size_t)count * row_size, &row,
				row_size < sizeof row ? row_size : sizeof row);
		count++;
	}
	return count;
}

void lam_net_profile_total(const lam_net *net, lam_profile_total *total, size_t total_size)
{
	if (!total)
		return;
	lam_profile_total all = {.size = sizeof all};
	const struct lam_profile *profile = net ? net->profile : NULL;
	for (int place = 0; profile && place < profile->places; place++)
		all.busy_seconds += place_seconds(profile, place);
	if (profile) {
		all.runs = profile->all_runs;
		all.samples = profile->all_samples;
		all.threads = profile->team;
		all.wall_seconds = profile->wall_seconds;
		all.team_seconds = profile->team_seconds;
	}
	memcpy(total, &all, total_size < sizeof all ? total_size : sizeof all);
}

static void print_row(
	FILE *out, int width, const lam_profile_row *row, const lam_profile_total *total)
{
	static const char *const job[] = {
		[LAM_PROFILE_FORWARD] = "forward",
		[LAM_PROFILE_GRADIENT] = "weight gradient",
		[LAM_PROFILE_BACKWARD] = "input gradient",
		[LAM_PROFILE_PACK] = "pack",
		[LAM_PROFILE_UPDATE] = "update",
		[LAM_PROFILE_ROWS] = "rows to lanes",
		[LAM_PROFILE_DATA] = "next batch",
	};
	const double seconds = row->seconds / (total->threads ? total->threads : 1),
		     share = total->wall_seconds > 0 ? seconds / total->wall_seconds : 0;
	fprintf(out, "%-*s %-24s %-16s %9.3f %6.1f%%", width, row->name, row->kind, job[row->job],
		1e3 * seconds / (double)row->runs, 100 * share);
	if (row->flops > 0 && seconds > 0)
		fprintf(out, " %9.1f", 1e-9 * row->flops / seconds);
	else
		fprintf(out, " %9s", "");
	if (row->bytes > 0 && seconds > 0)
		fprintf(out, " %8.1f", 1e-9 * row->bytes / seconds);
	fputc('\n', out);
}

lam_status lam_net_profile(const lam_net *net, FILE *out)
{
	if (!net || !out)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_net_profile: the %s is NULL",
			net ? "stream" : "net");
	if (!net->profile)
		return lam_fail(LAM_ERR_STATE,
			"lam_net_profile: the profile of this net was never started; expected "
			"lam_net_profile_start() first");
	lam_profile_total total;
	lam_net_profile_total(net, &total, sizeof total);
	const int width = lam_net_name_width(net);
	fprintf(out, "%-*s %-24s %-16s %9s %7s %9s %8s\n", width, "name", "layer", "work", "ms/run",
		"share", "GFLOP/s", "GB/s");
	for (int place = 0; place < net->profile->places; place++) {
		const lam_profile_row row = row_of(net, place);
		if (row.runs > 0)
			print_row(out, width, &row, &total);
	}
	const double threads = total.threads ? total.threads : 1,
		     runs = total.runs ? (double)total.runs : 1;
	const double waited = (total.team_seconds - total.busy_seconds) / threads;
	fprintf(out, "%-*s %-24s %-16s %9.3f %6.1f%%\n", width, "", "", "waiting",
		1e3 * waited / runs,
		total.wall_seconds > 0 ? 100 * waited / total.wall_seconds : 0);
	fprintf(out, "%" PRId64 " runs of %.3f ms on %d thread%s, %.0f samples/s\n", total.runs,
		1e3 * total.wall_seconds / runs, total.threads, total.threads == 1 ? "" : "s",
		total.wall_seconds > 0 ? (double)total.samples / total.wall_seconds : 0);
	return ferror(out)
		? lam_fail(LAM_ERR_IO, "lam_net_profile: the stream refused to take the table")
		: LAM_OK;
}
