# The framework: nouns that know no particular layer and no particular data set. One name per line, sorted.

framework_public_headers = \
	framework/dataset.h \
	framework/evaluate.h \
	framework/gradcheck.h \
	framework/layer.h \
	framework/loader.h \
	framework/memory.h \
	framework/net.h \
	framework/optimizer.h \
	framework/option.h \
	framework/param.h \
	framework/pass.h \
	framework/plan.h \
	framework/progress.h \
	framework/random.h \
	framework/save.h \
	framework/schedule.h \
	framework/shape.h \
	framework/status.h \
	framework/target.h \
	framework/trainer.h \
	framework/vec.h \
	framework/version.h

framework_private_headers = \
	framework/architecture.h \
	framework/barrier.h \
	framework/catalogue.h \
	framework/checkpoint.h \
	framework/file.h \
	framework/fit_state.h \
	framework/layer_inside.h \
	framework/loader_inside.h \
	framework/net_inside.h \
	framework/npy.h \
	framework/npz.h \
	framework/number.h \
	framework/optimizer_check.h \
	framework/plan_inside.h \
	framework/run.h \
	framework/save_inside.h \
	framework/score.h \
	framework/stream.h \
	framework/take.h \
	framework/trainer_inside.h \
	framework/unsaid.h \
	framework/walk.h \
	framework/zip.h \
	framework/zip_format.h \
	framework/zlib_memory.h

framework_sources = \
	framework/add.c \
	framework/architecture_parse.c \
	framework/architecture_write.c \
	framework/augment.c \
	framework/barrier.c \
	framework/checkpoint.c \
	framework/dataset.c \
	framework/evaluate.c \
	framework/file.c \
	framework/file_read.c \
	framework/fit_state.c \
	framework/gradcheck.c \
	framework/isa.c \
	framework/layer.c \
	framework/load_params.c \
	framework/loader.c \
	framework/memory.c \
	framework/net.c \
	framework/net_memory.c \
	framework/net_run.c \
	framework/net_step.c \
	framework/npy.c \
	framework/npy_convert.c \
	framework/npz_read.c \
	framework/npz_write.c \
	framework/number.c \
	framework/optimizer.c \
	framework/option.c \
	framework/param.c \
	framework/plan.c \
	framework/plan_lifetimes.c \
	framework/plan_needs.c \
	framework/plan_place.c \
	framework/progress.c \
	framework/random.c \
	framework/save.c \
	framework/schedule.c \
	framework/score.c \
	framework/shape.c \
	framework/status.c \
	framework/stream.c \
	framework/summary.c \
	framework/take.c \
	framework/trainer.c \
	framework/trainer_check.c \
	framework/trainer_show.c \
	framework/unit.c \
	framework/vec.c \
	framework/version.c \
	framework/walk.c \
	framework/zip_format.c \
	framework/zip_read.c \
	framework/zip_stream.c \
	framework/zip_write.c
