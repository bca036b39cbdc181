/* SPDX-License-Identifier: MIT */
/*
 * Desired and remembered SPD. `have` is what the kernel held when it was last read or written,
 * sorted by key, foreign policies included; it is trusted until installed_spd_repair() is asked for.
 * Policies that we added since the last dump have index 0 there.
 */
#include "xfrmd/xfrm/installed_spd.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "xfrmd/base/log.h"
#include "xfrmd/spd/diff.h"
#include "xfrmd/xfrm/xfrm_sock.h"

struct installed_spd {
	struct xfrm_sock *sock;
	struct policy_list want;
	struct spd_thresholds thresholds; /* those that fit it */
	struct policy_list have;
	bool have_known;
	uint64_t repaired;
	struct spd_change last;
};

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int installed_spd_open(struct installed_spd **ret_keeper, struct err *err)
{
	struct installed_spd *keeper = calloc(1, sizeof(*keeper));
	int error;

	if (!keeper)
		return err_set(err, -ENOMEM, "SPD: out of memory");
	keeper->thresholds = spd_thresholds_default;
	error = xfrm_sock_open(&keeper->sock, err);
	if (error) {
		free(keeper);
		return error;
	}
	*ret_keeper = keeper;
	return 0;
}

void installed_spd_close(struct installed_spd *keeper)
{
	if (!keeper)
		return;
	xfrm_sock_close(keeper->sock);
	policy_list_fini(&keeper->want);
	policy_list_fini(&keeper->have);
	free(keeper);
}

uint32_t installed_spd_port(const struct installed_spd *keeper)
{
	return xfrm_sock_port(keeper->sock);
}

const struct policy_list *installed_spd_want(const struct installed_spd *keeper)
{
	return &keeper->want;
}

const struct policy_list *installed_spd_have(const struct installed_spd *keeper)
{
	return &keeper->have;
}

void installed_spd_reclaim(struct policy_list *fresh, const struct policy_list *known)
{
	for (size_t i = 0; i < fresh->count; i++) {
		struct policy *policy = &fresh->items[i];
		const struct policy *before;

		if (policy_is_ours(policy))
			continue;
		before = policy_list_find(known, policy);
		if (before && policy_is_ours(before))
			policy->priority = POLICY_PRIORITY_MAX;
	}
}

int installed_spd_read(struct installed_spd *keeper, struct err *err)
{
	struct policy_list fresh = {0};
	int error = xfrm_sock_dump_policies(keeper->sock, &fresh, err);

	if (error)
		return error;
	installed_spd_reclaim(&fresh, &keeper->have);
	policy_list_fini(&keeper->have);
	keeper->have = fresh;
	keeper->have_known = true;
	return 0;
}

/* What stands at one key; either of the two may be NULL. False: nothing. */
static bool merge_one(const struct policy *old, const struct policy *wanted,
                      struct policy *ret_policy)
{
	if (old && !policy_is_ours(old)) {
		*ret_policy = *old;
		return true;
	}
	if (!wanted)
		return false;
	*ret_policy = *wanted;
	if (old)
		ret_policy->index = old->index;
	return true;
}

int installed_spd_merge(const struct policy_list *have, const struct policy_list *want,
                        struct policy_list *ret_merged)
{
	struct policy_list merged = {0};
	int error = 0;

	for (size_t h = 0, w = 0; !error && (h < have->count || w < want->count);) {
		const struct policy *old = h < have->count ? &have->items[h] : NULL;
		const struct policy *wanted = w < want->count ? &want->items[w] : NULL;
		int order = !wanted ? -1 : !old ? 1 : policy_compare_key(old, wanted);
		struct policy policy;

		if (merge_one(order <= 0 ? old : NULL, order >= 0 ? wanted : NULL, &policy))
			error = policy_list_add(&merged, &policy);
		h += order <= 0;
		w += order >= 0;
	}
	if (error)
		policy_list_fini(&merged);
	*ret_merged = merged;
	return error;
}

static int remember(struct installed_spd *keeper)
{
	struct policy_list merged;
	int error = installed_spd_merge(&keeper->have, &keeper->want, &merged);

	policy_list_fini(&keeper->have);
	keeper->have = merged;
	keeper->have_known = !error;
	return error;
}

