/* SPDX-License-Identifier: MIT */
/* The hosts machine beside a model of the kernel, in every order and under random events. */
#include "hosts_fixture.h"

/* Check's own macros write to a file each time: too slow for millions of checks. */
static void expect(bool holds, const char *what, uint64_t now_ms)
{
	if (!holds)
		ck_abort_msg("%s, at %" PRIu64, what, now_ms - NOW);
}

/* What the test knows of a host: its living SAs, oldest first, and its policy in the kernel. */
#define MODEL_HOSTS 30
#define MODEL_SPIS  8
struct model {
	uint32_t spis[MODEL_SPIS];
	size_t count;
	bool in_kernel;
	struct known_host policy;
	uint64_t changed_ms;
	bool heard;        /* the peer uses the pinned SA, and none is newer than that */
	uint64_t asked_ms; /* traffic waits since then; 0: it does not */
};
static struct model models[MODEL_HOSTS];
static uint64_t settle_ms = SETTLE;
static bool hears; /* a host that was just heard of */
/* SAs whose inbound one is known: they take over when the peer uses them. */
static bool audible[10000];

static void model_add(struct model *model, uint32_t spi, uint64_t now_ms)
{
	model->spis[model->count++] = spi;
	model->changed_ms = now_ms;
	model->heard = false;
	model->asked_ms = 0;
}

static void model_remove(struct model *model, size_t index, uint64_t now_ms)
{
	model->count--;
	memmove(&model->spis[index], &model->spis[index + 1],
	        (model->count - index) * sizeof(model->spis[0]));
	model->changed_ms = now_ms;
}

static size_t model_find(const struct model *model, uint32_t spi)
{
	size_t i = 0;

	while (i < model->count && model->spis[i] != spi)
		i++;
	return i;
}

static void model_put(struct model *model, const struct known_host *host, uint64_t now_ms)
{
	expect(!model->in_kernel || model->policy.spi != host->spi ||
	               model->policy.blocked != host->blocked,
	       "PUT changes something", now_ms);
	model->in_kernel = true;
	model->heard = hears;
	model->policy = *host;
	model->changed_ms = now_ms;
}

/* Does the actions in the model of the kernel. */
static void model_apply(uint64_t now_ms)
{
	for (size_t i = 0; i < actions.count; i++) {
		const struct host_action *action = &actions.items[i];
		struct model *model = &models[number_of(&action->host.pair.remote)];

		switch (action->kind) {
		case HOST_ACTION_PUT:
			model_put(model, &action->host, now_ms);
			break;
		case HOST_ACTION_REMOVE:
			expect(model->in_kernel, "REMOVE finds a policy", now_ms);
			model->in_kernel = false;
			break;
		case HOST_ACTION_NEGOTIATE:
			expect(!model->count, "NEGOTIATE only without an SA", now_ms);
			model->asked_ms = now_ms;
			break;
		case HOST_ACTION_QUIET:
		case HOST_ACTION_PROBE:
			expect(model->policy.blocked, "only a blocked one is probed", now_ms);
			break;
		case HOST_ACTION_LISTEN:
			expect(model->count, "LISTEN only with an SA", now_ms);
			break;
		case HOST_ACTION_END_ACQUIRE:
			expect(model->policy.spi > SPI || !model->count,
			       "END_ACQUIRE comes with a pin or for want of one", now_ms);
			break;
		case HOST_ACTION_GREET:
			expect(model->policy.spi > SPI, "only by an SA the peer is greeted",
			       now_ms);
			break;
		case HOST_ACTION_REFRESH:
			expect(model->in_kernel, "REFRESH comes after PUT", now_ms);
			break;
		}
	}
	/* every event has to make its own room */
	host_actions_fini(&actions);
}

