/* SPDX-License-Identifier: MIT */
/*
 * PEM text to certificates or a key. First the lines are divided into blocks, then the blocks are
 * decoded; both report every problem with the place where it stands. Stricter than OpenSSL's own
 * reader, which skips a block with a damaged frame without a word: here whatever stands between
 * blocks is an error, so no certificate is lost unseen.
 */
#include "xfrmd/pki/pki_pem.h"

#include <errno.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/pki/pki_ossl.h"

/* More than a full PKI_FILE_MAX of ordinary certificates needs; bounds the work on a bad file. */
#define BLOCKS_MAX      512
#define LABEL_MAX       48
/* Some editors put it before the first byte of UTF-8. */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct span {
	const char *text;
	size_t len;
};

struct block {
	char label[LABEL_MAX];
	size_t line; /* of its BEGIN */
	struct span body;
};

struct scan {
	const char *file;
	struct span rest;
	size_t line;
	struct block *blocks;
	size_t count;
	bool stray; /* text between blocks has been reported */
	struct problems *problems;
	size_t before; /* problems that were there */
};

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool starts_with(struct span span, const char *text)
{
	size_t len = strlen(text);

	return span.len >= len && memcmp(span.text, text, len) == 0;
}

static bool contains(struct span span, const char *text)
{
	return memmem(span.text, span.len, text, strlen(text)) != NULL;
}

/* The next line without blanks around it. */
static bool next_line(struct scan *scan, struct span *ret_line)
{
	struct span line = scan->rest;
	const char *end;

	if (!line.len)
		return false;
	end = memchr(line.text, '\n', line.len);
	if (end)
		line.len = (size_t)(end - line.text);
	scan->rest.text += line.len + (end ? 1 : 0);
	scan->rest.len -= line.len + (end ? 1 : 0);
	scan->line++;
	while (line.len && is_blank(line.text[line.len - 1]))
		line.len--;
	while (line.len && is_blank(line.text[0])) {
		line.text++;
		line.len--;
	}
	*ret_line = line;
	return true;
}

/* The label of a whole `-----BEGIN label-----` line; @frame is its first part. */
static bool read_frame(struct span line, const char *frame, char ret_label[LABEL_MAX])
{
	size_t head = strlen(frame), len;

	if (!starts_with(line, frame) || line.len < head + 6 ||
	    memcmp(line.text + line.len - 5, "-----", 5) != 0)
		return false;
	len = line.len - head - 5;
	if (len >= LABEL_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		char byte = line.text[head + i];

		if (byte != ' ' && !(byte >= 'A' && byte <= 'Z') && !(byte >= '0' && byte <= '9'))
			return false;
	}
	memcpy(ret_label, line.text + head, len);
	ret_label[len] = '\0';
	return true;
}

/* A line outside any block that is no frame. */
static void check_outside(struct scan *scan, struct span line)
{
	bool damaged = starts_with(line, "--") || contains(line, "-----");

	if (scan->stray || line.text[0] == '#' || (!damaged && !scan->count))
		return;
	scan->stray = true;
	if (damaged)
		problems_add(
			scan->problems,
			"%s: line %zu: damaged BEGIN or END line, expected five dashes, BEGIN, a name "
			"and five dashes alone on the line",
			scan->file, scan->line);
	else
		problems_add(
			scan->problems,
			"%s: line %zu: text between PEM blocks, expected nothing outside of them: "
			"remove it",
			scan->file, scan->line);
}

static void end_block(struct scan *scan, struct block *open, const char *label, struct span line)
{
	if (!open->line) {
		problems_add(scan->problems, "%s: line %zu: END %s without its BEGIN line",
		             scan->file, scan->line, label);
		return;
	}
	if (strcmp(open->label, label) != 0)
		problems_add(scan->problems, "%s: line %zu: END %s, expected END %s as in line %zu",
		             scan->file, scan->line, label, open->label, open->line);
	open->body.len = (size_t)(line.text - open->body.text);
	if (scan->count < BLOCKS_MAX)
		scan->blocks[scan->count] = *open;
	else if (scan->count == BLOCKS_MAX)
		problems_add(scan->problems, "%s: more than %d PEM blocks", scan->file, BLOCKS_MAX);
	scan->count++;
	*open = (struct block){0};
}

