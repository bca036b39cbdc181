/* SPDX-License-Identifier: MIT */
/* From the rows of a manifest to the text of xfrmd.conf and of its lists. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/buf.h"
#include "xfrmd/base/str.h"
#include "xfrmd/conf/conf_ini.h"
#include "xfrmd/manifest/import.h"
#include "xfrmd/manifest/property.h"

const char *const import_list_keys[IMPORT_LISTS] = {"ipsec_subnets", "no_ipsec_subnets"};

static const struct import_row *find_taken(const struct import *import,
                                           const struct property *property)
{
	for (size_t i = 0; i < import->row_count; i++)
		if (import->rows[i].property == property && import->rows[i].value)
			return &import->rows[i];
	return NULL;
}

/* "KEY = VALUE" would be too long a line. */
static bool is_long(const struct import_row *row)
{
	return strlen(row->property->key) + strlen(" = ") + strlen(row->value) > CONF_LINE_MAX;
}

int import_list(const struct import *import, size_t list, char **ret_text)
{
	const struct import_row *row = find_taken(import, property_find(import_list_keys[list]));
	struct strlist items = {0};
	struct buf text = {0};
	int error;

	*ret_text = NULL;
	if (!row || !is_long(row))
		return 0;
	error = strlist_split(&items, row->value, ", ");
	for (size_t i = 0; i < items.count; i++)
		buf_printf(&text, "%s\n", items.items[i]);
	strlist_fini(&items);
	*ret_text = buf_take_str(&text);
	return error || !*ret_text ? -ENOMEM : 0;
}

static void put_row(struct buf *text, const struct import_row *row,
                    const char *const list_files[IMPORT_LISTS])
{
	const struct property *property = row->property;

	for (size_t i = 0; i < IMPORT_LISTS; i++) {
		if (strcmp(property->key, import_list_keys[i]) == 0 && is_long(row)) {
			buf_printf(text, "%s_file = %s\n", property->key, list_files[i]);
			return;
		}
	}
	buf_printf(text, "%s = %s\n", property->key, row->value);
}

char *import_conf(const struct import *import, const char *const list_files[IMPORT_LISTS])
{
	const char *section = "";
	struct buf text = {0};

	buf_str(&text, "# Made by xfrmpki import from a manifest of the IPsec add-on.\n");
	for (size_t i = 0; i < PROPERTY_COUNT; i++) {
		const struct import_row *row = find_taken(import, &property_table[i]);

		if (!row)
			continue;
		if (strcmp(section, property_table[i].section) != 0)
			buf_printf(&text, "[%s]\n", property_table[i].section);
		section = property_table[i].section;
		put_row(&text, row, list_files);
	}
	return buf_take_str(&text);
}