static void model_check_policy(const struct model *model, const struct known_host *host,
                               uint64_t now_ms)
{
	uint32_t newest = model->count ? SPI + model->spis[model->count - 1] : 0;

	expect(host->spi == model->policy.spi && host->blocked == model->policy.blocked,
	       "the list is what was PUT", now_ms);
	expect(!host->blocked || !host->spi, "a blocked one has no pin", now_ms);
	if (!model->count)
		expect(known_host_holds(host) == !host->blocked,
		       "without an SA it waits, or is blocked", now_ms);
	else if (known_host_holds(host))
		expect(now_ms < model->changed_ms + WAIT + TOGETHER_MAX,
		       "it does not wait for long", now_ms);
	else
		expect(model_find(model, host->spi - SPI) < model->count, "the pin lives", now_ms);
	if (now_ms >= model->changed_ms + settle_ms && newest && !model->heard &&
	    !audible[newest - SPI])
		expect(host->spi == newest, "the pin settles on the newest", now_ms);
}

static void model_check_host(const struct model *model, const struct known_host *host,
                             uint64_t now_ms)
{
	expect(model->in_kernel == (host != NULL), "the list is what the kernel has", now_ms);
	if (!host) {
		expect(!model->count, "a host with an SA is known", now_ms);
		expect(!model->asked_ms, "a host that was asked for is known", now_ms);
		return;
	}
	model_check_policy(model, host, now_ms);
	if (host->blocked)
		expect(!model->count && model->asked_ms, "only what was asked for is blocked",
		       now_ms);
	else if (!model->count && model->asked_ms)
		expect(now_ms < model->asked_ms + SILENT, "a silent one is blocked", now_ms);
}

/* With all timers up to @now_ms done. */
static void model_check(uint64_t now_ms)
{
	model_apply(now_ms);
	for (size_t i = 0; i < MODEL_HOSTS; i++)
		model_check_host(&models[i], find(i), now_ms);
}

static void model_event(uint32_t spi, bool is_new, uint64_t now_ms)
{
	if (is_new) {
		model_add(&models[2], spi, now_ms);
		new_sa(2, spi, now_ms);
	} else {
		model_remove(&models[2], model_find(&models[2], spi), now_ms);
		sa_gone(2, spi, now_ms);
	}
	model_check(now_ms);
}

/* SA 1 is alive; 2 to 4 appear, all but one go. */
#define COLLIDING_NEW 3
struct order {
	int events[2 * COLLIDING_NEW]; /* SPI; negative: gone */
	size_t count;
};

/* After every event of the order either nothing happens or, by its bit, the settle time passes. */
static void play_order(const struct order *order, unsigned pauses)
{
	uint64_t now_ms = NOW;

	hosts_free(hosts);
	memset(models, 0, sizeof(models));
	memset(audible, 0, sizeof(audible));
	settle_ms = SETTLE;
	actions.count = 0;
	ck_assert_int_eq(hosts_new(&hosts), 0);
	hosts_set_mode(hosts, HOSTS_MODE_HOLD);
	hosts_on_charon(hosts, true, NOW);
	model_event(1, true, now_ms);
	for (size_t i = 0; i < order->count; i++) {
		int event = order->events[i];

		model_event((uint32_t)abs(event), event > 0, ++now_ms);
		if (pauses & 1u << i)
			now_ms += SETTLE;
		pass_time(now_ms);
		model_check(now_ms);
	}
	now_ms += WAIT + TOGETHER_MAX;
	pass_time(now_ms);
	model_check(now_ms);
	expect(models[2].policy.spi == SPI + models[2].spis[0], "the last one is pinned", now_ms);
}

static unsigned orders_played;

/* Every order in which an SA appears before it goes; @alive and @unborn are sets of SPIs. */
static void play_all_orders(struct order *order, unsigned alive, unsigned unborn)
{
	if (!unborn && (alive & (alive - 1)) == 0) {
		orders_played++;
		for (unsigned pauses = 0; pauses < 1u << order->count; pauses++)
			play_order(order, pauses);
		return;
	}
	for (int spi = 1; spi <= 1 + COLLIDING_NEW; spi++) {
		unsigned bit = 1u << spi;

		if (unborn & bit) {
			order->events[order->count++] = spi;
			play_all_orders(order, alive | bit, unborn & ~bit);
			order->count--;
		}
		if (alive & bit) {
			order->events[order->count++] = -spi;
			play_all_orders(order, alive & ~bit, unborn);
			order->count--;
		}
	}
}