/* To read all costs about an eighth of a look at each. */
static bool index_is_often_missing(const struct diff *diff, const struct policy_list *have)
{
	size_t missing = 0;

	for (size_t i = 0; i < diff->count; i++)
		missing += diff->ops[i].kind == DIFF_OP_DELETE && diff->ops[i].policy.index == 0;
	return missing > have->count / 8;
}

static int compare(struct installed_spd *keeper, struct diff *diff, struct err *err)
{
	int error = keeper->have_known ? 0 : installed_spd_read(keeper, err);

	if (!error)
		error = diff_build(&keeper->have, &keeper->want, diff);
	if (error || !index_is_often_missing(diff, &keeper->have))
		return error;
	diff_fini(diff);
	error = installed_spd_read(keeper, err);
	return error ? error : diff_build(&keeper->have, &keeper->want, diff);
}

static int apply_once(struct installed_spd *keeper, struct spd_change *change, struct err *err)
{
	struct diff diff = {0};
	size_t failures;
	int error;

	error = compare(keeper, &diff, err);
	if (error)
		return error == -ENOMEM ? err_set(err, error, "SPD: out of memory") : error;
	failures = xfrm_sock_apply(keeper->sock, &diff, err);
	/* of one that failed nobody knows what was done: it is not told of */
	if (!failures) {
		change->added = diff.adds;
		change->updated = diff.updates;
		change->deleted = diff.deletes;
	}
	change->conflicts = diff.conflicts;
	change->failures = failures;
	diff_fini(&diff);
	if (failures)
		keeper->have_known = false;
	else
		(void)remember(keeper);
	return failures ? -EIO : 0;
}

/* Without them all is right, but slow. */
static void note_thresholds(const struct installed_spd *keeper, int result)
{
	const struct spd_thresholds *thresholds = &keeper->thresholds;

	if (result > 0)
		log_info("spd: hash thresholds: ipv4 local=%u remote=%u ipv6 local=%u remote=%u",
		         thresholds->ipv4.local, thresholds->ipv4.remote, thresholds->ipv6.local,
		         thresholds->ipv6.remote);
	else if (result < 0)
		log_debug("spd: hash thresholds: cannot be set: %s", strerror(-result));
}

static int apply(struct installed_spd *keeper, struct spd_change *ret_change, struct err *err)
{
	struct spd_change change = {0};
	uint64_t started_us = now_us();
	int error;

	note_thresholds(keeper, xfrm_sock_lower_thresholds(keeper->sock, &keeper->thresholds));
	error = apply_once(keeper, &change, err);
	if (error) /* somebody else may have been at work: once more, against the truth */
		error = apply_once(keeper, &change, err);
	if (!error)
		note_thresholds(keeper,
		                xfrm_sock_set_thresholds(keeper->sock, &keeper->thresholds));
	change.took_us = now_us() - started_us;
	*ret_change = change;
	return error;
}

int installed_spd_set(struct installed_spd *keeper, struct policy_list *want,
                      const struct spd_thresholds *thresholds, struct spd_change *ret_change,
                      struct err *err)
{
	int error;

	policy_list_fini(&keeper->want);
	keeper->want = *want;
	*want = (struct policy_list){0};
	keeper->thresholds = *thresholds;
	error = apply(keeper, ret_change, err);
	keeper->last = *ret_change;
	return error;
}

int installed_spd_repair(struct installed_spd *keeper, struct spd_change *ret_change,
                         struct err *err)
{
	int error;

	keeper->have_known = false;
	error = apply(keeper, ret_change, err);
	keeper->repaired += ret_change->added + ret_change->updated + ret_change->deleted;
	return error;
}

