/* SPDX-License-Identifier: MIT */
/* Data sets of fields: what they say, what they read, how they are moved, and what is refused. */
#include "tests/train/ends_problem.h"

static void fields_are_described_and_read(void)
{
	lam_dataset *data = ends_data(COUNT);
	require(data, "%s", lam_error());
	check(lam_dataset_field_count(data) == 4 && lam_dataset_count(data) == COUNT);
	const lam_field kind = lam_dataset_field(data, 2), image = lam_dataset_field(data, 3);
	check(!strcmp(kind.name, "kind") && kind.role == LAM_ROLE_CLASSES && kind.classes == CLASSES
		&& !kind.data);
	check(!strcmp(image.name, "image") && image.role == LAM_ROLE_INPUT
		&& image.shape.dim[2] == SIDE);
	check(!lam_dataset_field(data, 4).name && !lam_dataset_field(NULL, 0).name);
	check(lam_dataset_shape(data).dim[0] == SIZES
		&& lam_dataset_targets(data).type == LAM_VALUES);
	lam_real price, size[SIZES], x[PIXELS];
	int32_t found = -1;
	check_ok(lam_dataset_read_fields(data, 7, (void *const[]){&price, size, &found, x}));
	check(price == prices[7] && found == kinds[7]
		&& !memcmp(size, sizes + 7 * SIZES, sizeof size)
		&& !memcmp(x, images + 7 * PIXELS, sizeof x));
	found = -1;
	check_ok(lam_dataset_read_fields(data, 8, (void *const[]){NULL, NULL, &found, NULL}));
	check(found == kinds[8]);
	check_fails(lam_dataset_read(data, 0, x, NULL), LAM_ERR_ARGUMENT,
		"lam_dataset_read() of 4 fields with names; expected lam_dataset_read_fields()");
	check_fails(lam_dataset_read_fields(data, COUNT, (void *const[]){0, 0, 0, 0}),
		LAM_ERR_ARGUMENT, "no sample 83 among 83");
	lam_dataset_free(data);

	data = lam_dataset_arrays(images, LAM_SHAPE(1, SIDE, SIDE), kinds, COUNT);
	require(data, "%s", lam_error());
	check(lam_dataset_field_count(data) == 2
		&& !strcmp(lam_dataset_field(data, 0).name, "input")
		&& !strcmp(lam_dataset_field(data, 1).name, "loss"));
	check_ok(lam_dataset_read_fields(data, 9, (void *const[]){x, &found}));
	check(found == kinds[9] && !memcmp(x, images + 9 * PIXELS, sizeof x));
	lam_dataset_free(data);
}

/* Two images and a map of one plane move alike, what is .still or no image stays, and targets that
 * are an input are the moved one. */
static void images_move_alike(void)
{
	static int32_t map[COUNT * PIXELS];
	fill_ends();
	for (int i = 0; i < COUNT * PIXELS; i++)
		map[i] = images[i] > (lam_real)0.75;
	lam_dataset *data = lam_dataset_fields(COUNT,
		(const lam_field[]){{"left", images, .shape = LAM_SHAPE(1, SIDE, SIDE)},
			{"still", images, .shape = LAM_SHAPE(1, SIDE, SIDE), .still = true},
			{"size", sizes, .shape = LAM_SHAPE(SIZES)},
			{"right", images, .shape = LAM_SHAPE(1, SIDE, SIDE)},
			{"map", map, .role = LAM_ROLE_CLASSES, .shape = LAM_SHAPE(SIDE, SIDE),
				.ignore = 9},
			{"copy", .role = LAM_ROLE_SAME, .of = "right"}, {0}});
	require(data, "%s", lam_error());
	const lam_augment augment = {.shift = 2, .flip = true};
	lam_loader *loader = lam_loader_new(
			   data, .batch = BATCH, .no_shuffle = true, .augment = augment),
		   *plain = lam_loader_new(data, .batch = BATCH, .no_shuffle = true);
	require(loader && plain, "%s", lam_error());
	int moved = 0, gaps = 0;
	for (int b = 0; b < 5; b++) {
		const lam_batch *batch = lam_loader_next(loader), *still = lam_loader_next(plain);
		require(batch && still, "%s", lam_error());
		const lam_io *io = batch->io;
		check(!strcmp(io[4].name, "map") && !io[6].name);
		const size_t pixels = (size_t)batch->n * PIXELS * sizeof(lam_real);
		const lam_real *left = io[0].data;
		const int32_t *classes = io[4].data;
		check(batch->x == left && batch->targets == (const void *)classes);
		check(!memcmp(left, io[3].data, pixels) && io[5].data == io[3].data);
		check(!memcmp(io[1].data, still->io[1].data, pixels)
			&& !memcmp(io[2].data, still->io[2].data,
				(size_t)batch->n * SIZES * sizeof(lam_real)));
		moved += memcmp(left, still->x, pixels) != 0;
		for (int64_t i = 0; i < batch->n * PIXELS; i++) {
			gaps += classes[i] == 9;
			check(classes[i] == 9 ? left[i] == 0
					      : classes[i] == (left[i] > (lam_real)0.75));
		}
	}
	check(moved == 5 && gaps > 100, "%d %d", moved, gaps);
	lam_loader_free(loader);
	lam_loader_free(plain);
	lam_dataset_free(data);
}

