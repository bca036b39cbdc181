/* SPDX-License-Identifier: MIT */
/*
 * Metrics and their text. Invariant: a sample is of the last family, a label of the last
 * sample, at the time of adding.
 */
#include "xfrmd/base/metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const metric_type_names[] = {
	[METRIC_TYPE_COUNTER] = "counter",
	[METRIC_TYPE_GAUGE] = "gauge",
	[METRIC_TYPE_HISTOGRAM] = "histogram",
	NULL,
};

static void sample_fini(struct metric_sample *sample)
{
	for (size_t i = 0; i < sample->label_count; i++) {
		free(sample->labels[i].name);
		free(sample->labels[i].value);
	}
	free(sample->labels);
	free(sample->name);
}

void metrics_fini(struct metrics *metrics)
{
	if (!metrics)
		return;
	for (size_t i = 0; i < metrics->family_count; i++) {
		struct metric_family *family = &metrics->families[i];

		for (size_t s = 0; s < family->sample_count; s++)
			sample_fini(&family->samples[s]);
		free(family->samples);
		free(family->name);
		free(family->help);
	}
	free(metrics->families);
	*metrics = (struct metrics){0};
}

/* Room for one more behind @count items, zeroed; NULL: out of memory, which sticks. */
static void *grow(struct metrics *metrics, void **items, size_t *count, size_t size)
{
	char *grown = metrics->error ? NULL : reallocarray(*items, *count + 1, size);

	if (!grown) {
		metrics->error = -ENOMEM;
		return NULL;
	}
	*items = grown;
	return memset(grown + (*count)++ * size, 0, size);
}

static char *copy(struct metrics *metrics, const char *text)
{
	char *copied = strdup(text);

	if (!copied)
		metrics->error = -ENOMEM;
	return copied;
}

void metrics_family(struct metrics *metrics, const char *name, enum metric_type type,
                    const char *help)
{
	struct metric_family *family = grow(metrics, (void **)&metrics->families,
	                                    &metrics->family_count, sizeof(*family));

	if (!family)
		return;
	family->type = type;
	family->name = copy(metrics, name);
	family->help = copy(metrics, help);
}

void metrics_sample_named(struct metrics *metrics, const char *name, double value)
{
	struct metric_family *family;
	struct metric_sample *sample;

	if (metrics->error)
		return;
	family = &metrics->families[metrics->family_count - 1];
	sample = grow(metrics, (void **)&family->samples, &family->sample_count, sizeof(*sample));
	if (!sample)
		return;
	sample->value = value;
	sample->name = copy(metrics, name);
}

void metrics_sample(struct metrics *metrics, double value)
{
	if (!metrics->error)
		metrics_sample_named(metrics, metrics->families[metrics->family_count - 1].name,
		                     value);
}

void metrics_label(struct metrics *metrics, const char *name, const char *value)
{
	struct metric_family *family;
	struct metric_sample *sample;
	struct metric_label *label;

	if (metrics->error)
		return;
	family = &metrics->families[metrics->family_count - 1];
	sample = &family->samples[family->sample_count - 1];
	label = grow(metrics, (void **)&sample->labels, &sample->label_count, sizeof(*label));
	if (!label)
		return;
	label->name = copy(metrics, name);
	label->value = copy(metrics, value);
}

void metrics_labelled(struct metrics *metrics, const char *label, const char *text, double value)
{
	metrics_sample(metrics, value);
	metrics_label(metrics, label, text);
}

/* @bound: NULL: none. */
static void add_suffixed(struct metrics *metrics, const char *suffix, const char *label,
                         const char *text, const char *bound, double value)
{
	char name[128];

	if (metrics->error)
		return;
	snprintf(name, sizeof(name), "%s%s", metrics->families[metrics->family_count - 1].name,
	         suffix);
	metrics_sample_named(metrics, name, value);
	metrics_label(metrics, label, text);
	if (bound)
		metrics_label(metrics, "le", bound);
}

void metrics_histogram(struct metrics *metrics, const char *label, const char *text,
                       const struct histogram *histogram)
{
	uint64_t below = 0;
	char bound[16];

	for (unsigned i = 0; i < HISTOGRAM_BOUNDS; i++) {
		below += histogram->buckets[i];
		snprintf(bound, sizeof(bound), "%g", histogram_bounds_ms[i] / 1000.0);
		add_suffixed(metrics, "_bucket", label, text, bound, (double)below);
	}
	add_suffixed(metrics, "_bucket", label, text, "+Inf", (double)histogram->count);
	add_suffixed(metrics, "_sum", label, text, NULL, (double)histogram->sum_ms / 1000);
	add_suffixed(metrics, "_count", label, text, NULL, (double)histogram->count);
}

/* The text. */

/* @special: bytes that are escaped besides the line end. */
static void put_escaped(struct buf *out, const char *text, const char *special)
{
	for (; *text; text++) {
		if (*text == '\n')
			buf_str(out, "\\n");
		else if (strchr(special, *text))
			buf_printf(out, "\\%c", *text);
		else
			buf_u8(out, (uint8_t)*text);
	}
}

static void put_sample(struct buf *out, const struct metric_sample *sample)
{
	buf_str(out, sample->name);
	for (size_t i = 0; i < sample->label_count; i++) {
		buf_printf(out, "%s%s=\"", i ? "," : "{", sample->labels[i].name);
		put_escaped(out, sample->labels[i].value, "\\\"");
		buf_str(out, "\"");
	}
	/* whole numbers as such, and 0.05 as that */
	buf_printf(out, "%s %.15g\n", sample->label_count ? "}" : "", sample->value);
}

void metrics_text(const struct metrics *metrics, struct buf *out)
{
	for (size_t i = 0; i < metrics->family_count; i++) {
		const struct metric_family *family = &metrics->families[i];

		if (!family->sample_count)
			continue;
		buf_printf(out, "# HELP %s ", family->name);
		put_escaped(out, family->help, "\\");
		buf_printf(out, "\n# TYPE %s %s\n", family->name, metric_type_names[family->type]);
		for (size_t s = 0; s < family->sample_count; s++)
			put_sample(out, &family->samples[s]);
	}
}
