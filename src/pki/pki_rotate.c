/* SPDX-License-Identifier: MIT */
/*
 * The steps of a rotation. The files are the only state. A step writes new files into a copy of the
 * folder, reads them back and checks them as the daemon will; then all come into force at once.
 */
#include "xfrmd/pki/pki_rotate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/pki/pki_check.h"
#include "xfrmd/pki/pki_folder.h"
#include "xfrmd/pki/pki_load.h"
#include "xfrmd/pki/pki_sign.h"
#include "xfrmd/pki/pki_swap.h"

/* Where files are, in the folder or in its copy. */
struct files {
	struct pki_pair ca, next_ca, instance; /* the certificate of next_ca is in that of ca */
};

struct folder {
	struct files files;
	struct pki_certs cas, chain;
	struct pki_key ca_key, next_ca_key;
	size_t current, next; /* indices into cas, or cas.count */
	enum pki_rotate_state state;
};

const char *const pki_rotate_state_names[] = {
	[PKI_ROTATE_STEADY] = "steady",
	[PKI_ROTATE_ADDED] = "added",
	[PKI_ROTATE_REISSUED] = "reissued",
};

static int files_init(struct files *files, const char *dir, struct err *err)
{
	int r = pki_pair_init(&files->ca, dir, "ca", err);

	if (r == 0)
		r = pki_pair_init(&files->next_ca, dir, "ca.next", err);
	if (r == 0)
		r = pki_pair_init(&files->instance, dir, "instance", err);
	return r;
}

static void files_fini(struct files *files)
{
	pki_pair_fini(&files->ca);
	pki_pair_fini(&files->next_ca);
	pki_pair_fini(&files->instance);
}

static void folder_fini(struct folder *folder)
{
	files_fini(&folder->files);
	pki_certs_fini(&folder->cas);
	pki_certs_fini(&folder->chain);
	pki_key_fini(&folder->ca_key);
	pki_key_fini(&folder->next_ca_key);
}

static int check_key(const struct folder *folder, struct problems *problems)
{
	_cleanup_(pki_key_fini) struct pki_key key = {0};
	int r = pki_load_key(folder->files.instance.key, &key, problems);

	if (r == 0)
		r = pki_check_key(&folder->chain, &key, folder->files.instance.key, problems);
	return r == 0 && problems->count ? -EINVAL : r;
}

static int read_files(struct folder *folder, struct problems *problems)
{
	const struct files *files = &folder->files;
	int r = pki_load_certs(files->ca.cert, &folder->cas, problems);

	if (r == 0)
		r = pki_load_key(files->ca.key, &folder->ca_key, problems);
	if (r == 0)
		r = pki_load_certs(files->instance.cert, &folder->chain, problems);
	if (r == 0)
		r = check_key(folder, problems);
	if (r == 0 && access(files->next_ca.key, F_OK) == 0)
		r = pki_load_key(files->next_ca.key, &folder->next_ca_key, problems);
	if (r == 0)
		r = pki_find_authority(&folder->cas, &folder->ca_key, files->ca.cert, files->ca.key,
		                       &folder->current, problems);
	folder->next = folder->cas.count;
	if (r == 0 && folder->next_ca_key.der)
		r = pki_find_owner(&folder->cas, &folder->next_ca_key, &folder->next);
	return r;
}

static int signed_by(const struct folder *folder, size_t index, bool *ret_signed)
{
	struct pki_certs candidate = {&folder->cas.items[index], 1};
	const struct pki_cert *signer;
	bool named;
	int r = pki_find_signer(&folder->chain.items[0], &candidate, &signer, &named);

	*ret_signed = r == 0 && signer;
	return r;
}