/* A data set of one's own: two inputs that are computed. */
static lam_status sums_read(const lam_dataset *self, int64_t index, void *const *to)
{
	(void)self;
	if (to[0])
		*(lam_real *)to[0] = (lam_real)index;
	if (to[1])
		((lam_real *)to[1])[0] = ((lam_real *)to[1])[1] = (lam_real)index / 2;
	if (to[2])
		*(int32_t *)to[2] = index == 5 ? 7 : 1;
	return index == 6 ? LAM_ERR_IO : LAM_OK;
}

static void a_class_of_ones_own(void)
{
	static const lam_dataset_class sums = {
		LAM_DATASET_ABI, .kind = "sums", .read_fields = sums_read};
	const lam_field fields[] = {{"a", .shape = LAM_SHAPE(1)}, {"b", .shape = LAM_SHAPE(2)},
		{"c", .role = LAM_ROLE_CLASSES, .classes = 3}, {0}};
	lam_dataset *data = lam_dataset_new_fields(&sums, 10, fields);
	require(data, "%s", lam_error());
	lam_real a, b[2];
	int32_t c;
	check_ok(lam_dataset_read_fields(data, 4, (void *const[]){&a, b, &c}));
	check(a == 4 && b[1] == 2 && c == 1);
	check_fails(lam_dataset_read_fields(data, 5, (void *const[]){&a, b, &c}), LAM_ERR_ARGUMENT,
		"data set \"sums\", field \"c\": sample 5 has class 7, expected 0 to 2");
	check_fails(lam_dataset_read_fields(data, 6, (void *const[]){&a, b, &c}), LAM_ERR_IO,
		"its .read_fields failed");
	lam_dataset_free(data);
	check(!lam_dataset_new(&sums, 10, LAM_SHAPE(1), (lam_target_info){.classes = 2}));
	check(strstr(lam_error(), "its class has no .read") != NULL);
}

static void wrong_fields_are_refused(void)
{
	fill_ends();
	static const int32_t classes[3] = {0, 4, 1};
	const lam_shape one = LAM_SHAPE(1);
	const struct {
		const char *sentence;
		lam_field fields[4];
	} table[] = {
		{"field 1 has no name", {{"a", sizes, .shape = one}, {NULL, sizes, .shape = one}}},
		{"field 0 has no name", {{"", sizes, .shape = one}}},
		{"field \"a\": it is there twice",
			{{"a", sizes, .shape = one}, {"a", sizes, .shape = one}}},
		{"none of its 1 fields is an input",
			{{"a", sizes, .role = LAM_ROLE_VALUES, .shape = one}}},
		{"none of its 0 fields is an input", {{0}}},
		{"field \"a\": the data are NULL", {{"a", .shape = one}}},
		{"field \"b\": the data are an array; expected NULL with LAM_ROLE_SAME",
			{{"a", sizes, .shape = one}, {"b", sizes, .role = LAM_ROLE_SAME}}},
		{"field \"b\": .of is \"c\", which is no input",
			{{"a", sizes, .shape = one}, {"b", .role = LAM_ROLE_SAME, .of = "c"}}},
		{"field \"a\": .classes of a field that has no classes",
			{{"a", sizes, .shape = one, .classes = 3}}},
		{"field \"a\": its .role is 9", {{"a", sizes, .shape = one, .role = (lam_role)9}}},
		{"field \"b\": targets that are values need their shape",
			{{"a", sizes, .shape = one}, {"b", sizes, .role = LAM_ROLE_VALUES}}},
		{"field \"a\": (no shape) is no shape", {{"a", .data = sizes}}},
		{"field \"b\": sample 1 has class 4, expected 0 to 2",
			{{"a", sizes, .shape = one},
				{"b", classes, .role = LAM_ROLE_CLASSES, .classes = 3}}},
		{"or .role = LAM_ROLE_CLASSES",
			{{"a", sizes, .shape = one},
				{"b", classes, .role = LAM_ROLE_VALUES, .shape = one}}},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		test_begin("%s", table[i].sentence);
		check(!lam_dataset_fields(3, table[i].fields));
		check(strstr(lam_error(), table[i].sentence) != NULL, "%s", lam_error());
		test_end();
	}
	check(!lam_dataset_fields(3, NULL) && strstr(lam_error(), "list of fields is NULL"));
}

