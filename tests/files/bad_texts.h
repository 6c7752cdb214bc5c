/* SPDX-License-Identifier: MIT */
/* Architectures that contradict themselves, and the sentences that they must give. */
static const struct bad_text {
	const char *text, *words;
} bad_texts[] = {
	{"nonsense", "architecture line 1: \"nonsense\"; expected lamina-architecture"},
	{"lamina-architecture 2\n", "version \"2\"; expected 1"},
	{"lamina-architecture 1\n", "expected a line \"input\""},
	{"lamina-architecture 1\ninput 0x3\nrelu\n", "the input is \"0x3\""},
	{"lamina-architecture 1\ninput 99999999999999999999\nrelu\n", "the input is"},
	{"lamina-architecture 1\ninput 4\n", "expected a layer"},
	{"lamina-architecture 1\ninput 4\nswish\n", "architecture line 3: unknown layer \"swish\""},
	{"lamina-architecture 1\ninput 4\naffine out\n",
		"\"out\" behind affine; expected option=value"},
	{"lamina-architecture 1\ninput 4\naffine out=-3\n", "option out is -3"},
	{"lamina-architecture 1\ninput 4\naffine out=3 depth=2\n", "affine has no option depth"},
	{"lamina-architecture 1\ninput 4\naffine out=3,3\n",
		"affine has out=3,3; expected a whole number"},
	{"lamina-architecture 1\ninput 4\naffine\n", "option out is required"},
	{"lamina-architecture 1\ninput 4\naffine out=3 name=a/b\n", "option name is \"a/b\""},
	{"lamina-architecture 1\ninput 4\nsequential {\nrelu\n",
		"the text ends inside sequential; expected }"},
	{"lamina-architecture 1\ninput 4\nsequential {\n}\n",
		"sequential: 0 layers; expected 1 to"},
	{"lamina-architecture 1\ninput 4\nrelu {\nrelu\n}\n", "relu: 1 layers; expected 0 to 0"},
	{"lamina-architecture 1\ninput 4\nrelu\nrelu\n", "text behind the last layer"},
	{"lamina-architecture 1\ninput 4\naffine out=1000000\n",
		"has no entry \"weight\"; its architecture needs one of shape 1000000x4"},
	{"lamina-architecture 1\ninput 1000000x1000000x1000\nconv2d out=1 kernel=1,1\n",
		"made.npz"},
};
