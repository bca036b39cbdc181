/* SPDX-License-Identifier: MIT */
/*
 * The steps of a rotation. The files are the only state. New files are staged under *.next names,
 * read back and checked as the daemon will read them, and only then renamed into place; the order
 * of the renames is such that every interruption is a state with a name.
 */
#include "xfrmd/pki_rotate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "xfrmd/cleanup.h"
#include "xfrmd/pki_check.h"
#include "xfrmd/pki_folder.h"
#include "xfrmd/pki_load.h"
#include "xfrmd/pki_sign.h"

struct folder {
	struct pki_pair ca, instance;           /* in force */
	struct pki_pair next_ca, next_instance; /* staged */
	struct pki_certs cas, chain;
	struct pki_key ca_key, next_ca_key;
	size_t current, next; /* indices into cas, or cas.count */
	enum pki_rotate_state state;
};

static const char *const state_names[] = {
	[PKI_ROTATE_STEADY] = "steady",     [PKI_ROTATE_ADDED] = "added",
	[PKI_ROTATE_REISSUED] = "reissued", [PKI_ROTATE_DROPPING] = "dropping",
	[PKI_ROTATE_SWAPPING] = "swapping",
};

const char *pki_rotate_state_name(enum pki_rotate_state state)
{
	return state_names[state];
}

static void folder_fini(struct folder *folder)
{
	pki_pair_fini(&folder->ca);
	pki_pair_fini(&folder->instance);
	pki_pair_fini(&folder->next_ca);
	pki_pair_fini(&folder->next_instance);
	pki_certs_fini(&folder->cas);
	pki_certs_fini(&folder->chain);
	pki_key_fini(&folder->ca_key);
	pki_key_fini(&folder->next_ca_key);
}

static int name_files(struct folder *folder, const char *dir, struct err *err)
{
	int r = pki_folder_check(dir, err);

	if (r == 0)
		r = pki_pair_init(&folder->ca, dir, "ca", err);
	if (r == 0)
		r = pki_pair_init(&folder->instance, dir, "instance", err);
	if (r == 0)
		r = pki_pair_init(&folder->next_ca, dir, "ca.next", err);
	if (r == 0)
		r = pki_pair_init(&folder->next_instance, dir, "instance.next", err);
	return r;
}

static int read_files(struct folder *folder, struct problems *problems)
{
	int r = pki_load_certs(folder->ca.cert, &folder->cas, problems);

	if (r == 0)
		r = pki_load_key(folder->ca.key, &folder->ca_key, problems);
	if (r == 0)
		r = pki_load_certs(folder->instance.cert, &folder->chain, problems);
	if (r == 0 && access(folder->next_ca.key, F_OK) == 0)
		r = pki_load_key(folder->next_ca.key, &folder->next_ca_key, problems);
	if (r == 0)
		r = pki_find_owner(&folder->cas, &folder->ca_key, &folder->current);
	folder->next = folder->cas.count;
	if (r == 0 && folder->next_ca_key.der)
		r = pki_find_owner(&folder->cas, &folder->next_ca_key, &folder->next);
	return r;
}