/* A data set whose fields are not the net's ends. */
static void the_names_must_be_the_nets(void)
{
	fill_ends();
	const lam_field image = {"image", images, .shape = LAM_SHAPE(1, SIDE, SIDE)},
			size = {"size", sizes, .shape = LAM_SHAPE(SIZES)},
			short_size = {"size", sizes, .shape = LAM_SHAPE(2)},
			kind = {"kind", kinds, .role = LAM_ROLE_CLASSES},
			four = {"kind", kinds, .role = LAM_ROLE_CLASSES, .classes = 4},
			price = {"price", prices, .shape = LAM_SHAPE(1), .role = LAM_ROLE_VALUES},
			two = {"price", sizes, .shape = LAM_SHAPE(2), .role = LAM_ROLE_VALUES},
			sort = {"sort", kinds, .role = LAM_ROLE_CLASSES},
			kind_values = {
				"kind", prices, .shape = LAM_SHAPE(1), .role = LAM_ROLE_VALUES};
	const char *names = "the net expected the inputs \"image\", \"size\" and the targets "
			    "\"price\", \"kind\"";
	const struct {
		lam_status status;
		const char *sentence;
		lam_field fields[6];
	} table[] = {
		{LAM_ERR_ARGUMENT, names, {image, kind, price}},
		{LAM_ERR_ARGUMENT, names, {image, size, kind}},
		{LAM_ERR_ARGUMENT, names, {image, size, kind, price, sort}},
		{LAM_ERR_ARGUMENT, names, {image, size, sort, price}},
		{LAM_ERR_ARGUMENT,
			"the training set has the inputs \"image\", \"size\" and the targets none",
			{image, size}},
		{LAM_ERR_SHAPE, "has \"size\" of shape 2; the net's input expected 3",
			{image, short_size, kind, price}},
		{LAM_ERR_ARGUMENT, "\"kind\" of the training set has 4 classes",
			{image, size, four, price}},
		{LAM_ERR_SHAPE, "\"price\" of the training set has targets of shape 2",
			{image, size, kind, two}},
		{LAM_ERR_ARGUMENT, "\"kind\" of the training set has values as targets",
			{image, size, kind_values, price}},
	};
	lam_net *net = ends_net(1);
	require(net, "%s", lam_error());
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		test_begin("%d: %s", (int)i, table[i].sentence);
		lam_dataset *data = lam_dataset_fields(COUNT, table[i].fields);
		require(data, "%s", lam_error());
		check_fails(lam_fit(net, data, NULL, .epochs = 1,
				    .optimizer = lam_sgd(.lr = (lam_real)0.1)),
			table[i].status, table[i].sentence);
		lam_dataset_free(data);
		test_end();
	}
	lam_dataset *data = lam_dataset_arrays(images, LAM_SHAPE(1, SIDE, SIDE), kinds, COUNT);
	lam_score score;
	check_fails(lam_evaluate(net, data, &score), LAM_ERR_ARGUMENT,
		"the data set has samples and targets without names; expected fields "
		"(lam_dataset_fields()) for the inputs \"image\", \"size\" and the losses "
		"\"price\", \"kind\"");
	lam_dataset_free(data);
	lam_net_free(net);
}

static void wrong_augmentation_is_refused(void)
{
	fill_ends();
	const lam_field image = {"image", images, .shape = LAM_SHAPE(1, SIDE, SIDE)},
			flat = {"flat", images, .shape = LAM_SHAPE(1, 3, 12)},
			size = {"size", sizes, .shape = LAM_SHAPE(SIZES)};
	const struct {
		const char *sentence;
		lam_field fields[3];
	} table[] = {
		{"\"image\" has the shape 1x6x6 and \"flat\" 1x3x12; expected planes of one size",
			{image, flat}},
		{"none of the inputs moves", {size}},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		lam_dataset *data = lam_dataset_fields(COUNT, table[i].fields);
		require(data, "%s", lam_error());
		check(!lam_loader_new(data, .augment = {.flip = true}));
		check(strstr(lam_error(), table[i].sentence) != NULL, "%s", lam_error());
		lam_dataset_free(data);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(fields_are_described_and_read),
		TEST(images_move_alike),
		TEST(a_class_of_ones_own),
		TEST(wrong_fields_are_refused),
		TEST(the_names_must_be_the_nets),
		TEST(wrong_augmentation_is_refused),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
