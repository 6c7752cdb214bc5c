/* SPDX-License-Identifier: MIT */
#include "exchange/c/name.h"

#include <stddef.h>
#include <string.h>

/* Words of C and C++, macros of compilers, and arguments of the functions. */
static const char *const words[] = {"alignas", "alignof", "and", "and_eq", "arena", "asm",
	"atomic_cancel", "auto", "bitand", "bitor", "bool", "break", "case", "catch", "char",
	"char16_t", "char32_t", "char8_t", "class", "co_await", "co_return", "co_yield", "compl",
	"concept", "const", "const_cast", "consteval", "constexpr", "constinit", "continue",
	"decltype", "default", "delete", "do", "double", "dynamic_cast", "else", "enum", "explicit",
	"export", "extern", "false", "float", "for", "friend", "goto", "if", "inline", "int",
	"linux", "long", "main", "mutable", "namespace", "new", "noexcept", "not", "not_eq",
	"nullptr", "operator", "or", "or_eq", "private", "protected", "public", "register",
	"reinterpret_cast", "requires", "restrict", "return", "short", "signed", "sizeof", "static",
	"static_assert", "static_cast", "std", "struct", "switch", "template", "this",
	"thread_local", "throw", "true", "try", "typedef", "typeid", "typename", "typeof",
	"typeof_unqual", "union", "unix", "unsigned", "using", "virtual", "void", "volatile",
	"wchar_t", "weights", "while", "xor", "xor_eq"};

/* Names of stdio.h and stdint.h, and macros and types of math.h. */
static const char *const headers[] = {"EOF", "FILE", "HUGE_VAL", "INFINITY", "NAN", "NULL",
	"clearerr", "double_t", "fclose", "feof", "ferror", "fflush", "fgetc", "fgetpos", "fgets",
	"float_t", "fopen", "fpclassify", "fpos_t", "fprintf", "fputc", "fputs", "fread", "freopen",
	"fscanf", "fseek", "fsetpos", "ftell", "fwrite", "getc", "getchar", "gets", "int16_t",
	"int32_t", "int64_t", "int8_t", "intptr_t", "isfinite", "isgreater", "isgreaterequal",
	"isinf", "isless", "islessequal", "islessgreater", "isnan", "isnormal", "isunordered",
	"off_t", "perror", "printf", "putc", "putchar", "puts", "remove", "rename", "rewind",
	"scanf", "setbuf", "setvbuf", "signbit", "signgam", "size_t", "snprintf", "sprintf",
	"sscanf", "ssize_t", "stderr", "stdin", "stdout", "tmpfile", "tmpnam", "uint16_t",
	"uint32_t", "uint64_t", "uint8_t", "uintptr_t", "ungetc", "va_list", "vfprintf", "vprintf",
	"vscanf", "vsnprintf", "vsprintf", "vsscanf"};

/* Functions of math.h, or of compilers, each also with an f or an l behind it. */
static const char *const functions[] = {"abs", "acos", "acosh", "asin", "asinh", "atan", "atan2",
	"atanh", "cbrt", "ceil", "copysign", "cos", "cosh", "drem", "erf", "erfc", "exp", "exp10",
	"exp2", "expm1", "fabs", "fdim", "finite", "floor", "fma", "fmax", "fmin", "fmod", "frexp",
	"gamma", "hypot", "ilogb", "j0", "j1", "jn", "ldexp", "lgamma", "llrint", "llround", "log",
	"log10", "log1p", "log2", "logb", "lrint", "lround", "modf", "nan", "nearbyint",
	"nextafter", "nexttoward", "pow", "pow10", "remainder", "remquo", "rint", "round", "scalb",
	"scalbln", "scalbn", "significand", "sin", "sincos", "sinh", "sqrt", "tan", "tanh",
	"tgamma", "trunc", "y0", "y1", "yn"};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether the first `length` letters of a name are in a list. */
static bool is_in(const char *const *list, size_t count, const char *name, size_t length)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(list[i]) == length && !strncmp(list[i], name, length))
			return true;
	return false;
}
#define IS_IN(list, length) is_in(list, sizeof(list) / sizeof *(list), name, length)

bool lam_c_is_name(const char *name)
{
	const size_t length = strlen(name);
	if (!is_letter(*name) || length > LAM_C_LONGEST_NAME)
		return false;
	for (const char *c = name; *c; c++)
		if (!is_letter(*c) && *c != '_' && !(*c >= '0' && *c <= '9'))
			return false;
	const char last = name[length - 1];
	return !IS_IN(words, length) && !IS_IN(headers, length) && !IS_IN(functions, length)
		&& !((last == 'f' || last == 'l') && IS_IN(functions, length - 1));
}
