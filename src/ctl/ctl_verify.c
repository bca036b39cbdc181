/* SPDX-License-Identifier: MIT */
/* The document of `xfrmctl verify --json`. */
#include "xfrmd/ctl/ctl_verify.h"

#include "json_writer.h"

static const char *const way_names[] = {
	[CTL_WAY_NONE] = "",
	[CTL_WAY_ESP] = "esp",
	[CTL_WAY_CLEAR] = "clear",
};

static json_t *row_json(const struct ctl_verify *row)
{
	json_t *object = json_object();

	writer_put(&object, "address", writer_addr(&row->pair.remote));
	writer_put(&object, "local", writer_addr(&row->pair.local));
	writer_put(&object, "interface", writer_text_or_null(row->ifname));
	writer_put(&object, "well", json_boolean(row->well));
	writer_put(&object, "sent", writer_text_or_null(way_names[row->sent]));
	writer_put(&object, "answered", writer_text_or_null(way_names[row->answered]));
	writer_put(&object, "spi_out", writer_spi(row->spi_out));
	writer_put(&object, "spi_in", writer_spi(row->spi_in));
	writer_put(&object, "answer_us", writer_number_or_null((int64_t)row->answer_us));
	writer_put(&object, "udp", json_boolean(row->udp));
	writer_put(&object, "mtu", writer_number_or_null(row->mtu));
	writer_put(&object, "mtu_sent", writer_number_or_null(row->mtu_sent));
	writer_put(&object, "result", writer_text(row->sentence));
	return object;
}

char *ctl_proto_verify(const struct ctl_verify *rows, size_t count)
{
	json_t *root = json_object(), *list = json_array();

	for (size_t i = 0; i < count; i++)
		writer_append(&list, row_json(&rows[i]));
	writer_put(&root, "peers", list);
	return writer_dump(root);
}
