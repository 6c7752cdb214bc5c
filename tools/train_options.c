/* SPDX-License-Identifier: MIT */
#include "tools/train.h"

#include <math.h>
#include <string.h>

const char train_help[] =
	"Usage: lamina train NET --data DATA [options]\n"
	"Trains a net: a description, or a saved net to go on from. The run is saved after each\n"
	"epoch. Ctrl-C saves it, too, and ends; the same command then goes on.\n"
	"\n"
	"  --data DATA               what to train on\n"
	"  --validation DATA         measured after each epoch (of mnist and cifar10: their\n"
	"                            test set, unless --hold-out is given)\n"
	"  --hold-out X              a part of the data for validation, at random: 0.1\n"
	"  --standardize             the net's first layer takes the data's means off\n"
	"  --save FILE               the run, and at last the net (default: NET.npz)\n"
	"  --fresh                   begin anew, even if there is such a file\n"
	"  --epochs N                passes over the data (default 10)\n"
	"  --batch N                 samples per step (default 128)\n"
	"  --optimizer NAME          sgd, adam, adamw (the default), rmsprop\n"
	"  --lr X                    learning rate (default 0.002; sgd: 0.05)\n"
	"  --momentum X              of sgd (default 0.9) and rmsprop\n"
	"  --nesterov                of sgd\n"
	"  --weight-decay X\n"
	"  --schedule NAME           constant, one-cycle (the default), cosine, step, plateau\n"
	"  --warmup X                part of the run in which the rate rises\n"
	"  --clip X                  the largest norm of all gradients\n"
	"  --patience N              stop after so many epochs without a lower loss\n"
	"  --last                    keep the last epoch's weights, not the best one's\n"
	"  --average X               a moving average of the weights: 0.999\n"
	"  --shift N, --flip         move images and signals at random, mirror them\n"
	"  --crop N, --cutout N      take random parts of this size; blot out squares\n"
	"  --no-shuffle, --drop-last\n"
	"  --seed N                  of everything random (default 1)\n"
	"  --threads N               default: OMP_NUM_THREADS, else all processors\n"
	"  --shards N                cut each batch into N parts (a power of two), which is what\n"
	"                            several processes share\n"
	"  --mpi                     this is one of the processes that mpirun has started: as\n"
	"                            many as --shards, or half, a quarter, … of it\n"
	"  --parts                   each shard takes its samples from a part of the data\n"
	"                            of its own, and shuffles within it\n"
	"  --timeout X               seconds that a process waits for another (default 300)\n"
	"  --direct                  no algorithm that rounds more than it must\n"
	"  --recompute               keep only some activations until backward, and compute\n"
	"                            the others again: less memory, more time, the same bits\n"
	"  --save-every N            steps between saves (default: once an epoch)\n"
	"  --history FILE            a table of the epochs, as CSV\n"
	"  --report FILE             a page of the run, run.html: curves, confusion matrix,\n"
	"                            mistakes, layers; its table of epochs is beside it\n"
	"                            as run.csv, unless --history says where\n"
	"  --replay FILE             written if a number is not finite: all of the step\n"
	"  --profile                 show at the end where the time went\n"
	"  --quiet                   no progress\n"
	"  --help\n"
	"\n" DATA_HELP;

enum {
	DATA = 256,
	VALIDATION,
	HOLD_OUT,
	STANDARDIZE,
	SAVE,
	FRESH,
	EPOCHS,
	BATCH,
	OPTIMIZER,
	LR,
	MOMENTUM,
	NESTEROV,
	WEIGHT_DECAY,
	SCHEDULE,
	WARMUP,
	CLIP,
	PATIENCE,
	LAST,
	AVERAGE,
	SHIFT,
	FLIP,
	CROP,
	CUTOUT,
	NO_SHUFFLE,
	DROP_LAST,
	SEED,
	THREADS,
	SHARDS,
	MPI,
	PARTS,
	TIMEOUT,
	DIRECT,
	RECOMPUTE,
	SAVE_EVERY,
	HISTORY,
	REPLAY,
	REPORT,
	PROFILE,
	QUIET,
};

