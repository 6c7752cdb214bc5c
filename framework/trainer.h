/* SPDX-License-Identifier: MIT */
/** \file
 * The training loop: epochs, shuffling, augmentation, schedule, validation, checkpoints, callbacks.
 *
 *     lam_report report;
 *     lam_status status = lam_fit(net, train, &report, .epochs = 5,
 *         .optimizer = lam_sgd(.lr = 0.1f, .momentum = 0.9f));
 *
 * The result depends only on the net (parameters, seed, and the steps of its earlier runs), the
 * data and the options. It is bit-identical for any number of threads, and however often the run is
 * stopped and resumed.
 *
 * A net of several losses is trained on their weighted sum, which patience and the best epoch go by
 * too. lam_net_score_of() has the score of each.
 *
 * Each run of a net begins with moments of 0, but not with the random numbers of the run before:
 * order, augmentation and dropout depend on the seed and on the number of steps that the net's
 * earlier runs have made. Not counted are steps of the caller's own, and runs that failed: tried
 * again, such a run has the same random numbers. A net that was just made or loaded has had no run,
 * so two of them shuffle alike unless they have different seeds. A resumed run goes on with the
 * random numbers of its checkpoint, whatever its net did before. */
#ifndef LAM_TRAINER_H
#define LAM_TRAINER_H

#include "comm.h"
#include "loader.h"
#include "named.h"
#include "optimizer.h"
#include "profile.h"
#include "progress.h"
#include "schedule.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Why a run ended. */
typedef enum lam_stop {
	LAM_STOP_NOT = 0,  /**< it has not ended */
	LAM_STOP_EPOCHS,   /**< all epochs are done */
	LAM_STOP_PATIENCE, /**< no epoch was better for `.patience` epochs */
	LAM_STOP_CALLBACK, /**< a callback stopped it */
	LAM_STOP_ERROR,    /**< lam_fit() failed */
} lam_stop;

/** The results of a run. A resumed run's report includes what was done before. */
typedef struct lam_report {
	size_t size;
	int64_t epochs; /**< complete epochs */
	int64_t steps;  /**< updates of the parameters, in all epochs */
	/** of the last epoch: means over its steps, during which the parameters changed; without
	 * confusion matrix */
	lam_score train;
	/** after the last complete epoch; count 0 without a validation set. The confusion matrix is
	 * there only if this call did the validation */
	lam_score validation;
	/** the epoch, from 1, with the least validation loss (without a validation set: training
	 * loss); 0: none yet */
	int64_t best_epoch;
	/** the scores of that epoch, of the same set; NaN if there is none */
	double best_loss, best_accuracy;
	double seconds;           /**< of the whole run: steps, validation, checkpoints */
	double images_per_second; /**< samples per second of training steps */
	lam_stop stop;            /**< why the run ended */
	/** a sentence if the newest checkpoint was damaged and the run was resumed from the
	 * previous one; otherwise "" */
	char notice[256];
} lam_report;

