/* SPDX-License-Identifier: MIT */
/*
 * From the SPD that is to the SPD that should be, one operation at a time. Invariant of the order:
 * whatever packet one looks at, the policy that decides about it changes at most once, from the one
 * of the old list to the one of the new list. First come the operations after which a policy ranks
 * at least as high as before (additions, promotions, changes in place), the highest new rank first:
 * the first of them that matches a packet has the last word on it. Then come those after which a
 * policy ranks lower (demotions, deletions), the lowest old rank first: what they uncover is final.
 */
#include "xfrmd/spd/diff.h"

#include <errno.h>
#include <stdlib.h>

/* One operation and the priority that decides its turn. */
struct step {
	struct diff_op op;
	bool lowers;
	uint32_t priority;
};

/* How little a policy lets through in clear. */
enum strictness {
	STRICTNESS_NONE,
	STRICTNESS_OPTIONAL,
	STRICTNESS_FULL,
};

/* What decides whether deletions may leave sockets of one family with a route that is too open. */
struct exposure {
	bool deleted;
	enum strictness deleted_least;
	enum strictness wanted_most;
	const struct policy *refreshed; /* the best one that will be ours in the kernel */
};

struct builder {
	struct step *steps;
	size_t count;
	struct exposure ipv4, ipv6;
	struct diff diff; /* only the counters */
};

static enum strictness policy_strictness(const struct policy *policy)
{
	switch ((enum policy_action)policy->action) {
	case POLICY_ACTION_PROTECT:
		return policy->optional ? STRICTNESS_OPTIONAL : STRICTNESS_FULL;
	case POLICY_ACTION_ALLOW:
		return STRICTNESS_NONE;
	case POLICY_ACTION_BLOCK:
		return STRICTNESS_FULL;
	}
	return STRICTNESS_FULL;
}

static struct exposure *exposure_of(struct builder *builder, const struct policy *policy)
{
	return policy->src.addr.family == AF_INET ? &builder->ipv4 : &builder->ipv6;
}

/* Only outgoing packets use a route that a socket keeps. */
static void note_deleted(struct builder *builder, const struct policy *policy)
{
	struct exposure *exposure = exposure_of(builder, policy);
	enum strictness strictness = policy_strictness(policy);

	if (policy->dir != POLICY_DIR_OUT)
		return;
	if (!exposure->deleted || strictness < exposure->deleted_least)
		exposure->deleted_least = strictness;
	exposure->deleted = true;
}

/* Of two policies the one that is cheaper to write again; those that do not serve lose. */
static const struct policy *better_refresh(const struct policy *best, const struct policy *policy)
{
	if (policy->dir != POLICY_DIR_OUT || !policy_is_ours(policy))
		return best;
	if (best && best->src.len + best->dst.len >= policy->src.len + policy->dst.len)
		return best;
	return policy;
}

static void note_wanted(struct builder *builder, const struct policy *policy)
{
	struct exposure *exposure = exposure_of(builder, policy);
	enum strictness strictness = policy_strictness(policy);

	if (policy->dir == POLICY_DIR_OUT && strictness > exposure->wanted_most)
		exposure->wanted_most = strictness;
	exposure->refreshed = better_refresh(exposure->refreshed, policy);
}

static void add_step(struct builder *builder, enum diff_op_kind kind, const struct policy *policy,
                     bool lowers, uint32_t priority)
{
	builder->steps[builder->count++] = (struct step){
		.op = {.kind = kind, .policy = *policy},
		.lowers = lowers,
		.priority = priority,
	};
}

static void add_delete(struct builder *builder, const struct policy *old)
{
	if (!policy_is_ours(old))
		return;
	add_step(builder, DIFF_OP_DELETE, old, true, old->priority);
	builder->diff.deletes++;
	note_deleted(builder, old);
}

static void add_addition(struct builder *builder, const struct policy *new)
{
	add_step(builder, DIFF_OP_ADD, new, false, new->priority);
	builder->diff.adds++;
	note_wanted(builder, new);
}