/* Whether instance.key waits for the certificate that was staged with it. */
static int check_swap(struct folder *folder, bool *ret_swapping, struct problems *problems)
{
	_cleanup_(pki_certs_fini) struct pki_certs staged = {0};
	_cleanup_(pki_key_fini) struct pki_key key = {0};
	size_t owner;
	int r;

	*ret_swapping = false;
	r = pki_load_key(folder->instance.key, &key, problems);
	if (r == 0)
		r = pki_find_owner(&folder->chain, &key, &owner);
	if (r < 0 || owner < folder->chain.count)
		return r;
	if (access(folder->next_instance.cert, F_OK) == 0) {
		r = pki_load_certs(folder->next_instance.cert, &staged, problems);
		if (r == 0)
			r = pki_find_owner(&staged, &key, &owner);
		if (r < 0)
			return r;
		*ret_swapping = owner < staged.count;
	}
	if (*ret_swapping)
		return 0;
	problems_add(problems,
	             "%s: does not belong to the certificate in %s, expected its private key",
	             folder->instance.key, folder->instance.cert);
	return -EINVAL;
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
	bool has_current = folder->current < folder->cas.count;
	bool has_next = folder->next < folder->cas.count;
	bool swapping, old = false, new = false;
	int r;

	if (!has_current && !has_next) {
		problems_add(problems,
		             "%s: belongs to no certificate in %s, expected its private key",
		             folder->ca.key, folder->ca.cert);
		return -EINVAL;
	}
	r = check_swap(folder, &swapping, problems);
	if (r == 0 && has_current)
		r = signed_by(folder, folder->current, &old);
	if (r == 0 && has_next)
		r = signed_by(folder, folder->next, &new);
	if (r < 0)
		return r;
	if (swapping)
		folder->state = PKI_ROTATE_SWAPPING;
	else if (new)
		folder->state = has_current ? PKI_ROTATE_REISSUED : PKI_ROTATE_DROPPING;
	else if (old)
		folder->state = has_next ? PKI_ROTATE_ADDED : PKI_ROTATE_STEADY;
	else {
		problems_add(problems, "%s: was not signed by the CA of %s, issuer is \"%s\"",
		             folder->instance.cert, folder->ca.key, folder->chain.items[0].issuer);
		return -EINVAL;
	}
	return 0;
}

static int open_folder(const struct pki_rotate *rotate, struct folder *folder, struct err *err)
{
	struct problems problems = {0};
	int r;

	r = name_files(folder, rotate->dir, err);
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
		[PKI_ROTATE_DROPPING] = "drop-ca",
		[PKI_ROTATE_SWAPPING] = "repeating the interrupted step",
	};

	return err_set(err, -EPROTO,
	               "%s: out of order: the rotation is \"%s\", its next step is %s", rotate->dir,
	               state_names[folder->state], turns[folder->state]);
}

/* Takes a staged file into force, durably. */
static int replace(const struct pki_rotate *rotate, const char *staged, const char *path,
                   struct err *err)
{
	_cleanup_(cleanup_fd) int fd = -1;