START_TEST(hosts_are_never_pinned_to_a_dead_sa_in_any_order_of_notifications)
{
	static const unsigned unborn[] = {1u << 2, 1u << 2 | 1u << 3, 1u << 2 | 1u << 3 | 1u << 4};
	static const unsigned orders[] = {3, 24, 360};

	for (size_t i = 0; i < sizeof(unborn) / sizeof(unborn[0]); i++) {
		struct order order = {0};

		orders_played = 0;
		play_all_orders(&order, 1u << 1, unborn[i]);
		ck_assert_uint_ge(orders_played, orders[i]);
	}
}
END_TEST

static uint64_t model_random;

static uint32_t roll(uint32_t bound)
{
	model_random = model_random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(model_random >> 33) % bound;
}

static void sync_models(uint64_t now_ms)
{
	struct host_sa sas[MODEL_HOSTS * MODEL_SPIS];
	size_t count = 0;

	for (size_t i = 0; i < MODEL_HOSTS; i++) {
		for (size_t spi = 0; spi < models[i].count; spi++)
			sas[count++] = (struct host_sa){.pair = pair_of(i),
			                                .spi = SPI + models[i].spis[spi]};
	}
	hosts_sync(hosts, sas, count, now_ms, &actions);
}

/* Some SAs change unseen, then everything is told at once. */
static void lose_notifications(uint32_t *next_spi, uint64_t now_ms)
{
	uint64_t asked_ms[MODEL_HOSTS];

	for (size_t i = 0; i < MODEL_HOSTS; i++)
		asked_ms[i] = models[i].asked_ms;
	for (unsigned i = roll(6); i > 0; i--) {
		struct model *model = &models[roll(MODEL_HOSTS)];

		if (roll(2) && model->count)
			model_remove(model, roll((uint32_t)model->count), now_ms);
		else if (model->count < MODEL_SPIS)
			model_add(model, (*next_spi)++, now_ms);
	}
	for (size_t i = 0; i < MODEL_HOSTS; i++) {
		models[i].changed_ms = now_ms;
		models[i].heard = false;
		/* nobody saw the SAs that came and went */
		if (!models[i].count)
			models[i].asked_ms = asked_ms[i];
	}
	sync_models(now_ms);
}

static void random_fresh(struct model *model, size_t host, uint64_t now_ms)
{
	uint32_t spi = model->spis[roll((uint32_t)model->count)];

	audible[spi] = true;
	fresh_sas(host, spi, roll(2), now_ms);
}

/* All that have an SA get ready, and the others fail: those that are ready take over together. */
static void end_first_contacts(uint64_t now_ms)
{
	for (size_t i = 0; i < MODEL_HOSTS; i++) {
		if (models[i].count)
			random_fresh(&models[i], i, now_ms);
		model_check(now_ms);
	}
	for (size_t i = 0; i < MODEL_HOSTS; i++) {
		if (!models[i].count)
			failed(i, now_ms);
		model_check(now_ms);
	}
}

/* Most of them ask at once and get their first SAs; some of these wait for the others when the mode
 * changes. */
static void random_first_contacts(uint32_t *next_spi, uint64_t now_ms)
{
	unsigned kept = 0;

	hosts_retain(hosts, keep_some, &kept);
	memset(models, 0, sizeof(models));
	for (size_t i = 0; i < MODEL_HOSTS; i++) {
		struct model *model = &models[i];

		if (!roll(4))
			continue;
		model->asked_ms = now_ms;
		acquire(i, now_ms);
		model_check(now_ms);
		if (!roll(4))
			continue;
		model_add(model, *next_spi, now_ms);
		new_sa(i, (*next_spi)++, now_ms);
		model_check(now_ms);
	}
	if (roll(2))
		end_first_contacts(now_ms);
}

