/* SPDX-License-Identifier: MIT */
/*
 * `xfrmpki import`: a manifest of the add-on to a folder that xfrmd takes. Everything is judged
 * before the first file is touched; xfrmd.conf comes last, so that it never names what is not there,
 * and files that replace others come into force all at once.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../ctl/json_writer.h"
#include "cmd.h"
#include "json.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"
#include "xfrmd/base/trust.h"
#include "xfrmd/manifest/import.h"
#include "xfrmd/manifest/property.h"
#include "xfrmd/manifest/tree.h"
#include "xfrmd/pki/pki_folder.h"
#include "xfrmd/pki/pki_swap.h"

struct options {
	const char *manifest, *dir, *addon;
	bool force, json;
};

/* In the order in which they are written. */
enum file {
	FILE_KEY,
	FILE_CERTIFICATE,
	FILE_CAS,
	FILE_LISTS,
	FILE_CONF = FILE_LISTS + IMPORT_LISTS,
	FILE_COUNT,
};
static const char *const file_names[FILE_COUNT] = {"instance.key",     "instance.pem",
                                                   "ca.pem",           "ipsec_subnets",
                                                   "no_ipsec_subnets", "xfrmd.conf"};

struct files {
	char *paths[FILE_COUNT]; /* NULL: no such file */
	char *texts[FILE_COUNT]; /* from FILE_LISTS on */
};

static void cleanup_files(struct files *files)
{
	for (size_t i = 0; i < FILE_COUNT; i++) {
		free(files->paths[i]);
		free(files->texts[i]);
	}
}

static int parse(int argc, char **argv, struct options *options)
{
	const struct parameter parameters[] = {
		{"dir", PARAMETER_TEXT, &options->dir},
		{"addon", PARAMETER_TEXT, &options->addon},
		{"force", PARAMETER_FLAG, &options->force},
		{"json", PARAMETER_FLAG, &options->json},
		{0},
	};
	int r = parse_parameters(argc, argv, parameters, NULL);

	if (r)
		return r;
	if (optind + 1 != argc)
		return usage_error(argv[0], "one manifest is required");
	if (!options->dir)
		return usage_error(argv[0], "--dir is required");
	options->manifest = argv[optind];
	return 0;
}

/* 0 or -ENOMEM. */
static int plan_files(const char *dir, const struct import *import, struct files *files)
{
	for (size_t i = 0; i < FILE_COUNT; i++)
		if (asprintf(&files->paths[i], "%s/%s", dir, file_names[i]) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < IMPORT_LISTS; i++)
		if (import_list(import, i, &files->texts[FILE_LISTS + i]) < 0)
			return -ENOMEM;
	files->texts[FILE_CONF] = import_conf(import,
	                                      (const char *const *)&files->paths[FILE_LISTS]);
	for (size_t i = FILE_LISTS; i < FILE_CONF; i++)
		if (!files->texts[i])
			free(steal_ptr(files->paths[i]));
	return files->texts[FILE_CONF] ? 0 : -ENOMEM;
}

/*
 * Whether the folder is free, or may be overwritten, and such that xfrmd will take what lies in it.
 * Returns whether there is something to overwrite.
 */
static bool check_folder(const struct files *files, bool force, struct problems *problems)
{
	struct stat status;
	bool any = false;

	trust_check_folders(files->paths[FILE_CONF], problems);
	for (size_t i = 0; i < FILE_COUNT; i++) {
		if (!files->paths[i] || lstat(files->paths[i], &status) < 0)
			continue;
		any = true;
		if (!force)
			problems_add(problems, "%s: exists, expected none without --force",
			             files->paths[i]);
		else if (S_ISDIR(status.st_mode))
			problems_add(problems, "%s: is a directory, expected a file or none",
			             files->paths[i]);
	}
	return any;
}

static int write_file(const struct files *files, enum file file, const char *path,
                      const struct pki_bundle *bundle, struct err *err)
{
	if (file == FILE_KEY)
		return pki_key_write(path, &bundle->key, err);
	if (file == FILE_CERTIFICATE)
		return pki_certs_write(path, &bundle->chain, err);
	if (file == FILE_CAS)
		return pki_certs_write(path, &bundle->cas, err);
	return file_write_atomic(path, 0644, files->texts[file], strlen(files->texts[file]), err);
}

/* To @dir, which need not be where they are to be found. */
static int write_files(const struct files *files, const char *dir, const struct pki_bundle *bundle,
                       struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < FILE_COUNT; i++) {
		_cleanup_(cleanup_free) char *path = NULL;

		if (!files->paths[i])
			continue;
		if (asprintf(&path, "%s/%s", dir, file_names[i]) < 0) {
			path = NULL;
			return err_set(err, -ENOMEM, "out of memory");
		}
		r = write_file(files, i, path, bundle, err);
	}
	return r;
}

/* None of them was there. */
static int write_new(const struct files *files, const char *dir, const struct pki_bundle *bundle,
                     struct err *err)
{
	int r = write_files(files, dir, bundle, err);

	for (size_t i = 0; r < 0 && i < FILE_COUNT; i++)
		if (files->paths[i])
			unlink(files->paths[i]);
	return r;
}

static int overwrite(const struct files *files, const char *dir, const struct pki_bundle *bundle,
                     struct err *err)
{
	struct pki_swap swap;
	int r = pki_swap_open(&swap, dir, err);

