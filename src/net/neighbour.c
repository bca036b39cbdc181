/* SPDX-License-Identifier: MIT */
#include "xfrmd/net/neighbour.h"

#include <linux/neighbour.h>

#define NUD_THERE (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT)

/* NULL: it is not asked for. */
static struct neighbour_question *find(struct neighbour_questions *questions,
                                       const struct addr *remote)
{
	for (size_t i = 0; i < NEIGHBOUR_QUESTIONS_MAX; i++)
		if (addr_equal(&questions->items[i].remote, remote))
			return &questions->items[i];
	return NULL;
}

static void forget(struct neighbour_question *question)
{
	if (question)
		*question = (struct neighbour_question){0};
}

enum neighbour neighbour_ask(struct neighbour_questions *questions, const struct addr *remote,
                             unsigned ifindex, unsigned state)
{
	struct neighbour_question *question = find(questions, remote);

	if (!state || state & (NUD_NOARP | NUD_THERE)) {
		forget(question);
		return state & NUD_THERE ? NEIGHBOUR_THERE : NEIGHBOUR_UNTOLD;
	}
	if (!question) {
		question = &questions->items[questions->next];
		questions->next = (questions->next + 1) % NEIGHBOUR_QUESTIONS_MAX;
	}
	*question = (struct neighbour_question){*remote, ifindex};
	return NEIGHBOUR_ASKED;
}

enum neighbour neighbour_told(struct neighbour_questions *questions, const struct addr *remote,
                              unsigned ifindex, unsigned state)
{
	struct neighbour_question *question = find(questions, remote);

	if (!question || question->ifindex != ifindex)
		return NEIGHBOUR_UNTOLD;
	if (!(state & (NUD_THERE | NUD_FAILED)))
		return NEIGHBOUR_ASKED;
	forget(question);
	return state & NUD_THERE ? NEIGHBOUR_THERE : NEIGHBOUR_ABSENT;
}
