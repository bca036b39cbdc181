/* SPDX-License-Identifier: MIT */
#ifndef XFRMPKI_JSON_H
#define XFRMPKI_JSON_H

#include <jansson.h>
#include <stdint.h>

#include "xfrmd/base/err.h"
#include "xfrmd/pki/pki_cert.h"

/* NULL when out of memory; json_print() then says so. */
json_t *json_of_certs(const struct pki_certs *certs, int64_t now);
json_t *json_of_problems(const struct problems *problems);

/* One line on stdout; takes the reference, NULL means out of memory. The exit status. */
int json_print(json_t *json);

#endif
