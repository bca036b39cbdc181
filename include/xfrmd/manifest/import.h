/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_MANIFEST_IMPORT_H
#define XFRMD_MANIFEST_IMPORT_H

#include <stddef.h>
#include <stdint.h>

#include "xfrmd/base/err.h"
#include "xfrmd/pki/pki_load.h"

struct property;

enum import_result {
	IMPORT_TAKEN,
	IMPORT_DROPPED,
	IMPORT_REFUSED, /* the problems have why */
};
extern const char *const import_result_names[]; /* "taken", "dropped", "refused" */

/* What became of one property. */
struct import_row {
	size_t line;
	char *name;                      /* as the manifest has it */
	const struct property *property; /* NULL: the add-on has none of that name */
	enum import_result result;
	char *value;  /* IMPORT_TAKEN: of the key in xfrmd.conf */
	char *remark; /* why it was dropped, or what was changed; or NULL */
};

enum pem_role {
	PEM_CERTIFICATE,
	PEM_KEY,
	PEM_CA,
};
struct pem {
	enum pem_role role;
	size_t row;  /* that it came from */
	char *label; /* for messages: `FILE:LINE: PROPERTY` */
	/* Line N of a text behind `|` is line N of the manifest: empty lines stand before it. */
	char *text;
};

/* A manifest as what it becomes. Zero-initialise; import_fini() cleanses the key. */
struct import {
	struct import_row *rows;
	size_t row_count;
	struct pem *pems;
	size_t pem_count;
	struct pki_bundle bundle; /* of them, the CAs in the manifest's order */
	struct problems notes;
};
void import_fini(struct import *import);

/* Where a manifest comes from and goes to. Borrowed. */
struct import_source {
	const char *file; /* for messages */
	const char *text; /* exactly @len bytes */
	size_t len;
	const char *addon; /* whose properties; NULL: there is only one, or all say the same */
	const char *dir;   /* absolute: where xfrmd.conf and what it names will be */
	int64_t now;       /* epoch seconds, for the certificates' dates */
};

/*
 * What becomes of a manifest: each of its properties is a row, and what import_judge() says about
 * all of them together. Each problem is added as `FILE: line N: what` or `FILE:LINE: PROPERTY: what,
 * found "FOUND", expected EXPECTED`. Writes nothing. 0, or -EINVAL with problems, or -ENOMEM;
 * @ret_import must be finished by the caller in any case.
 */
int import_read(const struct import_source *source, struct import *ret_import,
                struct problems *problems);

/* The lists that may be too long for a line of xfrmd.conf, and their files, indexed alike. */
#define IMPORT_LISTS 2
extern const char *const import_list_keys[IMPORT_LISTS];
/* The list as such a file has it, one subnet a line, the caller frees; *ret_text NULL: it stands in
 * xfrmd.conf itself. 0 or -ENOMEM. */
int import_list(const struct import *import, size_t list, char **ret_text);
/*
 * xfrmd.conf, which the caller frees; NULL: out of memory. @list_files: paths for the lists that
 * import_list() has.
 */
char *import_conf(const struct import *import, const char *const list_files[IMPORT_LISTS]);

#endif