static void find_blocks(struct scan *scan)
{
	struct block open = {0};
	char label[LABEL_MAX];
	struct span line;

	while (next_line(scan, &line)) {
		if (read_frame(line, "-----BEGIN ", label)) {
			if (open.line)
				problems_add(
					scan->problems,
					"%s: line %zu: BEGIN %s before the END of the block in line %zu",
					scan->file, scan->line, label, open.line);
			open = (struct block){.line = scan->line, .body.text = scan->rest.text};
			strcpy(open.label, label);
		} else if (read_frame(line, "-----END ", label)) {
			end_block(scan, &open, label, line);
		} else if (!open.line && line.len) {
			check_outside(scan, line);
		}
	}
	if (open.line)
		problems_add(scan->problems,
		             "%s: line %zu: BEGIN %s without its END line, is the file cut off?",
		             scan->file, open.line, open.label);
	if (scan->count > BLOCKS_MAX)
		scan->count = BLOCKS_MAX;
}

/* A SEQUENCE as long as the file, or one too long for the short form. */
static bool is_der(const char *data, size_t len)
{
	const uint8_t *bytes = (const uint8_t *)data;

	return len > 1 && bytes[0] == 0x30 && (bytes[1] >= 0x80 || bytes[1] == len - 2);
}

static bool is_utf16(const char *data, size_t len)
{
	return len > 1 && (memcmp(data, "\xff\xfe", 2) == 0 || memcmp(data, "\xfe\xff", 2) == 0);
}

/* Why a file has no block at all. */
static void explain_empty(const struct scan *scan, const char *data, size_t len, const char *wanted)
{
	size_t blanks = 0;

	while (blanks < len && is_blank(data[blanks]))
		blanks++;
	if (blanks == len)
		problems_add(scan->problems, "%s: is empty, expected %s in PEM form", scan->file,
		             wanted);
	else if (is_der(data, len))
		problems_add(
			scan->problems,
			"%s: is binary (DER or PKCS#12), expected %s in PEM form: convert it with "
			"openssl x509, openssl pkey or openssl pkcs12",
			scan->file, wanted);
	else if (is_utf16(data, len))
		problems_add(scan->problems,
		             "%s: is UTF-16 text, expected %s in PEM form: save it as UTF-8",
		             scan->file, wanted);
	else
		problems_add(scan->problems, "%s: holds no PEM block, expected %s in PEM form",
		             scan->file, wanted);
}

static void cleanup_scan(struct scan *scan)
{
	free(scan->blocks);
}

/* Divides the file into blocks, whatever problems there are. 0 or -ENOMEM. */
static int scan_file(struct scan *scan, const char *data, size_t len, const char *wanted)
{
	scan->before = scan->problems->count;
	if (starts_with((struct span){data, len}, BYTE_ORDER_MARK)) {
		data += strlen(BYTE_ORDER_MARK);
		len -= strlen(BYTE_ORDER_MARK);
	}
	scan->rest = (struct span){data, len};
	scan->blocks = calloc(BLOCKS_MAX, sizeof(*scan->blocks));
	if (!scan->blocks)
		return -ENOMEM;
	find_blocks(scan);
	if (!scan->count && scan->problems->count == scan->before)
		explain_empty(scan, data, len, wanted);
	return 0;
}

/* What the scan and the reading of its blocks came to, @r so far. */
static int verdict(const struct scan *scan, int r)
{
	if (r == -ENOMEM || scan->problems->out_of_memory)
		return -ENOMEM;
	return r < 0 || scan->problems->count > scan->before ? -EINVAL : 0;
}

/* May hold a private key. */
struct bytes {
	uint8_t *data;
	size_t len;
};

static void cleanup_bytes(struct bytes *bytes)
{
	if (bytes->data)
		OPENSSL_cleanse(bytes->data, bytes->len);
	free(bytes->data);
}

static bool is_base64(const struct bytes *text, size_t *ret_padding)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				       "0123456789+/";
	size_t len = text->len;

	if (!len || len % 4)
		return false;
	for (*ret_padding = 0; *ret_padding < 2 && text->data[len - 1] == '='; len--)
		++*ret_padding;
	for (size_t i = 0; i < len; i++)
		if (!text->data[i] || !strchr(alphabet, text->data[i]))
			return false;
	return true;
}