typedef struct lam_fit_options {
	size_t size;
	size_t report_size; /**< sizeof(lam_report); set by the macro */
	lam_net *net;       /**< must end with a loss */
	/** its fields must be the net's inputs and losses, by name if there are several
	 * (lam_dataset_fields()) */
	const lam_dataset *train;
	lam_report *report; /**< may be NULL; filled on failure, too */
	LAM_NAMED;

	int epochs; /**< required */
	/** samples per step, at most the net's max_batch, which is the default; the last step of an
	 * epoch may have fewer, if there is no .drop_last. If that are too few for a layer (one
	 * sample for lam_batch_norm() of features), the run is refused before its first step */
	int64_t batch;
	const lam_dataset *validation; /**< evaluated after every epoch; NULL: none */
	lam_optimizer optimizer;       /**< required */
	lam_schedule schedule;         /**< default: always the optimizer's lr */
	/** > 0: the largest L2 norm of all gradients together; larger ones are scaled down */
	double clip;
	/** of the training samples; of the validation set's the centre of `.crop` is taken */
	lam_augment augment;
	bool no_shuffle; /**< samples in the data set's order */
	/** as lam_loader_new(.drop_last): an epoch's steps have `.batch` samples each, and what is
	 * left is not trained on in that epoch */
	bool drop_last;
	/** steps of an epoch; 0: as many as the training set has. Needed for a LAM_ENDLESS set; for
	 * others lam_loader_new(.steps_per_epoch) says what an epoch is then. Validation, the
	 * report, `.patience` and schedules go by these epochs */
	int64_t steps_per_epoch;
	/** > 0: stop after so many epochs in a row without a lower validation loss (without a
	 * validation set: training loss) */
	int patience;
	/** the net ends with the best epoch's weights: the parameters and running statistics of
	 * lam_report.best_epoch, which had the least validation loss (without a validation set: the
	 * least training loss). If the run ends before its first epoch does, the net ends as
	 * without this option. The checkpoint holds the last step's weights and the best ones.
	 * For another measure, such as accuracy, lam_net_save() in `.epoch_end` */
	bool keep_best;
	/** > 0, below 1, as 0.999: keep an exponential moving average of the parameters and running
	 * statistics. The first step copies them; every later one moves the average,
	 *
	 *     average += (1 - d) (value - average)
	 *
	 * with d = `.average`. It is AveragedModel with get_ema_avg_fn(d) and use_buffers of
	 * PyTorch, updated after every step. A value whose difference is not finite is copied.
	 *
	 * Validation is of the average, and so are patience, the best epoch and what `.keep_best`
	 * keeps. The training loss is not. Callbacks see the weights that are trained. When
	 * lam_fit() returns LAM_OK, the net has the average, or with `.keep_best` that of the best
	 * epoch; after an error it has the trained weights. The checkpoint holds the trained ones
	 * and the average */
	double average;
	/** d is min(.average, (1 + step) / (10 + step)), with steps from 1: the average forgets the
	 * first steps sooner, which a run of fewer than some 5 / (1 - .average) steps needs. As in
	 * TensorFlow's ExponentialMovingAverage and torch_ema */
	bool average_warmup;
	int average_every; /**< the average moves after every so many steps; default 1 */
	/** d is .average (step / steps)^p, with steps from 1 and p = `.average_power`, up to 16:
	 * the average follows the weights closely at first, and loosely at the end. 0: d is
	 * .average */
	int average_power;
	/** the trained weights return to the average whenever it has moved, the running statistics
	 * too, the optimizer's moments not. The average begins as the weights before the first
	 * step. That is lookahead with `.average_every` = k and `.average` = 1 - alpha (Zhang,
	 * Lucas, Ba and Hinton, "Lookahead optimizer: k steps forward, 1 step back", 2019) */
	bool lookahead;

	/** the file in which the run is saved, which lam_net_load() can read, too; NULL: none. The
	 * checkpoint before it is kept beside it as "NAME.previous". The run owns the file while it
	 * lasts (there is a "NAME.lock" then): a second run, or lam_net_save(), is refused with
	 * LAM_ERR_STATE. A forked child does not own it, and cannot go on with the run */
	const char *checkpoint;
	/** steps from one save to the next; default: once an epoch. The end of the run is always
	 * saved */
	int64_t checkpoint_every;
	/** go on from `.checkpoint`. An error (LAM_ERR_UNSUPPORTED) if the training set is a stream
	 * with a `.next`, which cannot be read again.
	 *
	 * Without such a file the run begins anew; an interrupted save never removes it. A finished
	 * run gives its report at once. If the file is damaged, the run goes on from the previous
	 * one, and the report has a notice.
	 *
	 * A file of another run is an error that names the difference: another architecture,
	 * optimizer, schedule, batch, seed, `.direct` of the net, number of training or validation
	 * samples, … Only these may differ: `.epochs` (a schedule then uses the new total),
	 * `.patience` (which also counts earlier epochs that were no better), threads, callbacks
	 * (but there is a `.before_update` in both or in none) and paths. Other data of the same
	 * size is not detected.
	 *
	 * The losses get the weights that they had when the file was written, whatever
	 * lam_net_set_loss_weight() has set before */
	bool resume;

	/** called in every step between backward and update, where it may read and write gradients,
	 * and change the optimizer, a copy for this step that has the schedule's rate: its numbers,
	 * not its rule or moments. `step` is the number of steps before this one. An error stops
	 * the run with its sentence; parameters and statistics are then as before the step. The
	 * norm for `.clip` is computed after it, and so is the check that gradients are finite: it
	 * may see others. That there is one is compared by `.resume`, but not what it does */
	lam_status (*before_update)(
		lam_net *net, lam_optimizer *optimizer, int64_t step, void *data);
	void *before_update_data; /**< borrowed; handed to `.before_update` */
	/** called after every step, and once more if the run ends within an epoch (`.stopped`); may
	 * be NULL */
	void (*progress)(const lam_progress *progress, void *data);
	void *progress_data; /**< borrowed; handed to `.progress` */
	/** called after every epoch; true stops the run */
	bool (*epoch_end)(const lam_progress *progress, void *data);
	void *epoch_end_data; /**< borrowed; handed to `.epoch_end` */
	/** called after every step; true stops the run, which can be resumed */
	bool (*step_end)(const lam_progress *progress, void *data);
	void *step_end_data; /**< borrowed; handed to `.step_end` */

	const char *replay; /**< the file for lam_replay(), written when a loss or a gradient is not
			     * finite; it holds all that the step depends on. It must differ from
			     * `.checkpoint` and the files beside that ("NAME.previous",
			     * "NAME.tmp"). NULL: none */
	/** a CSV file with a line for each epoch, which is there when `.progress` and `.epoch_end`
	 * are called:
	 *
	 *     epoch,steps,lr,train_loss,train_accuracy,validation_loss,validation_accuracy,seconds
	 *
	 * where lr is that of the epoch's last step and seconds are those of the whole run. A net
	 * of several losses has for each train_loss:NAME and its kin behind them. What there is
	 * none of is empty. Numbers have all their digits and a point, in every locale.
	 *
	 * A run that begins anew replaces the file, if it is a history. A run that is resumed
	 * goes on where its checkpoint stands: later lines are cut off, and come again. The path
	 * must differ from the others as `.replay` must, and is locked as `.checkpoint` is. NULL:
	 * none */
	const char *history;
	/** stream for a lam_net_profile() of the training steps, written at the end; NULL: none */
	FILE *profile;

	/** > 0, a power of two up to 65536: every batch is cut into so many shards. Shard s of a
	 * batch of n samples begins with sample floor(n s / shards), so sizes differ by one at
	 * most; a shard of a batch with fewer samples than shards may be empty. Forward and
	 * backward of each shard are a run of their own, so the net's max_batch need only be
	 * ceil(batch / shards), and `.batch` is at most (by default) max_batch x shards. With room
	 * for all shards of a rank, and shards of whole blocks of 16, they are one run: the same
	 * bits, sooner where weights are large. Validation takes ceil(batch / shards) samples at a
	 * time.
	 *
	 * Gradients, losses, accuracies and the sums of validation, whose set is cut in the same
	 * way, are added in one binary tree over the shards, ((0 + 1) + (2 + 3)) + …. A loss is
	 * divided by what counts in the whole batch. `.clip`, `.average` and `.before_update` see
	 * the whole gradient; outputs and inner values cannot be read there. Batch norm uses the
	 * statistics of its shard; running statistics become the mean of those that the shards with
	 * samples leave. Dropout depends on the row in the whole batch. So the result does not
	 * depend on how many ranks compute the shards, to the bit, but does on `.shards`, which is
	 * part of the run. Not with `.replay`.
	 *
	 * 0: batches are not cut */
	int shards;
	/** the ranks that compute the shards, a power of two, at most `.shards`; each has as many,
	 * neighbours of each other. NULL: this process computes all of them, with the same bits.
	 * Every rank calls lam_fit() with a net of its own, made and set alike, with data of the
	 * same contents, and the same options; all end with the same net and report. Nets, options
	 * and numbers of samples are compared before the first step, by checksums; a difference is
	 * LAM_ERR_ARGUMENT. `.checkpoint`, `.resume`, `.history` and `.progress` are those of rank
	 * 0: other ranks' are ignored, and get from it what it resumes. So a run may be resumed on
	 * another number of ranks. `.step_end` and `.epoch_end` are called on every rank that has
	 * them, and `.before_update`, which all have or none, on all; they must do the same to each
	 * net, and stop all ranks if one says so.
	 *
	 * A rank that fails ends the run on all ranks, with its status and its sentence, which
	 * begins with "rank 3: ". If one does not answer within `.timeout` seconds, the others fail
	 * with LAM_ERR_IO. The comm cannot be used then; start again with `.resume`.
	 * If it is the last of all messages that fails, other ranks may have returned LAM_OK: no
	 * rank can know that what it has sent last will come. These have the net and the report of
	 * the whole run, and rank 0's checkpoint is written by then.
	 *
	 * A set that is read in order (.next) is refused if there are several ranks */
	lam_comm *comm;
	double timeout; /**< seconds that a rank waits for another one; default 300 */
	/** For data that not every rank holds: shard s reads the samples from floor(count s / S)
	 * on, to the next shard's, and no others, in training and validation. So rank r of R needs
	 * those from floor(count r / R) to floor(count (r + 1) / R) alone; its data set has the
	 * count and shape of all. Each epoch shuffles every part by itself and takes from all parts
	 * alike, so the result depends on `.shards`, not on the ranks. `.batch` is a multiple of
	 * `.shards`, or the whole set. Part of the run; not with `.augment.mixup`, nor with a
	 * stream.
	 *
	 * false: a batch is a part of the order of all samples, and any rank may read any sample */
	bool parts;
} lam_fit_options;