static const struct option options[] = {{"data", required_argument, NULL, DATA},
	{"validation", required_argument, NULL, VALIDATION},
	{"hold-out", required_argument, NULL, HOLD_OUT},
	{"standardize", no_argument, NULL, STANDARDIZE}, {"save", required_argument, NULL, SAVE},
	{"fresh", no_argument, NULL, FRESH}, {"epochs", required_argument, NULL, EPOCHS},
	{"batch", required_argument, NULL, BATCH},
	{"optimizer", required_argument, NULL, OPTIMIZER}, {"lr", required_argument, NULL, LR},
	{"momentum", required_argument, NULL, MOMENTUM}, {"nesterov", no_argument, NULL, NESTEROV},
	{"weight-decay", required_argument, NULL, WEIGHT_DECAY},
	{"schedule", required_argument, NULL, SCHEDULE},
	{"warmup", required_argument, NULL, WARMUP}, {"clip", required_argument, NULL, CLIP},
	{"patience", required_argument, NULL, PATIENCE}, {"last", no_argument, NULL, LAST},
	{"average", required_argument, NULL, AVERAGE}, {"shift", required_argument, NULL, SHIFT},
	{"flip", no_argument, NULL, FLIP}, {"crop", required_argument, NULL, CROP},
	{"cutout", required_argument, NULL, CUTOUT}, {"no-shuffle", no_argument, NULL, NO_SHUFFLE},
	{"drop-last", no_argument, NULL, DROP_LAST}, {"seed", required_argument, NULL, SEED},
	{"threads", required_argument, NULL, THREADS}, {"shards", required_argument, NULL, SHARDS},
	{"mpi", no_argument, NULL, MPI}, {"parts", no_argument, NULL, PARTS},
	{"timeout", required_argument, NULL, TIMEOUT}, {"direct", no_argument, NULL, DIRECT},
	{"recompute", no_argument, NULL, RECOMPUTE},
	{"save-every", required_argument, NULL, SAVE_EVERY},
	{"history", required_argument, NULL, HISTORY}, {"replay", required_argument, NULL, REPLAY},
	{"report", required_argument, NULL, REPORT}, {"profile", no_argument, NULL, PROFILE},
	{"quiet", no_argument, NULL, QUIET}, {"help", no_argument, NULL, 'h'}, DATA_OPTIONS, {0}};

const char *const optimizer_names[] = {"sgd", "adam", "adamw", "rmsprop", NULL};
const char *const schedule_names[] = {"constant", "one-cycle", "cosine", "step", "plateau", NULL};

/* Options of texts and switches; false: it is none of them. */
static bool take_plain(struct settings *s, int code)
{
	const struct {
		int code;
		const char **text;
		bool *on;
	} all[] = {{DATA, &s->data, NULL}, {VALIDATION, &s->validation, NULL},
		{SAVE, &s->save, NULL}, {HISTORY, &s->history, NULL}, {REPLAY, &s->replay, NULL},
		{REPORT, &s->report, NULL}, {STANDARDIZE, NULL, &s->standardize},
		{FRESH, NULL, &s->fresh}, {NESTEROV, NULL, &s->nesterov}, {LAST, NULL, &s->last},
		{FLIP, NULL, &s->augment.flip}, {NO_SHUFFLE, NULL, &s->no_shuffle},
		{DROP_LAST, NULL, &s->drop_last}, {DIRECT, NULL, &s->direct},
		{RECOMPUTE, NULL, &s->recompute}, {PROFILE, NULL, &s->profile},
		{MPI, NULL, &s->mpi}, {PARTS, NULL, &s->parts}, {QUIET, NULL, &s->quiet}};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i].code == code) {
			if (all[i].text)
				*all[i].text = optarg;
			else
				*all[i].on = true;
			return true;
		}
	return false;
}