/* The bytes of a block, 0 or -ENOMEM, or -EINVAL when the body is not base64. */
static int decode_base64(struct span body, struct bytes *ret_bytes)
{
	_cleanup_(cleanup_bytes) struct bytes text = {0};
	size_t padding;
	uint8_t *data;

	text.data = malloc(body.len + 1);
	if (!text.data)
		return -ENOMEM;
	for (size_t i = 0; i < body.len; i++)
		if (!is_blank(body.text[i]))
			text.data[text.len++] = (uint8_t)body.text[i];
	if (!is_base64(&text, &padding))
		return -EINVAL;
	data = malloc(text.len / 4 * 3);
	if (!data)
		return -ENOMEM;
	EVP_DecodeBlock(data, text.data, (int)text.len);
	*ret_bytes = (struct bytes){data, text.len / 4 * 3 - padding};
	return 0;
}

/* @where: `certificate N: ` or nothing. */
static int decode_block(const struct scan *scan, const char *where, const struct block *block,
                        struct bytes *ret_bytes)
{
	int r = decode_base64(block->body, ret_bytes);

	if (r == -EINVAL)
		problems_add(scan->problems,
		             "%s: %sdamaged text behind line %zu, expected base64: copy it again",
		             scan->file, where, block->line);
	return r;
}

static bool is_cert(const struct block *block)
{
	return strcmp(block->label, "CERTIFICATE") == 0 ||
	       strcmp(block->label, "X509 CERTIFICATE") == 0;
}

static bool is_key(const struct block *block)
{
	const char *end = strstr(block->label, "PRIVATE KEY");

	return end && end[strlen("PRIVATE KEY")] == '\0';
}

static bool is_encrypted(const struct block *block)
{
	return strcmp(block->label, "ENCRYPTED PRIVATE KEY") == 0 ||
	       contains(block->body, "Proc-Type: 4,ENCRYPTED");
}

static int read_cert(const struct scan *scan, const struct block *block, unsigned number,
                     struct pki_certs *certs)
{
	_cleanup_(cleanup_bytes) struct bytes bytes = {0};
	struct pki_cert cert = {0};
	struct err err = {0};
	char where[32] = "";
	int r;

	if (number)
		snprintf(where, sizeof(where), "certificate %u: ", number);
	r = decode_block(scan, where, block, &bytes);
	if (r < 0)
		return r;
	r = pki_cert_decode(bytes.data, bytes.len, scan->file, number, &cert, &err);
	if (r == -EINVAL)
		problems_add(scan->problems, "%s: %s%s", scan->file, where, err.text);
	if (r < 0)
		return r;
	r = pki_certs_add(certs, &cert);
	pki_cert_fini(&cert);
	return r;
}

static int read_certs(const struct scan *scan, struct pki_certs *certs)
{
	unsigned number = 0, total = 0;

	for (size_t i = 0; i < scan->count; i++)
		total += is_cert(&scan->blocks[i]);
	for (size_t i = 0; i < scan->count; i++) {
		const struct block *block = &scan->blocks[i];

		if (is_cert(block)) {
			number++;
			if (read_cert(scan, block, total > 1 ? number : 0, certs) == -ENOMEM)
				return -ENOMEM;
		} else if (is_key(block)) {
			problems_add(
				scan->problems,
				"%s: line %zu: holds a private key, expected certificates only: "
				"move it to a file of its own with mode 0600",
				scan->file, block->line);
		} else {
			problems_add(scan->problems,
			             "%s: line %zu: holds a %s, expected a CERTIFICATE", scan->file,
			             block->line, block->label);
		}
	}
	return 0;
}

int pki_pem_certs(const char *file, const char *data, size_t len, struct pki_certs *certs,
                  struct problems *problems)
{
	_cleanup_(cleanup_scan) struct scan scan = {.file = file, .problems = problems};
	int r = scan_file(&scan, data, len, "a certificate");

	if (r == 0)
		r = read_certs(&scan, certs);
	return verdict(&scan, r);
}