/** lam_fit(net, train, &report, .epochs = ..., ...) trains a net. It returns LAM_OK also when
 * patience or a callback stopped the run.
 *
 * LAM_ERR_NUMERIC is returned in three cases:
 *
 *   - A loss or a gradient is not finite. The sentence gives the epoch, the step, and the layer and
 *     parameter where that arose. Parameters and running statistics are as before the step.
 *   - A validation loss is not finite. The sentence gives the epoch.
 *   - A trained parameter, a moment or a running statistic is not finite after the last update
 *     before a checkpoint, the end of an epoch or of the run. The sentence names it. A statistic
 *     that its layer begins at infinity is allowed. No checkpoint of such a net is written; the
 *     last one stays.
 *
 * Other errors are found before the first step: LAM_ERR_SHAPE (the samples do not fit the net's
 * input), LAM_ERR_ARGUMENT (the targets do not fit the loss; invalid options), LAM_ERR_STATE (the
 * net is for inference, or has no loss).
 *
 * What code of the caller's may do to the net during the run. The callbacks `.progress`,
 * `.step_end` and `.epoch_end` are called between two steps; a data set's `.read` and the
 * `.function` of `.augment` are called beside a step, by any thread.
 *
 *     function                                    in a callback             in `.read`
 *     ----------------------------------------    ----------------------    ----------------
 *     lam_param_value(), lam_param_grad(),        yes                       no: they change
 *       lam_net_gradients(), lam_net_loss()                                   meanwhile
 *     lam_net_output(), lam_net_input_grad()      yes; NULL after a         NULL
 *                                                   validation
 *     lam_net_predict(), lam_evaluate(),          yes                       LAM_ERR_STATE
 *       lam_net_forward(LAM_EVAL),
 *       lam_net_save() (not to `.checkpoint`)
 *     lam_net_replica()                           yes                       yes, but not run
 *     lam_param_edit(), lam_net_load_params(),    yes                       NULL, LAM_ERR_STATE
 *       lam_net_set_loss_weight()
 *     lam_param_set_trainable(), _rate(),         yes                       nothing is set
 *       _decay(), _decays()
 *     lam_net_forward(LAM_TRAIN), _backward(),    LAM_ERR_STATE             LAM_ERR_STATE
 *       _backward_from(), _update(), _step()
 *     lam_net_accumulate(), lam_net_prepare()     LAM_ERR_STATE             LAM_ERR_STATE
 *       with an optimizer, lam_fit()
 *     lam_net_free()                              nothing is freed          nothing is freed
 *
 * In `.before_update` holds what the table says of `.read`, with these exceptions: values,
 * gradients, loss, lam_net_output(), lam_net_input_grad() and lam_net_value() can be read;
 * gradients can be written (lam_param_grad_edit(), lam_net_gradients()), which elsewhere has no
 * effect; replicas for inference can be run.
 *
 * The same holds for the functions whose names end with _io. What is refused sets the sentence and
 * leaves the run as it is. Evaluating, saving and replicas change no bits of the run. What a
 * callback edits, loads or sets holds from the next step on and is in the checkpoint that follows,
 * a loss's weight too; the moments stay, and `.average` follows. So the run depends on its
 * callbacks, and a resumed run ends with the same bits if they do the same in the same steps. All
 * data sets and strings of the options must stay until lam_fit() returns.
 *
 * Other nets may be trained within a callback, too.
 *
 * Between the first step and the last, only checkpoints allocate memory.
 *
 * `.average` and `.keep_best` each take as much memory as parameters and statistics, which is not
 * the net's (lam_net_memory) but the run's.
 *
 * Checkpoints are written by a thread of their own, from a copy of parameters, statistics, moments
 * and what `.average` and `.keep_best` hold, that is made between two steps. Training waits only
 * for the copy, whose memory is allocated at the start. A checkpoint is synced and read back before
 * it gets its name. If one fails (LAM_ERR_IO, LAM_ERR_MEMORY, or LAM_ERR_FORMAT when it cannot be
 * read back), the run stops at the next one, or at its end, with that sentence. If the run ends
 * with another error, that sentence comes first. The file at `.checkpoint` is then the last good
 * one, and `.resume` goes on from it when the cause is removed. When lam_fit() returns, the thread
 * has ended. */
LAM_MUST_CHECK lam_status lam_fit_with(const lam_fit_options *options);

#ifndef __cplusplus
#define lam_fit(...) \
	lam_fit_with(&(lam_fit_options){.size = sizeof(lam_fit_options), \
		.report_size = sizeof(lam_report), \
		.net = __VA_ARGS__})
#endif

#ifdef __cplusplus
}
#endif
#endif