static int derive_state(struct folder *folder, struct problems *problems)
{
	bool has_next = folder->next < folder->cas.count;
	bool old, new = false;
	int r;

	r = signed_by(folder, folder->current, &old);
	if (r == 0 && has_next)
		r = signed_by(folder, folder->next, &new);
	if (r < 0)
		return r;
	if (!old && !new) {
		problems_add(problems, "%s: was not signed by the CA of %s, issuer is \"%s\"",
		             folder->files.instance.cert, folder->files.ca.key,
		             folder->chain.items[0].issuer);
		return -EINVAL;
	}
	if (new)
		folder->state = PKI_ROTATE_REISSUED;
	else
		folder->state = has_next ? PKI_ROTATE_ADDED : PKI_ROTATE_STEADY;
	return 0;
}

static int open_folder(const struct pki_rotate *rotate, struct folder *folder, struct err *err)
{
	struct problems problems = {0};
	int r;

	r = pki_folder_check(rotate->dir, err);
	if (r == 0)
		r = files_init(&folder->files, rotate->dir, err);
	if (r < 0)
		return r;
	r = read_files(folder, &problems);
	if (r == 0)
		r = derive_state(folder, &problems);
	return r < 0 ? pki_first_problem(r, &problems, err) : 0;
}

int pki_rotate_status(const struct pki_rotate *rotate, enum pki_rotate_state *ret_state,
                      struct err *err)
{
	_cleanup_(folder_fini) struct folder folder = {0};
	int r = open_folder(rotate, &folder, err);

	if (r == 0)
		*ret_state = folder.state;
	return r;
}

static int out_of_order(const struct pki_rotate *rotate, const struct folder *folder,
                        struct err *err)
{
	static const char *const turns[] = {
		[PKI_ROTATE_STEADY] = "add-ca",
		[PKI_ROTATE_ADDED] = "reissue",
		[PKI_ROTATE_REISSUED] = "drop-ca",
	};

	return err_set(err, -EPROTO,
	               "%s: out of order: the rotation is \"%s\", its next step is %s", rotate->dir,
	               pki_rotate_state_names[folder->state], turns[folder->state]);
}

/* The copy's files, by the names that they will have. */
static void name_as_in_force(struct err *err)
{
	char *at;

	while ((at = strstr(err->text, PKI_SWAP_SUFFIX "/"))) {
		const char *rest = at + strlen(PKI_SWAP_SUFFIX);

		memmove(at, rest, strlen(rest) + 1);
	}
}

/* The daemon's own checks of what would be in force. */
static int check(const struct pki_rotate *rotate, const struct files *next, struct err *err)
{
	_cleanup_(pki_bundle_fini) struct pki_bundle bundle = {0};
	_cleanup_(strlist_fini) struct strlist cas = {0};
	struct problems problems = {0};
	int r;

	r = strlist_add(&cas, next->ca.cert);
	if (r == 0)
		r = pki_load(next->instance.cert, next->instance.key, &cas, rotate->now, &bundle,
		             &problems);
	if (r < 0) {
		pki_first_problem(r, &problems, err);
		name_as_in_force(err);
	}
	return r;
}

/* Writes the files that change, as @next. */
typedef int (*change_fn)(const struct pki_rotate *rotate, struct folder *folder,
                         const struct files *next, struct err *err);

/* In a copy of the folder, which takes its place when the daemon would accept it. */
static int change_copy(const struct pki_rotate *rotate, struct folder *folder,
                       struct pki_swap *swap, change_fn change, struct err *err)
{
	_cleanup_(files_fini) struct files next = {0};
	int r = files_init(&next, swap->stage, err);

	if (r == 0)
		r = pki_swap_stage(swap, err);
	if (r == 0)
		r = change(rotate, folder, &next, err);
	if (r == 0)
		r = check(rotate, &next, err);
	return r < 0 ? r : pki_swap_commit(swap, err);
}

static int run_step(const struct pki_rotate *rotate, enum pki_rotate_state from,
                    enum pki_rotate_state to, change_fn change, struct err *err)
{
	_cleanup_(folder_fini) struct folder folder = {0};
	_cleanup_(pki_swap_close) struct pki_swap swap;
	int r;