/* The one block that is a private key, NULL with problems when there is none or another. */
static const struct block *find_key(const struct scan *scan)
{
	const struct block *key = NULL;
	size_t keys = 0;

	for (size_t i = 0; i < scan->count; i++) {
		const struct block *block = &scan->blocks[i];

		if (is_key(block)) {
			key = block;
			keys++;
		} else if (strcmp(block->label, "EC PARAMETERS") != 0) {
			/* openssl ecparam writes these before the key, which repeats them */
			problems_add(scan->problems,
			             "%s: line %zu: holds a %s, expected a private key only",
			             scan->file, block->line, block->label);
		}
	}
	if (keys > 1)
		problems_add(scan->problems, "%s: holds %zu private keys, expected one", scan->file,
		             keys);
	if (!keys && scan->problems->count == scan->before)
		problems_add(scan->problems, "%s: holds no private key", scan->file);
	return keys == 1 ? key : NULL;
}

static int read_key(const struct scan *scan, const struct block *block, struct pki_key *ret_key)
{
	_cleanup_(cleanup_bytes) struct bytes bytes = {0};
	struct err err = {0};
	int r;

	if (is_encrypted(block)) {
		problems_add(scan->problems,
		             "%s: private key is encrypted, expected one without passphrase: "
		             "openssl pkey -in FILE -out NEW removes it",
		             scan->file);
		return -EINVAL;
	}
	if (strcmp(block->label, "OPENSSH PRIVATE KEY") == 0) {
		problems_add(
			scan->problems,
			"%s: private key in the form of OpenSSH, expected PKCS#8: ssh-keygen -p "
			"-m PKCS8 -f FILE converts it",
			scan->file);
		return -EINVAL;
	}
	r = decode_block(scan, "", block, &bytes);
	if (r < 0)
		return r;
	r = pki_key_decode(bytes.data, bytes.len, ret_key, &err);
	if (r == -EINVAL)
		problems_add(scan->problems, "%s: %s", scan->file, err.text);
	return r;
}

int pki_pem_key(const char *file, const char *data, size_t len, struct pki_key *ret_key,
                struct problems *problems)
{
	_cleanup_(cleanup_scan) struct scan scan = {.file = file, .problems = problems};
	_cleanup_(pki_key_fini) struct pki_key key = {0};
	int r = scan_file(&scan, data, len, "a private key");
	const struct block *block = r == 0 ? find_key(&scan) : NULL;

	if (block)
		r = read_key(&scan, block, &key);
	r = verdict(&scan, r);
	if (r < 0)
		return r;
	*ret_key = key;
	key = (struct pki_key){0};
	return 0;
}

static bool is_request(const struct block *block)
{
	return strcmp(block->label, "CERTIFICATE REQUEST") == 0 ||
	       strcmp(block->label, "NEW CERTIFICATE REQUEST") == 0;
}

int pki_pem_request(const char *file, const char *data, size_t len, uint8_t **ret_der,
                    size_t *ret_len, struct problems *problems)
{
	_cleanup_(cleanup_scan) struct scan scan = {.file = file, .problems = problems};
	_cleanup_(cleanup_bytes) struct bytes bytes = {0};
	int r = scan_file(&scan, data, len, "a certificate request");

	if (scan.count && (scan.count > 1 || !is_request(&scan.blocks[0])))
		problems_add(problems,
		             "%s: holds %zu PEM blocks, the first is a %s, expected one "
		             "CERTIFICATE REQUEST",
		             file, scan.count, scan.blocks[0].label);
	r = verdict(&scan, r);
	if (r == 0)
		r = decode_block(&scan, "", &scan.blocks[0], &bytes);
	if (r < 0)
		return r;
	*ret_len = bytes.len;
	*ret_der = steal_ptr(bytes.data);
	return 0;
}

int pki_pem_format(const char *label, const uint8_t *der, size_t len, char **ret_text)
{
	/* secure: OpenSSL cleanses its copy */
	_cleanup_(cleanup_bio) BIO *bio = BIO_new(BIO_s_secmem());
	char *data, *text = NULL;
	long size;

	if (bio && PEM_write_bio(bio, label, "", der, (long)len) > 0) {
		size = BIO_get_mem_data(bio, &data);
		text = strndup(data, (size_t)size);
	}
	ERR_clear_error();
	if (!text)
		return -ENOMEM;
	*ret_text = text;
	return 0;
}
