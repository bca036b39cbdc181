/* SPDX-License-Identifier: MIT */
/* Metrics as JSON and back. Pure. What a reader accepts, Prometheus does too. */
#include "xfrmd/ctl/ctl_metrics.h"

#include <string.h>

#include "json_reader.h"
#include "json_writer.h"
#include "xfrmd/ctl/ctl_proto.h"

/* Whole numbers up to here are the same as a double. */
#define WHOLE_MAX 9007199254740992.0

static json_t *number_json(double value)
{
	if (value >= -WHOLE_MAX && value <= WHOLE_MAX && (double)(json_int_t)value == value)
		return json_integer((json_int_t)value);
	return json_real(value);
}

static json_t *sample_json(const struct metric_sample *sample)
{
	json_t *object = json_object(), *labels = json_object();

	for (size_t i = 0; i < sample->label_count; i++)
		writer_put(&labels, sample->labels[i].name, writer_text(sample->labels[i].value));
	writer_put(&object, "name", json_string(sample->name));
	writer_put(&object, "labels", labels);
	writer_put(&object, "value", number_json(sample->value));
	return object;
}

static json_t *family_json(const struct metric_family *family)
{
	json_t *object = json_object(), *samples = json_array();

	for (size_t i = 0; i < family->sample_count; i++)
		writer_append(&samples, sample_json(&family->samples[i]));
	writer_put(&object, "name", json_string(family->name));
	writer_put(&object, "type", json_string(metric_type_names[family->type]));
	writer_put(&object, "help", json_string(family->help));
	writer_put(&object, "samples", samples);
	return object;
}

char *ctl_metrics_write(const struct metrics *metrics)
{
	json_t *root = json_object(), *families = json_array();

	for (size_t i = 0; i < metrics->family_count; i++)
		writer_append(&families, family_json(&metrics->families[i]));
	writer_put(&root, "metrics", families);
	if (metrics->error) {
		json_decref(root);
		return NULL;
	}
	return writer_dump(root);
}

/* Names go into a text of lines. */
static const char *read_name(struct reader *reader, json_t *object)
{
	const char *name = reader_text(reader, object, "name");

	if (!*name || name[strspn(name, "abcdefghijklmnopqrstuvwxyz_")])
		reader_fail(reader, "name", "lower-case letters and underlines");
	return name;
}

static void read_sample(struct reader *reader, json_t *object, struct metrics *metrics)
{
	json_t *labels = reader_object(reader, object, "labels"), *value;
	const char *name = read_name(reader, object), *label;

	value = json_object_get(object, "value");
	if (!json_is_number(value))
		reader_fail(reader, "value", "a number");
	metrics_sample_named(metrics, name, json_number_value(value));
	json_object_foreach(labels, label, value)
	{
		if (!json_is_string(value) || !*label ||
		    label[strspn(label, "abcdefghijklmnopqrstuvwxyz_")])
			reader_fail(reader, "labels", "names in lower case and texts");
		else
			metrics_label(metrics, label, json_string_value(value));
	}
}

static void read_family(struct reader *reader, json_t *object, struct metrics *metrics)
{
	json_t *samples = reader_list(reader, object, "samples");
	const char *name = read_name(reader, object);

	metrics_family(metrics, name,
	               (enum metric_type)reader_word(reader, object, "type", metric_type_names),
	               reader_text(reader, object, "help"));
	for (size_t i = 0; !reader->error && i < json_array_size(samples); i++)
		read_sample(reader, json_array_get(samples, i), metrics);
}

int ctl_metrics_parse(const char *text, size_t len, struct metrics *ret_metrics, struct err *err)
{
	struct reader reader = {.document = "metrics", .err = err};
	json_auto_t *root = reader_load_answer(text, len, CTL_RESPONSE_MAX, &reader);
	json_t *families = reader_list(&reader, root, "metrics");
	struct metrics metrics = {0};

	memset(ret_metrics, 0, sizeof(*ret_metrics));
	for (size_t i = 0; !reader.error && i < json_array_size(families); i++)
		read_family(&reader, json_array_get(families, i), &metrics);
	if (metrics.error)
		reader_fail_memory(&reader);
	if (reader.error)
		metrics_fini(&metrics);
	else
		*ret_metrics = metrics;
	return reader.error;
}