static void random_rare_event(uint32_t *next_spi, uint64_t now_ms)
{
	unsigned kept = roll(1u << MODEL_HOSTS);

	if (roll(2)) {
		random_first_contacts(next_spi, now_ms);
		hosts_set_mode(hosts, HOSTS_MODE_DROP);
		acquire(1, now_ms);
		hosts_set_mode(hosts, HOSTS_MODE_HOLD);
		/* the caller writes the whole plan */
		for (size_t i = 0; i < MODEL_HOSTS; i++) {
			models[i].asked_ms = 0;
			if (models[i].in_kernel)
				models[i].policy = *find(i);
		}
		kept = UINT32_MAX;
	} else {
		hosts_retain(hosts, keep_some, &kept);
	}
	for (size_t i = 0; i < MODEL_HOSTS; i++) {
		if (kept & 1u << i)
			continue;
		models[i].in_kernel = false;
		models[i].asked_ms = 0;
	}
	lose_notifications(next_spi, now_ms);
}

static void random_heard(struct model *model, size_t host, uint64_t now_ms)
{
	uint32_t spi = model->spis[roll((uint32_t)model->count)];

	/* what still receives is not left */
	if (model->policy.spi == SPI + spi)
		model->changed_ms = now_ms;
	model_check(now_ms);
	hears = true;
	heard(host, spi, now_ms);
	model_apply(now_ms);
	hears = false;
}

static void random_event(uint32_t *next_spi, uint64_t now_ms)
{
	size_t host = roll(MODEL_HOSTS);
	struct model *model = &models[host];

	switch (roll(6)) {
	case 0:
		if (model->count == MODEL_SPIS)
			break;
		model_add(model, *next_spi, now_ms);
		new_sa(host, (*next_spi)++, now_ms);
		break;
	case 1:
	case 2:
		if (model->count) {
			uint32_t spi = model->spis[roll((uint32_t)model->count)];

			model_remove(model, model_find(model, spi), now_ms);
			sa_gone(host, spi, now_ms);
		}
		break;
	case 3:
		if (model->count && roll(2))
			new_sa(host, model->spis[roll((uint32_t)model->count)], now_ms);
		else if (model->count)
			random_fresh(model, host, now_ms);
		if (model->count && roll(2))
			random_heard(model, host, now_ms);
		sa_gone(host, *next_spi, now_ms);
		break;
	case 4:
		if (!model->count && !model->asked_ms)
			model->asked_ms = now_ms;
		acquire(host, now_ms);
		break;
	default:
		if (roll(10) == 0)
			random_rare_event(next_spi, now_ms);
		else
			failed(host, now_ms);
	}
}

/* Millisecond by millisecond. Half of the time the timer runs too early as well: it must have
 * nothing to do then. */
static void random_time(uint64_t *now_ms)
{
	bool early = roll(2);

	for (uint32_t i = roll(8) ? roll(60) : roll(2 * SILENT); i > 0; i--) {
		bool due = hosts_next_ms(hosts) <= ++*now_ms;

		if (due || early)
			hosts_on_timer(hosts, *now_ms, &actions);
		expect(due || !actions.count, "nothing is done before it is due", *now_ms);
		expect(hosts_next_ms(hosts) > *now_ms, "no timer stays due", *now_ms);
		model_check(*now_ms);
	}
}

START_TEST(hosts_keep_their_invariants_under_random_events)
{
	const char *given = getenv("TEST_SEED");
	uint64_t now_ms = NOW;
	uint32_t next_spi = 1;

	model_random = given ? strtoull(given, NULL, 10) : 20240601u + (uint64_t)_i;
	fprintf(stderr, "TEST_SEED=%" PRIu64 "\n", model_random);
	/* the end with the lower address, or the other one */
	if (model_random % 2)
		ck_assert_int_eq(addr_parse("10.200.0.1", &local), 0);
	memset(models, 0, sizeof(models));
	memset(audible, 0, sizeof(audible));
	settle_ms = HOSTS_GRACE_MS; /* after a sync */
	for (unsigned step = 0; step < 3000; step++) {
		random_event(&next_spi, now_ms);
		model_check(now_ms);
		if (roll(3))
			random_time(&now_ms);
	}
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("hosts_model", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, hosts_are_never_pinned_to_a_dead_sa_in_any_order_of_notifications);
	tcase_add_loop_test(tcase, hosts_keep_their_invariants_under_random_events, 0, 4);
	return test_run(suite);
}