/* Options that are numbers; false: it is none of them. */
static bool take_number(struct settings *s, int code)
{
	const double most = 1e30;
	switch (code) {
	case HOLD_OUT:
		return (s->hold_out = real("hold-out", optarg, 1e-9, 1 - 1e-9)) > 0;
	case LR:
		return (s->lr = real("lr", optarg, 1e-30, most)) > 0;
	case MOMENTUM:
		return (s->momentum = real("momentum", optarg, 0, 1)) >= 0;
	case WEIGHT_DECAY:
		return (s->weight_decay = real("weight-decay", optarg, 0, most)) >= 0;
	case WARMUP:
		return (s->warmup = real("warmup", optarg, 0, 1)) >= 0;
	case CLIP:
		return (s->clip = real("clip", optarg, 1e-30, most)) > 0;
	case AVERAGE:
		return (s->average = real("average", optarg, 1e-9, 1 - 1e-9)) > 0;
	case TIMEOUT:
		return (s->timeout = real("timeout", optarg, 0.001, 1e9)) > 0;
	case EPOCHS:
		return (s->epochs = (int)whole("epochs", optarg, 1, 1000000000)) > 0;
	case BATCH:
		return (s->batch = whole("batch", optarg, 1, 1 << 24)) > 0;
	case PATIENCE:
		return (s->patience = (int)whole("patience", optarg, 1, 1000000000)) > 0;
	case THREADS:
		return (s->threads = (int)whole("threads", optarg, 1, 1024)) > 0;
	case SHARDS:
		return (s->shards = (int)whole("shards", optarg, 1, 65536)) > 0;
	case SAVE_EVERY:
		return (s->save_every = whole("save-every", optarg, 1, INT64_MAX)) > 0;
	case SHIFT:
		return (s->augment.shift = (int)whole("shift", optarg, 0, 1 << 20)) >= 0;
	case CROP:
		return (s->augment.crop[0] = (int)whole("crop", optarg, 1, 1 << 20)) > 0;
	case CUTOUT:
		return (s->augment.cutout = (int)whole("cutout", optarg, 1, 1 << 20)) > 0;
	case SEED:
		s->seed = (uint64_t)whole("seed", optarg, 0, INT64_MAX);
		return true;
	default:
		return false;
	}
}

struct settings parse_training(int argc, char **argv)
{
	struct settings s = {.epochs = 10,
		.batch = 128,
		.seed = 1,
		.momentum = NAN,
		.warmup = NAN,
		.optimizer = ADAMW,
		.schedule = ONE_CYCLE};
	for (int code; (code = getopt_long(argc, argv, "", options, NULL)) != -1;)
		if (code == OPTIMIZER)
			s.optimizer = choice("optimizer", optarg, optimizer_names);
		else if (code == SCHEDULE)
			s.schedule = choice("schedule", optarg, schedule_names);
		else if (!take_data_option(&s.table, code, optarg) && !take_plain(&s, code)
			&& !take_number(&s, code))
			refused_option(code, argv);
	if (optind + 1 != argc)
		misused("expected one NET, then options");
	s.net = argv[optind];
	if (!s.data)
		misused("expected --data DATA");
	if (s.validation && s.hold_out > 0)
		misused("--hold-out beside --validation");
	if (s.nesterov && s.optimizer != SGD)
		misused("--nesterov is of --optimizer sgd");
	if (!isnan(s.momentum) && s.optimizer != SGD && s.optimizer != RMSPROP)
		misused("--momentum is of --optimizer sgd and rmsprop");
	if (s.schedule == CONSTANT && !isnan(s.warmup))
		misused("--warmup with --schedule constant");
	if (s.mpi && !s.shards)
		misused("--mpi needs --shards N");
	if (s.parts && !s.shards)
		misused("--parts needs --shards N");
	if (s.timeout > 0 && !s.mpi)
		misused("--timeout without --mpi; expected both");
	if (s.shards && (s.replay || s.report))
		misused("--%s with --shards", s.replay ? "replay" : "report");
	return s;
}