	if (rename(staged, path) < 0)
		return err_set(err, -errno, "%s: cannot rename to %s: %s", staged, path,
		               strerror(errno));
	fd = open(rotate->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return err_set(err, -errno, "%s: cannot synchronise: %s", rotate->dir,
		               strerror(errno));
	return 0;
}

/* The daemon's own checks of what would be in force. */
static int check(const struct pki_rotate *rotate, const struct pki_pair *instance,
                 const char *ca_file, struct err *err)
{
	_cleanup_(pki_bundle_fini) struct pki_bundle bundle = {0};
	_cleanup_(strlist_fini) struct strlist cas = {0};
	struct problems problems = {0};
	int r;

	r = strlist_add(&cas, ca_file);
	if (r == 0)
		r = pki_load(instance->cert, instance->key, &cas, rotate->now, &bundle, &problems);
	return r < 0 ? pki_first_problem(r, &problems, err) : 0;
}

/* Writes what ca.pem is to become, and checks it with the certificate in force. */
static int stage_cas(const struct pki_rotate *rotate, const struct folder *folder,
                     const struct pki_certs *cas, struct err *err)
{
	int r;

	r = pki_certs_write(folder->next_ca.cert, cas, err);
	if (r == 0)
		r = check(rotate, &folder->instance, folder->next_ca.cert, err);
	if (r < 0)
		unlink(folder->next_ca.cert);
	return r;
}

int pki_rotate_add_ca(const struct pki_rotate *rotate, struct err *err)
{
	_cleanup_(folder_fini) struct folder folder = {0};
	_cleanup_(pki_cert_fini) struct pki_cert cert = {0};
	_cleanup_(pki_key_fini) struct pki_key key = {0};
	struct pki_subject subject = {.days = rotate->days, .now = rotate->now};
	int r;

	r = open_folder(rotate, &folder, err);
	if (r < 0)
		return r;
	if (folder.state != PKI_ROTATE_STEADY)
		return out_of_order(rotate, &folder, err);
	subject.like = &folder.cas.items[folder.current];
	r = pki_key_generate(rotate->key_type, &key, err);
	if (r == 0)
		r = pki_sign_ca(&subject, &key, folder.next_ca.cert, &cert, err);
	if (r == 0 && pki_certs_add(&folder.cas, &cert) < 0)
		r = err_set(err, -ENOMEM, "out of memory");
	if (r == 0)
		r = stage_cas(rotate, &folder, &folder.cas, err);
	/* a key without its certificate in ca.pem changes nothing yet */
	if (r == 0)
		r = pki_key_write(folder.next_ca.key, &key, err);
	return r < 0 ? r : replace(rotate, folder.next_ca.cert, folder.ca.cert, err);
}

static int swap_instance(const struct pki_rotate *rotate, const struct folder *folder,
                         struct err *err)
{
	return replace(rotate, folder->next_instance.cert, folder->instance.cert, err);
}

/* A new key and certificate with the old names, signed by the CA at @index. */
static int renew_instance(const struct pki_rotate *rotate, const struct folder *folder,
                          size_t index, const struct pki_key *ca_key, struct err *err)
{
	struct pki_subject subject = {
		.like = &folder->chain.items[0], .days = rotate->days, .now = rotate->now};
	_cleanup_(pki_cert_fini) struct pki_cert cert = {0};
	_cleanup_(pki_key_fini) struct pki_key key = {0};
	struct pki_certs certs = {&cert, 1};
	int r;

	r = pki_key_generate(rotate->key_type, &key, err);
	if (r == 0)
		r = pki_sign_instance(&subject, &key, &folder->cas.items[index], ca_key,
		                      folder->next_instance.cert, &cert, err);
	if (r == 0)
		r = pki_pair_write(&folder->next_instance, &key, &certs, err);
	if (r == 0)
		r = check(rotate, &folder->next_instance, folder->ca.cert, err);
	if (r < 0) {
		unlink(folder->next_instance.cert);
		unlink(folder->next_instance.key);
		return r;
	}
	r = replace(rotate, folder->next_instance.key, folder->instance.key, err);
	return r < 0 ? r : swap_instance(rotate, folder, err);
}

int pki_rotate_reissue(const struct pki_rotate *rotate, struct err *err)
{
	_cleanup_(folder_fini) struct folder folder = {0};
	int r = open_folder(rotate, &folder, err);

	if (r < 0)
		return r;
	if (folder.state == PKI_ROTATE_SWAPPING)
		return swap_instance(rotate, &folder, err);
	if (folder.state != PKI_ROTATE_ADDED)
		return out_of_order(rotate, &folder, err);
	return renew_instance(rotate, &folder, folder.next, &folder.next_ca_key, err);
}

int pki_rotate_instance(const struct pki_rotate *rotate, struct err *err)
{
	_cleanup_(folder_fini) struct folder folder = {0};
	int r = open_folder(rotate, &folder, err);

	if (r < 0)
		return r;
	if (folder.state == PKI_ROTATE_SWAPPING)
		return swap_instance(rotate, &folder, err);
	if (folder.state != PKI_ROTATE_STEADY)
		return out_of_order(rotate, &folder, err);
	return renew_instance(rotate, &folder, folder.current, &folder.ca_key, err);
}

int pki_rotate_drop_ca(const struct pki_rotate *rotate, struct err *err)
{
	_cleanup_(folder_fini) struct folder folder = {0};
	struct pki_certs kept = {0};
	int r = open_folder(rotate, &folder, err);

	if (r < 0)
		return r;
	if (folder.state != PKI_ROTATE_REISSUED && folder.state != PKI_ROTATE_DROPPING)
		return out_of_order(rotate, &folder, err);
	if (folder.state == PKI_ROTATE_REISSUED) {
		/* its own certificate is the only one that goes */
		pki_cert_fini(&folder.cas.items[folder.current]);
		kept = folder.cas;
		kept.count--;
		folder.cas.items[folder.current] = folder.cas.items[kept.count];
		folder.cas.items[kept.count] = (struct pki_cert){0};
		r = stage_cas(rotate, &folder, &kept, err);
		if (r == 0)
			r = replace(rotate, folder.next_ca.cert, folder.ca.cert, err);
	}
	return r < 0 ? r : replace(rotate, folder.next_ca.key, folder.ca.key, err);
}
