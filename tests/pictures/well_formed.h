/* SPDX-License-Identifier: MIT */
/* Checks that a text is well-formed XML of the kind that pictures and pages are, and that it needs
 * nothing from elsewhere. */
#ifndef LAM_TESTS_WELL_FORMED_H
#define LAM_TESTS_WELL_FORMED_H

#include "framework/base/shown.h"
#include "tests/files/files.h"

enum { XML_DEPTH = 64, XML_NAME = 32 };

struct xml {
	const char *at;
	char open[XML_DEPTH][XML_NAME];
	int depth, roots;
};

KIT_UNUSED static bool xml_text(const char **at, const char *stop)
{
	static const char *const names[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
	while (**at && !strchr(stop, **at)) {
		bool known = **at != '&';
		for (size_t i = 0; i < sizeof names / sizeof *names && !known; i++)
			known = strncmp(*at, names[i], strlen(names[i])) == 0;
		const size_t bytes = **at == '\n' ? 1 : lam_printable(*at, strnlen(*at, 8));
		if (!known || !bytes || **at == '<')
			return check(false, "at \"%.40s\"", *at);
		*at += bytes;
	}
	return check(**at != 0);
}

/* A tag, behind its "<". */
KIT_UNUSED static bool xml_tag(struct xml *xml)
{
	char name[XML_NAME] = "";
	const bool closes = *xml->at == '/';
	xml->at += closes;
	const size_t length = strcspn(xml->at, " />\n");
	if (!check(length > 0 && length < XML_NAME, "at \"%.40s\"", xml->at))
		return false;
	memcpy(name, xml->at, length);
	xml->at += length;
	if (!check(strcmp(name, "script") != 0))
		return false;
	if (closes) {
		xml->at++;
		return check(xml->depth > 0 && strcmp(xml->open[xml->depth - 1], name) == 0,
			       "</%s> closes <%s>", name,
			       xml->depth ? xml->open[xml->depth - 1] : "")
			&& (xml->depth--, true);
	}
	while (*xml->at == ' ') {
		xml->at += 1 + strcspn(xml->at + 1, "=\" ><");
		if (!check(strncmp(xml->at, "=\"", 2) == 0, "at \"%.40s\"", xml->at))
			return false;
		xml->at += 2;
		if (!xml_text(&xml->at, "\""))
			return false;
		xml->at++;
	}
	xml->roots += xml->depth == 0;
	if (strncmp(xml->at, "/>", 2) == 0) {
		xml->at += 2;
		return true;
	}
	if (!check(*xml->at == '>' && xml->depth < XML_DEPTH, "at \"%.40s\"", xml->at))
		return false;
	strcpy(xml->open[xml->depth++], name);
	xml->at++;
	return true;
}

/* Nothing is fetched: the only addresses are names of languages. */
KIT_UNUSED static void xml_stays_here(const char *text)
{
	for (const char *at = text; (at = strstr(at, "http")); at++)
		check(strncmp(at, "http://www.w3.org/", 18) == 0, "%.40s", at);
	check(!strstr(text, "url(") && !strstr(text, "@import") && !strstr(text, " onload="));
}

KIT_UNUSED static bool xml_check(const char *text)
{
	struct xml xml = {.at = text};
	bool good = true;
	if (strncmp(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", 39) == 0)
		xml.at += 39;
	if (strncmp(text, "<!DOCTYPE html>\n", 16) == 0)
		xml.at += 16;
	while (*xml.at && good)
		if (*xml.at == '<') {
			xml.at++;
			good = xml_tag(&xml);
		} else if (xml.depth == 0) {
			good = check(*xml.at == '\n', "at \"%.40s\"", xml.at);
			xml.at++;
		} else {
			good = xml_text(&xml.at, "<");
		}
	xml_stays_here(text);
	return check(good && xml.depth == 0 && xml.roots == 1, "depth %d, %d roots", xml.depth,
		xml.roots);
}

/* The text of a file, which the caller frees, after its checks. */
KIT_UNUSED static char *xml_read(const char *path)
{
	struct bytes file = file_read(path);
	file.data[file.count] = 0;
	check(strlen((char *)file.data) == file.count);
	xml_check((char *)file.data);
	return (char *)file.data;
}

KIT_UNUSED static int xml_count(const char *text, const char *part)
{
	int count = 0;
	for (; (text = strstr(text, part)); text++)
		count++;
	return count;
}

#endif