static void add_update(struct builder *builder, const struct policy *old, const struct policy *new)
{
	bool lowers = new->priority > old->priority;

	if (!policy_is_ours(old)) {
		builder->diff.conflicts++;
		return;
	}
	note_wanted(builder, new);
	if (policy_equal(old, new))
		return;
	add_step(builder, DIFF_OP_UPDATE, new, lowers, lowers ? old->priority : new->priority);
	builder->diff.updates++;
}

/* Both lists are sorted by key. An exhausted list counts as the greater one. */
static int compare_next(const struct policy_list *have, size_t h, const struct policy_list *want,
                        size_t w)
{
	if (h == have->count)
		return 1;
	if (w == want->count)
		return -1;
	return policy_compare_key(&have->items[h], &want->items[w]);
}

static void compare_lists(struct builder *builder, const struct policy_list *have,
                          const struct policy_list *want)
{
	size_t h = 0, w = 0;

	while (h < have->count || w < want->count) {
		int order = compare_next(have, h, want, w);

		if (order < 0)
			add_delete(builder, &have->items[h++]);
		else if (order > 0)
			add_addition(builder, &want->items[w++]);
		else
			add_update(builder, &have->items[h++], &want->items[w++]);
	}
}

static int compare_steps(const void *a, const void *b)
{
	const struct step *x = a, *y = b;

	if (x->lowers != y->lowers)
		return x->lowers ? 1 : -1;
	if (x->priority != y->priority)
		return (x->priority < y->priority) != x->lowers ? -1 : 1;
	return policy_compare_key(&x->op.policy, &y->op.policy);
}

const struct policy *diff_refresh_policy(const struct policy_list *installed, uint8_t family)
{
	const struct policy *best = NULL;

	for (size_t i = 0; i < installed->count; i++) {
		if (installed->items[i].src.addr.family == family)
			best = better_refresh(best, &installed->items[i]);
	}
	return best;
}

static void add_refresh(struct diff *diff, const struct exposure *exposure)
{
	if (exposure->deleted && exposure->deleted_least < exposure->wanted_most &&
	    exposure->refreshed)
		diff->ops[diff->count++] = (struct diff_op){DIFF_OP_REFRESH, *exposure->refreshed};
}

int diff_build(const struct policy_list *have, const struct policy_list *want,
               struct diff *ret_diff)
{
	struct builder builder = {0};
	struct diff diff;
	int r = -ENOMEM;

	builder.steps = reallocarray(NULL, have->count + want->count + 1, sizeof(*builder.steps));
	if (!builder.steps)
		return -ENOMEM;
	compare_lists(&builder, have, want);
	if (builder.count > 1)
		qsort(builder.steps, builder.count, sizeof(*builder.steps), compare_steps);

	diff = builder.diff;
	diff.ops = reallocarray(NULL, builder.count + 2, sizeof(*diff.ops));
	if (!diff.ops)
		goto out;
	while (diff.count < builder.count) {
		diff.ops[diff.count] = builder.steps[diff.count].op;
		diff.count++;
	}
	add_refresh(&diff, &builder.ipv4);
	add_refresh(&diff, &builder.ipv6);
	*ret_diff = diff;
	r = 0;
out:
	free(builder.steps);
	return r;
}

void diff_fini(struct diff *diff)
{
	if (!diff)
		return;
	free(diff->ops);
	*diff = (struct diff){0};
}

enum diff_drift diff_drift_of(const struct policy_list *have, const struct policy_list *want,
                              const struct policy *policy)
{
	const struct policy *wanted = policy_list_find(want, policy);
	const struct policy *found = policy_list_find(have, policy);

	if (!wanted)
		return policy_is_ours(policy) ? DIFF_DRIFT_UNEXPECTED : DIFF_DRIFT_NONE;
	if (!found)
		return DIFF_DRIFT_MISSING;
	return policy_equal(found, wanted) ? DIFF_DRIFT_NONE : DIFF_DRIFT_CHANGED;
}

const char *diff_drift_name(enum diff_drift drift)
{
	static const char *const names[] = {
		[DIFF_DRIFT_NONE] = NULL,
		[DIFF_DRIFT_MISSING] = "missing",
		[DIFF_DRIFT_CHANGED] = "changed",
		[DIFF_DRIFT_UNEXPECTED] = "unexpected",
	};

	return names[drift];
}
