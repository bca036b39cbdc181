/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_PKI_PKI_ROTATE_H
#define XFRMD_PKI_PKI_ROTATE_H

#include <stdint.h>

#include "xfrmd/base/err.h"
#include "xfrmd/pki/pki_key.h"

/*
 * Rotation of a certificate folder (ca.pem, ca.key, instance.pem, instance.key) without a moment
 * in which hosts of the step before and after do not trust each other:
 *
 *   steady --add_ca--> added --reissue--> reissued --drop_ca--> steady
 *
 * Between two steps the folder goes to every host. The state is read off the files themselves:
 * from add_ca to drop_ca ca.pem holds both CAs and ca.next.key the key of the new one.
 * A step checks what the daemon would find before all its files come into force at once; refused or
 * killed before that, it leaves the old ones in force.
 */
enum pki_rotate_state {
	PKI_ROTATE_STEADY,
	PKI_ROTATE_ADDED,
	PKI_ROTATE_REISSUED,
};
extern const char *const pki_rotate_state_names[]; /* "steady", "added", "reissued" */

struct pki_rotate {
	const char *dir;
	enum pki_key_type key_type;
	uint32_t days;
	int64_t now;
};

/* Where the folder stands; reads only. Negative errno and @err when it stands nowhere. */
int pki_rotate_status(const struct pki_rotate *rotate, enum pki_rotate_state *ret_state,
                      struct err *err);

/*
 * The steps. Names are taken over from the certificate that is replaced. -EPROTO and @err when it
 * is another step's turn; an interrupted step is completed by repeating it. Where the folder cannot
 * be replaced as a whole (pki_swap.h), nothing changes.
 * pki_rotate_instance is no step: a new instance key and certificate from the same CA.
 */
int pki_rotate_add_ca(const struct pki_rotate *rotate, struct err *err);
int pki_rotate_reissue(const struct pki_rotate *rotate, struct err *err);
int pki_rotate_drop_ca(const struct pki_rotate *rotate, struct err *err);
int pki_rotate_instance(const struct pki_rotate *rotate, struct err *err);

#endif
