/* SPDX-License-Identifier: MIT */
/*
 * The checks of xfrmd itself, put to what is not written yet. What they say about keys and files
 * comes back as what it is in the manifest.
 */
#include "xfrmd/manifest/judge.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/conf/conf_ini.h"
#include "xfrmd/manifest/property.h"
#include "xfrmd/pki/pki_pem.h"

/* How the configuration is called while it is judged: no file of that name is there. */
#define NAME "xfrmd.conf"

/* A list that has to be read from a file, before it has one. */
struct list_file {
	int fd;
	char path[32];
};

static void cleanup_files(struct list_file (*files)[IMPORT_LISTS])
{
	for (size_t i = 0; i < IMPORT_LISTS; i++)
		cleanup_fd(&(*files)[i].fd);
}

static int make_list_file(const struct import *import, size_t list, struct list_file *file)
{
	_cleanup_(cleanup_free) char *text = NULL;
	int error = import_list(import, list, &text);

	if (error || !text)
		return error;
	file->fd = memfd_create(import_list_keys[list], MFD_CLOEXEC);
	if (file->fd < 0 || write(file->fd, text, strlen(text)) != (ssize_t)strlen(text))
		return -ENOMEM;
	snprintf(file->path, sizeof(file->path), "/proc/self/fd/%d", file->fd);
	return 0;
}

/* The property whose key has this name, or that of its file. */
static const struct property *find_property(const char *section, const char *key)
{
	for (size_t i = 0; i < PROPERTY_COUNT; i++) {
		const struct property *property = &property_table[i];
		size_t len = property->key ? strlen(property->key) : 0;

		if (len && strcmp(property->section, section) == 0 &&
		    strncmp(property->key, key, len) == 0 &&
		    (!key[len] || strcmp(key + len, "_file") == 0))
			return property;
	}
	return NULL;
}

/* Its row; or, of what is only compared with others of its section, one of those. */
static struct import_row *find_row(const struct import *import, const struct property *property)
{
	struct import_row *near = NULL;

	for (size_t i = 0; i < import->row_count; i++) {
		struct import_row *row = &import->rows[i];

		if (row->property == property)
			return row;
		if (row->property && row->property->section && !property->required &&
		    strcmp(row->property->section, property->section) == 0)
			near = row;
	}
	return near;
}

/*
 * What a sentence is about, and what it says: of `NAME: [section] key: what`, or of what begins with
 * the path of a list.
 */
static const struct property *divide(const struct list_file files[IMPORT_LISTS],
                                     const char *sentence, const char **ret_what)
{
	char section[32], key[64];
	int end = 0;

	*ret_what = sentence;
	if (sscanf(sentence, NAME ": [%31[^]]] %63[^:]: %n", section, key, &end) == 2 && end) {
		*ret_what = sentence + end;
		return find_property(section, key);
	}
	for (size_t i = 0; i < IMPORT_LISTS; i++) {
		size_t len = strlen(files[i].path);

		if (!len || strncmp(sentence, files[i].path, len) != 0)
			continue;
		*ret_what = sentence + len + strspn(sentence + len, ":0123456789");
		*ret_what += strspn(*ret_what, " ");
		return property_find(import_list_keys[i]);
	}
	return NULL;
}

/* @found, with the places of the manifest instead of those of the configuration. @refused: it is
 * why. */
static void translate(const char *file, const struct import *import,
                      const struct list_file files[IMPORT_LISTS], const struct problems *found,
                      bool refused, struct problems *problems)
{
	for (size_t i = 0; i < found->count; i++) {
		const char *what;
		const struct property *property = divide(files, found->items[i], &what);
		struct import_row *row = property ? find_row(import, property) : NULL;

		/* that a key is missing, whose property is, or has no value that could be taken */
		if ((property && !row) ||
		    (row && row->result == IMPORT_REFUSED && (!row->value || !*row->value)))
			continue;
		if (row)
			problems_add(problems, "%s:%zu: %s: %s", file, row->line, row->name, what);
		else
			problems_add(problems, "%s: %s", file, what);
		if (row && refused)
			row->result = IMPORT_REFUSED;
	}
	problems->out_of_memory |= found->out_of_memory;
}

static int judge_conf(const char *file, struct import *import, struct problems *problems)
{
	_cleanup_(cleanup_files) struct list_file files[IMPORT_LISTS] = {{.fd = -1}, {.fd = -1}};
	const char *const paths[IMPORT_LISTS] = {files[0].path, files[1].path};
	_cleanup_(problems_fini) struct problems found = {0};
	_cleanup_(conf_fini) struct conf conf = {0};
	_cleanup_(cleanup_free) char *text = NULL;
	int error = 0;

	for (size_t i = 0; !error && i < IMPORT_LISTS; i++)
		error = make_list_file(import, i, &files[i]);
	if (!error)
		text = import_conf(import, paths);
	if (!text)
		return -ENOMEM;
	error = conf_ini_parse(NAME, text, strlen(text), &conf, &found);
	translate(file, import, files, &found, true, problems);
	translate(file, import, files, &conf.notes, false, &import->notes);
	return error == -ENOMEM ? -ENOMEM : 0;
}

static int read_pem(const struct pem *pem, struct pki_bundle *bundle, struct problems *problems)
{
	size_t len = strlen(pem->text);

	switch (pem->role) {
	case PEM_CERTIFICATE:
		return pki_pem_certs(pem->label, pem->text, len, &bundle->chain, problems);
	case PEM_KEY:
		return pki_pem_key(pem->label, pem->text, len, &bundle->key, problems);
	case PEM_CA:
		return pki_pem_certs(pem->label, pem->text, len, &bundle->cas, problems);
	}
	return 0;
}

static int judge_pki(const struct import_source *source, struct import *import,
                     struct problems *problems)
{
	const char *key_label = "";

	for (size_t i = 0; i < import->pem_count; i++) {
		if (read_pem(&import->pems[i], &import->bundle, problems) == -ENOMEM)
			return -ENOMEM;
		if (import->pems[i].role == PEM_KEY)
			key_label = import->pems[i].label;
	}
	/* without any, nothing could be signed: why there is none has been said */
	return !import->bundle.cas.count
	               ? 0
	               : pki_check_bundle(key_label, &import->bundle, source->now, problems);
}

/* Each problem of them, from @first on, begins with the label of a PEM text. */
static void refuse_rows(struct import *import, const struct problems *problems, size_t first)
{
	for (size_t i = first; i < problems->count; i++)
		for (size_t j = 0; j < import->pem_count; j++)
			if (strncmp(problems->items[i], import->pems[j].label,
			            strlen(import->pems[j].label)) == 0)
				import->rows[import->pems[j].row].result = IMPORT_REFUSED;
}

int import_judge(const struct import_source *source, struct import *import,
                 struct problems *problems)
{
	size_t before = problems->count, first;
	int error = judge_conf(source->file, import, problems);

	first = problems->count;
	if (!error)
		error = judge_pki(source, import, problems);
	refuse_rows(import, problems, first);
	if (error == -ENOMEM || problems->out_of_memory)
		return -ENOMEM;
	return problems->count > before ? -EINVAL : 0;
}
