/*
 * The keys of a text: a sample of its shingles that is the same in two texts wherever they share
 * them. A shingle is kept when its hash, as a fraction, is below min(1/6, 12/place): about 24 keys
 * in 190 words, 33 in 400. A copy cut to its first paragraphs thus keeps most of its keys.
 */
#include <stdlib.h>
#include <string.h>

#include "errors.h"
#include "signature.h"

#define KEY_BITS    40
#define KEY_MASK    (((uint64_t)1 << KEY_BITS) - 1)
#define RATE_MAX    (1.0 / 6)
#define RATE_TIMES  12.0
#define HEADER      6  /* bytes before the keys */
#define LEAD_TOKENS 12 /* a shorter line is a caption or a heading */
#define LINES_HEAD  1  /* of the lines kept, those from the text's beginning; the others end it */

struct sampled {
	double weight; /* hash over rate: kept when below 1, the least first */
	uint64_t key;
};

/* The least weight first; the key decides among equals, so that the order is one. */
static int
by_weight(const void *a, const void *b)
{
	const struct sampled *x = a, *y = b;
	if (x->weight != y->weight)
		return x->weight < y->weight ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

static int
has_key(const struct signature *s, uint64_t key)
{
	for (uint8_t i = 0; i < s->keys_len; i++)
		if (s->keys[i] == key)
			return 1;
	return 0;
}

static void
add_keys(struct signature *s, const struct reading *r)
{
	struct sampled *kept = mem_alloc(r->shingles_len * sizeof *kept);
	size_t n = 0;
	for (uint32_t i = 0; i < r->shingles_len; i++) {
		/* the bits above the key's, so that kept keys are spread evenly */
		double fraction = (double)(r->shingles[i] >> KEY_BITS) / (1 << (64 - KEY_BITS));
		double rate = RATE_TIMES / (r->places[i] + 1.0);
		double weight = fraction / (rate < RATE_MAX ? rate : RATE_MAX);
		if (weight < 1)
			kept[n++] = (struct sampled){weight, r->shingles[i] & KEY_MASK};
	}
	qsort(kept, n, sizeof *kept, by_weight);
	for (size_t i = 0; i < n && s->keys_len < SIGNATURE_KEYS_MAX; i++)
		if (!has_key(s, kept[i].key))
			s->keys[s->keys_len++] = kept[i].key;
	mem_free(kept);
}

static uint32_t
find_lead(const struct reading *r)
{
	for (uint32_t i = 0; i < r->lines_len; i++)
		if (r->lines[i].tokens >= LEAD_TOKENS)
			return r->lines[i].hash;
	return 0;
}

static void
add_line(struct signature *s, const struct reading_line *l)
{
	if (s->lines_len == SIGNATURE_LINES_MAX)
		return;
	for (uint8_t i = 0; i < s->lines_len; i++)
		if (s->lines[i] == l->hash)
			return;
	s->lines[s->lines_len++] = l->hash;
}

void
signature_make(struct signature *s, const struct reading *r)
{
	memset(s, 0, sizeof *s);
	if (r->tokens_len < SIGNATURE_TOKENS_MIN)
		return;
	add_keys(s, r);
	s->lead = find_lead(r);
	for (uint32_t i = 0; i < r->lines_len && i < LINES_HEAD; i++)
		add_line(s, &r->lines[i]);
	for (uint32_t i = r->lines_len; i-- > LINES_HEAD;)
		add_line(s, &r->lines[i]);
}

void
signature_of_text(struct signature *s, const char *text)
{
	struct reading r;
	reading_init(&r, text);
	reading_shingle(&r);
	signature_make(s, &r);
	reading_clear(&r);
}

/* Write the low N bytes of VALUE, the least first. */
static uint8_t *
put_bytes(uint8_t *to, uint64_t value, int n)
{
	for (int i = 0; i < n; i++)
		*to++ = (uint8_t)(value >> (8 * i));
	return to;
}

static uint64_t
get_bytes(const uint8_t **from, int n)
{
	uint64_t value = 0;
	for (int i = 0; i < n; i++)
		value |= (uint64_t) * (*from)++ << (8 * i);
	return value;
}

size_t
signature_pack(const struct signature *s, uint8_t *blob)
{
	uint8_t *at = blob;
	*at++ = s->keys_len;
	*at++ = s->lines_len;
	at = put_bytes(at, s->lead, 4);
	for (uint8_t i = 0; i < s->keys_len; i++)
		at = put_bytes(at, s->keys[i], KEY_BITS / 8);
	for (uint8_t i = 0; i < s->lines_len; i++)
		at = put_bytes(at, s->lines[i], 4);
	return (size_t)(at - blob);
}

int
signature_unpack(struct signature *s, const void *blob, size_t len)
{
	const uint8_t *at = blob;
	memset(s, 0, sizeof *s);
	if (len < HEADER || at[0] > SIGNATURE_KEYS_MAX || at[1] > SIGNATURE_LINES_MAX ||
	    len != HEADER + at[0] * (size_t)(KEY_BITS / 8) + at[1] * (size_t)4)
		return ERR_INPUT;
	uint8_t keys = at[0], lines = at[1];
	at += 2;
	s->lead = (uint32_t)get_bytes(&at, 4);
	for (uint8_t i = 0; i < keys; i++)
		s->keys[i] = get_bytes(&at, KEY_BITS / 8);
	for (uint8_t i = 0; i < lines; i++)
		s->lines[i] = (uint32_t)get_bytes(&at, 4);
	s->keys_len = keys;
	s->lines_len = lines;
	return 0;
}