	if (r == 0)
		r = pki_swap_stage(&swap, err);
	if (r == 0)
		r = write_files(files, swap.stage, bundle, err);
	if (r == 0)
		r = pki_swap_commit(&swap, err);
	pki_swap_close(&swap);
	return r;
}

/* Reads, judges and writes, unless there is a problem. */
static void import_into(const struct options *options, struct import_source *source,
                        struct import *import, struct files *files, struct problems *problems)
{
	_cleanup_(cleanup_free) char *dir = realpath(options->dir, NULL);
	bool any = false;
	struct err err;

	source->dir = dir ? dir : "/";
	if (import_read(source, import, problems) == -ENOMEM ||
	    plan_files(source->dir, import, files) < 0)
		problems->out_of_memory = true;
	if (pki_folder_check(options->dir, &err) < 0)
		problems_add(problems, "%s", err.text);
	else if (!problems->out_of_memory)
		any = check_folder(files, options->force, problems);
	if (problems_any(problems))
		return;
	if ((any ? overwrite : write_new)(files, dir, &import->bundle, &err) < 0)
		problems_add(problems, "%s", err.text);
}

/* 0 or -ENOMEM. */
static int list_written(const struct files *files, struct strlist *list)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < FILE_COUNT; i++)
		if (files->paths[i])
			r = strlist_add(list, files->paths[i]);
	return r;
}

/* A list is named by its length, unless it is short. */
static void print_value(const struct import_row *row)
{
	size_t entries = 1;

	for (const char *at = row->value; *at; at++)
		entries += *at == ',';
	printf("  [%s] %s", row->property->section, row->property->key);
	if (entries < 5)
		printf(" = %s", row->value);
	else
		printf(", %zu entries", entries);
}

static bool is_taken(const struct import_row *row)
{
	return row->result == IMPORT_TAKEN && row->value;
}

static void print_row(const struct import_row *row)
{
	char name[64];

	printf("%5zu  %-36s  %-7s", row->line, str_escape(row->name, name, sizeof(name)),
	       import_result_names[row->result]);
	if (is_taken(row))
		print_value(row);
	if (row->remark && row->result != IMPORT_REFUSED)
		printf("%s%s", is_taken(row) ? "; " : "  ", row->remark);
	putchar('\n');
}

static void print_text(const struct import *import, const struct strlist *written)
{
	if (import->row_count)
		printf("%5s  %-36s  %-7s  %s\n", "LINE", "PROPERTY", "RESULT",
		       "IN XFRMD.CONF, OR WHY");
	for (size_t i = 0; i < import->row_count; i++)
		print_row(&import->rows[i]);
	for (size_t i = 0; i < import->notes.count; i++)
		printf("note: %s\n", import->notes.items[i]);
	for (size_t i = 0; i < written->count; i++)
		printf("%s\n", written->items[i]);
}

static json_t *object_of_row(const struct import_row *row)
{
	bool taken = is_taken(row);
	json_t *object = json_object();

	writer_put(&object, "line", writer_count(row->line));
	writer_put(&object, "property", writer_text(row->name));
	writer_put(&object, "result", writer_text(import_result_names[row->result]));
	writer_put(&object, "section", taken ? writer_text(row->property->section) : json_null());
	writer_put(&object, "key", taken ? writer_text(row->property->key) : json_null());
	writer_put(&object, "value", taken ? writer_text(row->value) : json_null());
	writer_put(&object, "remark", row->remark ? writer_text(row->remark) : json_null());
	return object;
}

static int print_json(const struct import *import, const struct problems *problems,
                      const struct strlist *written)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < import->row_count; i++)
		writer_append(&rows, object_of_row(&import->rows[i]));
	return json_print(json_pack("{sb so so so so}", "ok", !problems_any(problems), "properties",
	                            rows, "notes", json_of_problems(&import->notes), "problems",
	                            json_of_problems(problems), "files", writer_texts(written)));
}

static void cleanup_text(char **text)
{
	if (*text)
		explicit_bzero(*text, strlen(*text));
	free(*text);
}

int cmd_import(int argc, char **argv)
{
	_cleanup_(problems_fini) struct problems problems = {0};
	_cleanup_(strlist_fini) struct strlist written = {0};
	_cleanup_(cleanup_files) struct files files = {0};
	_cleanup_(import_fini) struct import import = {0};
	_cleanup_(cleanup_text) char *text = NULL;
	struct import_source source = {.now = time(NULL)};
	struct options options = {0};
	struct err err;
	int r;

	r = parse(argc, argv, &options);
	if (r)
		return r;
	if (file_read(options.manifest, TREE_TEXT_MAX, &text, &source.len, &err) < 0)
		problems_add(&problems, "%s", err.text);
	source.file = options.manifest;
	source.addon = options.addon;
	source.text = text;
	if (text)
		import_into(&options, &source, &import, &files, &problems);
	if (!problems_any(&problems) && list_written(&files, &written) < 0)
		problems.out_of_memory = true;
	if (options.json)
		r = print_json(&import, &problems, &written);
	else
		print_text(&import, &written);
	if (problems_any(&problems) && !options.json) {
		complain_all(&problems);
		complain("%s: nothing is written", options.manifest);
	}
	return problems_any(&problems) ? EXIT_STATUS_FAILED : r;
}
