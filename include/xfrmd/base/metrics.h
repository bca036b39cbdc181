/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_BASE_METRICS_H
#define XFRMD_BASE_METRICS_H

#include <stddef.h>

#include "xfrmd/base/buf.h"
#include "xfrmd/base/histogram.h"

/*
 * Metrics in the form of Prometheus: families of samples with labels. Built in order with a
 * sticky error: after the first failure, which can only be -ENOMEM, every call does nothing. All
 * texts are copied. Zero-initialise; metrics_fini() frees. Pure.
 */
enum metric_type {
	METRIC_TYPE_COUNTER,
	METRIC_TYPE_GAUGE,
	METRIC_TYPE_HISTOGRAM,
};
extern const char *const metric_type_names[]; /* for str_index() */

struct metric_label {
	char *name, *value;
};
struct metric_sample {
	char *name; /* of the family, for a histogram with _bucket, _sum or _count behind it */
	struct metric_label *labels;
	size_t label_count;
	double value;
};
struct metric_family {
	char *name, *help;
	enum metric_type type;
	struct metric_sample *samples;
	size_t sample_count;
};
struct metrics {
	struct metric_family *families;
	size_t family_count;
	int error;
};
void metrics_fini(struct metrics *metrics);

/* Begins a family; a sample of it; a label of that sample. */
void metrics_family(struct metrics *metrics, const char *name, enum metric_type type,
                    const char *help);
void metrics_sample(struct metrics *metrics, double value);
void metrics_label(struct metrics *metrics, const char *name, const char *value);
/* For other names than that of the family. */
void metrics_sample_named(struct metrics *metrics, const char *name, double value);
/* A sample with one label. */
void metrics_labelled(struct metrics *metrics, const char *label, const char *text, double value);
/* The samples of a histogram in seconds, each with one label more. */
void metrics_histogram(struct metrics *metrics, const char *label, const char *text,
                       const struct histogram *histogram);

/* The text format 0.0.4 of Prometheus; families without samples are left out. */
void metrics_text(const struct metrics *metrics, struct buf *out);

#endif
