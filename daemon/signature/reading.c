/*
 * The reading of a text: its tokens as hashes, line by line, and its shingles in a table. Made for
 * each arrival and each candidate, so it allocates little and hashes a token once.
 */
#include <string.h>

#include "hash.h"
#include "signature.h"

#define TEXT_BYTES_MAX     ((size_t)256 << 10)
#define SHINGLE_WORDS      3
#define SHINGLE_CHARACTERS 5

/* The finaliser of MurmurHash3: every bit of X moves every bit of the result. */
static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 33) * 0xff51afd7ed558ccdu;
	x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53u;
	return x ^ x >> 33;
}

static void
add_token(struct reading *r, const char *token, size_t len, uint64_t *line)
{
	r->tokens[r->tokens_len] = hash64(token, len);
	r->kinds[r->tokens_len] = (uint8_t)text_token_kind(token, len);
	*line = mix(*line + r->tokens[r->tokens_len++]);
}

/* Add the tokens of LINE (NUL-terminated) while there is room. */
static void
add_line(struct reading *r, const char *line)
{
	struct arena scratch = {0};
	const char *at = text_tokens(&scratch, line, NULL);
	uint32_t first = r->tokens_len;
	uint64_t hash = 0;
	while (*at && r->tokens_len < READING_TOKENS_MAX) {
		size_t len = strcspn(at, " ");
		add_token(r, at, len, &hash);
		at += len + (at[len] == ' ');
	}
	arena_clear(&scratch);
	if (r->tokens_len > first)
		*ARENA_PUSH(&r->arena, r->lines, r->lines_len) =
		    (struct reading_line){(uint32_t)hash, first, r->tokens_len - first};
}

void
reading_init(struct reading *r, const char *text)
{
	memset(r, 0, sizeof *r);
	size_t len = text_cut(text, strlen(text), TEXT_BYTES_MAX);
	char *line = arena_strndup(&r->arena, text, len);
	/* at most one token a byte */
	size_t most = len < READING_TOKENS_MAX ? len : READING_TOKENS_MAX;
	r->tokens = arena_alloc(&r->arena, most * sizeof *r->tokens);
	r->kinds = arena_alloc(&r->arena, most);
	for (char *next; line && r->tokens_len < READING_TOKENS_MAX; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		add_line(r, line);
	}
}

void
reading_clear(struct reading *r)
{
	arena_clear(&r->arena);
	memset(r, 0, sizeof *r);
}

void
reading_drop_lines(struct reading *r, const uint8_t *drop)
{
	uint32_t tokens = 0, lines = 0;
	for (uint32_t i = 0; i < r->lines_len; i++) {
		struct reading_line l = r->lines[i];
		if (drop[i])
			continue;
		memmove(r->tokens + tokens, r->tokens + l.first, l.tokens * sizeof *r->tokens);
		memmove(r->kinds + tokens, r->kinds + l.first, l.tokens);
		l.first = tokens;
		tokens += l.tokens;
		r->lines[lines++] = l;
	}
	r->tokens_len = tokens;
	r->lines_len = lines;
}

uint32_t
reading_shingle_length(const struct reading *r, uint32_t i)
{
	return r->kinds[i] == TEXT_CHARACTER ? SHINGLE_CHARACTERS : SHINGLE_WORDS;
}

uint64_t
reading_shingle_at(const struct reading *r, uint32_t i)
{
	uint32_t n = reading_shingle_length(r, i);
	uint64_t h = n;
	if (r->tokens_len - i < n)
		return 0;
	for (uint32_t k = 0; k < n; k++)
		h = mix(h + r->tokens[i + k]);
	return h ? h : 1;
}

static uint32_t *
slot_for(const struct reading *r, uint64_t shingle)
{
	for (uint32_t i = (uint32_t)shingle;; i++) {
		uint32_t *slot = &r->slots[i & r->slots_mask];
		if (!*slot || r->shingles[*slot - 1] == shingle)
			return slot;
	}
}

void
reading_shingle(struct reading *r)
{
	uint32_t n = r->tokens_len, size = 16;
	while (size < n * 2)
		size *= 2;
	r->slots = arena_zalloc(&r->arena, size * sizeof *r->slots);
	r->slots_mask = size - 1;
	r->shingles = arena_alloc(&r->arena, n * sizeof *r->shingles);
	r->places = arena_alloc(&r->arena, n * sizeof *r->places);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t shingle = reading_shingle_at(r, i);
		uint32_t *slot = shingle ? slot_for(r, shingle) : NULL;
		if (!slot || *slot)
			continue;
		r->shingles[r->shingles_len] = shingle;
		r->places[r->shingles_len] = i;
		*slot = ++r->shingles_len;
	}
}

int64_t
reading_find(const struct reading *r, uint64_t shingle)
{
	return r->slots ? (int64_t)*slot_for(r, shingle) - 1 : -1;
}