int installed_spd_put(struct installed_spd *keeper, const struct policy *policy, struct err *err)
{
	const struct policy *held = policy_list_find(&keeper->have, policy);
	char text[POLICY_TEXT_MAX];
	int error = held && !policy_is_ours(held) ? -EEXIST : 0;

	if (!error)
		error = policy_list_put(&keeper->want, policy);
	if (!error)
		error = xfrm_sock_update(keeper->sock, policy);
	if (!error && policy_list_put(&keeper->have, policy) < 0)
		keeper->have_known = false;
	if (!error)
		return 0;
	return err_set(err, error, "policy %s: cannot be written: %s", policy_format(policy, text),
	               strerror(-error));
}

int installed_spd_remove(struct installed_spd *keeper, const struct policy *key, struct err *err)
{
	const struct policy *held = policy_list_find(&keeper->have, key);
	char text[POLICY_TEXT_MAX];
	int error = 0;

	policy_list_remove(&keeper->want, key);
	if (!held || !policy_is_ours(held))
		return 0;
	error = xfrm_sock_delete(keeper->sock, held);
	if (error && error != -ENOENT)
		return err_set(err, error, "policy %s: cannot be deleted: %s",
		               policy_format(held, text), strerror(-error));
	policy_list_remove(&keeper->have, key);
	return 0;
}

int64_t installed_spd_used(struct installed_spd *keeper, const struct policy *key)
{
	struct policy found;

	return xfrm_sock_find(keeper->sock, key, &found) < 0 ? 0 : found.used;
}

/* Writes again what the kernel has, for its side effects. */
static void write_again(struct installed_spd *keeper, const struct policy *policy)
{
	int error = policy ? xfrm_sock_update(keeper->sock, policy) : 0;
	char text[POLICY_TEXT_MAX];

	if (error)
		log_warning("spd: %s: cannot be sent again: %s", policy_format(policy, text),
		            strerror(-error));
}

void installed_spd_refresh_family(struct installed_spd *keeper, uint8_t family)
{
	write_again(keeper, diff_refresh_policy(&keeper->have, family));
}

void installed_spd_refresh(struct installed_spd *keeper, const struct policy *key)
{
	const struct policy *held = policy_list_find(&keeper->have, key);

	write_again(keeper, held && policy_is_ours(held) ? held : NULL);
}

int installed_spd_count(struct installed_spd *keeper, struct spd_counts *ret_counts,
                        struct err *err)
{
	struct policy_list now = {0};
	struct spd_counts counts = {
		.desired = keeper->want.count, .repaired = keeper->repaired, .last = keeper->last};
	int error = xfrm_sock_dump_policies(keeper->sock, &now, err);

	if (error)
		return error;
	for (size_t i = 0; i < keeper->want.count; i++) {
		if (diff_drift_of(&now, &keeper->want, &keeper->want.items[i]) == DIFF_DRIFT_NONE)
			counts.installed++;
		else
			counts.drift++;
	}
	for (size_t i = 0; i < now.count; i++)
		if (diff_drift_of(&now, &keeper->want, &now.items[i]) == DIFF_DRIFT_UNEXPECTED)
			counts.drift++;
	policy_list_fini(&now);
	/* nobody waits for this as for a reload, and glibc would keep as much as the SPD takes */
	malloc_trim(0);
	*ret_counts = counts;
	return 0;
}

int installed_spd_sas(struct installed_spd *keeper, struct sa **ret_sas, size_t *ret_count,
                      struct err *err)
{
	return xfrm_sock_dump_sas(keeper->sock, ret_sas, ret_count, err);
}

int installed_spd_find_sa(struct installed_spd *keeper, const struct sa *key, struct sa *ret_found)
{
	return xfrm_sock_find_sa(keeper->sock, key, ret_found);
}

int installed_spd_delete_sa(struct installed_spd *keeper, const struct sa *key)
{
	return xfrm_sock_delete_sa(keeper->sock, key);
}

size_t installed_spd_delete_sas(struct installed_spd *keeper, uint32_t reqid)
{
	struct sa *sas = NULL;
	size_t count = 0, deleted = 0;
	struct err err;

	if (xfrm_sock_dump_sas(keeper->sock, &sas, &count, &err) < 0) {
		log_error("spd: %s", err.text);
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		if (sas[i].reqid == reqid && xfrm_sock_delete_sa(keeper->sock, &sas[i]) == 0)
			deleted++;
	free(sas);
	return deleted;
}
