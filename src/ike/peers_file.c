/* SPDX-License-Identifier: MIT */
/* The file of recent peers as a value: text to pairs and back, without I/O. */
#include "xfrmd/ike/peers_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/array.h"
#include "xfrmd/base/buf.h"

#define HEADER       "# xfrmd peers 1\n"
/* Two addresses, a blank, and the end of the text. */
#define LINE_MAX_LEN (2 * ADDR_TEXT_MAX)

int peers_file_add(struct peers_file *file, const struct pair *pair)
{
	if (file->count == PEERS_FILE_PAIRS_MAX)
		return 0;
	if (array_grow(&file->items, file->count, sizeof(*file->items)) < 0)
		return -ENOMEM;
	file->items[file->count++] = *pair;
	return 0;
}

void peers_file_fini(struct peers_file *file)
{
	free(file->items);
	*file = (struct peers_file){0};
}

static int parse_pair(const char *line, size_t len, struct pair *ret_pair)
{
	char text[LINE_MAX_LEN];

	if (len >= sizeof(text) || memchr(line, '\0', len))
		return -EINVAL;
	memcpy(text, line, len);
	text[len] = '\0';
	return pair_parse(text, ' ', ret_pair);
}

int peers_file_parse(const char *text, size_t len, struct peers_file *ret_file, size_t *ret_broken)
{
	const char *end = text + len, *line_end;
	struct peers_file file = {0};
	size_t broken = 0;

	if (len < strlen(HEADER) || memcmp(text, HEADER, strlen(HEADER)) != 0)
		return -EPROTO;
	for (const char *line = text; line < end; line = line_end + 1) {
		struct pair pair;

		line_end = memchr(line, '\n', (size_t)(end - line));
		if (!line_end)
			line_end = end;
		if (line_end == line || *line == '#')
			continue;
		if (parse_pair(line, (size_t)(line_end - line), &pair) < 0) {
			broken++;
		} else if (peers_file_add(&file, &pair) < 0) {
			peers_file_fini(&file);
			return -ENOMEM;
		}
	}
	*ret_file = file;
	*ret_broken = broken;
	return 0;
}

char *peers_file_format(const struct peers_file *file)
{
	char local[ADDR_TEXT_MAX], remote[ADDR_TEXT_MAX];
	struct buf text = {0};
	char *result;

	buf_str(&text, HEADER);
	for (size_t i = 0; i < file->count; i++)
		buf_printf(&text, "%s %s\n", addr_format(&file->items[i].local, local),
		           addr_format(&file->items[i].remote, remote));
	result = buf_take_str(&text);
	buf_fini(&text);
	return result;
}