	r = pki_swap_open(&swap, rotate->dir, err);
	if (r == 0)
		r = open_folder(rotate, &folder, err);
	if (r < 0)
		return r;
	if (folder.state == from)
		return change_copy(rotate, &folder, &swap, change, err);
	/* killed behind the point of no return: it was this step */
	if (folder.state == to && swap.resumed)
		return 0;
	return out_of_order(rotate, &folder, err);
}

static int add_ca(const struct pki_rotate *rotate, struct folder *folder, const struct files *next,
                  struct err *err)
{
	struct pki_subject subject = {.like = &folder->cas.items[folder->current],
	                              .days = rotate->days,
	                              .now = rotate->now};
	_cleanup_(pki_cert_fini) struct pki_cert cert = {0};
	_cleanup_(pki_key_fini) struct pki_key key = {0};
	int r;

	r = pki_key_generate(rotate->key_type, &key, err);
	if (r == 0)
		r = pki_sign_ca(&subject, &key, next->ca.cert, &cert, err);
	if (r == 0 && pki_certs_add(&folder->cas, &cert) < 0)
		r = err_set(err, -ENOMEM, "out of memory");
	if (r == 0)
		r = pki_certs_write(next->ca.cert, &folder->cas, err);
	return r < 0 ? r : pki_key_write(next->next_ca.key, &key, err);
}

/* A new key and certificate with the old names, from the newest CA. */
static int renew_instance(const struct pki_rotate *rotate, struct folder *folder,
                          const struct files *next, struct err *err)
{
	struct pki_subject subject = {
		.like = &folder->chain.items[0], .days = rotate->days, .now = rotate->now};
	bool has_next = folder->next < folder->cas.count;
	const struct pki_cert *ca = &folder->cas.items[has_next ? folder->next : folder->current];
	const struct pki_key *ca_key = has_next ? &folder->next_ca_key : &folder->ca_key;
	_cleanup_(pki_cert_fini) struct pki_cert cert = {0};
	_cleanup_(pki_key_fini) struct pki_key key = {0};
	struct pki_certs certs = {&cert, 1};
	int r;

	r = pki_key_generate(rotate->key_type, &key, err);
	if (r == 0)
		r = pki_sign_instance(&subject, &key, ca, ca_key, next->instance.cert, &cert, err);
	return r < 0 ? r : pki_pair_write(&next->instance, &key, &certs, err);
}

static int drop_ca(const struct pki_rotate *rotate, struct folder *folder, const struct files *next,
                   struct err *err)
{
	struct pki_certs *cas = &folder->cas;
	int r;

	(void)rotate;
	pki_cert_fini(&cas->items[folder->current]);
	cas->items[folder->current] = cas->items[--cas->count];
	r = pki_certs_write(next->ca.cert, cas, err);
	if (r == 0 && rename(next->next_ca.key, next->ca.key) < 0)
		r = err_set(err, -errno, "%s: cannot rename to %s: %s", next->next_ca.key,
		            next->ca.key, strerror(errno));
	return r;
}

int pki_rotate_add_ca(const struct pki_rotate *rotate, struct err *err)
{
	return run_step(rotate, PKI_ROTATE_STEADY, PKI_ROTATE_ADDED, add_ca, err);
}

int pki_rotate_reissue(const struct pki_rotate *rotate, struct err *err)
{
	return run_step(rotate, PKI_ROTATE_ADDED, PKI_ROTATE_REISSUED, renew_instance, err);
}

int pki_rotate_drop_ca(const struct pki_rotate *rotate, struct err *err)
{
	return run_step(rotate, PKI_ROTATE_REISSUED, PKI_ROTATE_STEADY, drop_ca, err);
}

int pki_rotate_instance(const struct pki_rotate *rotate, struct err *err)
{
	return run_step(rotate, PKI_ROTATE_STEADY, PKI_ROTATE_STEADY, renew_instance, err);
}
