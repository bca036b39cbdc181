/* SPDX-License-Identifier: MIT */
/*
 * Bisecting with sixteen packets at a time: three rounds find one byte in four thousand. Whatever
 * is answered counts, what is not is asked again in the next round: a single loss misleads nobody.
 */
#include "xfrmd/net/path_mtu.h"

/* For paths of 9,000 bytes it takes four after the first; more are for packets lost by chance. */
#define ROUNDS_MAX 7

void path_mtu_begin(struct path_mtu *search, unsigned top)
{
	*search = (struct path_mtu){.top = top, .over = top <= PATH_MTU_LEAST};
}

size_t path_mtu_sizes(const struct path_mtu *search, unsigned ret_sizes[PATH_MTU_SIZES])
{
	unsigned range = search->fail - search->pass;
	size_t count = range < PATH_MTU_SIZES ? range : PATH_MTU_SIZES;

	if (search->over)
		return 0;
	if (!search->rounds) {
		ret_sizes[0] = PATH_MTU_LEAST;
		ret_sizes[1] = search->top;
		return 2;
	}
	for (size_t i = 0; i < count; i++)
		ret_sizes[i] = search->pass + (unsigned)((i + 1) * range / count);
	return count;
}

void path_mtu_judge(struct path_mtu *search, const unsigned *sizes, const bool *answered,
                    size_t count)
{
	search->rounds++;
	search->fail = 0;
	for (size_t i = 0; i < count; i++)
		if (answered[i])
			search->pass = sizes[i];
	for (size_t i = count; i-- > 0;)
		if (!answered[i] && sizes[i] > search->pass)
			search->fail = sizes[i];
	if (!search->fail && search->pass < search->top)
		search->fail = search->top;
	search->over = !search->pass || !search->fail || search->fail == search->pass + 1 ||
	               search->rounds == ROUNDS_MAX;
}

bool path_mtu_vanish(const struct path_mtu *search)
{
	return search->over && search->pass && search->fail;
}

unsigned path_mtu_of_link(const struct path_mtu *search, unsigned link_mtu)
{
	return search->pass + (link_mtu > search->top ? link_mtu - search->top : 0);
}
