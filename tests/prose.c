/* prose: see prose.h. */
#include "prose.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define VOCABULARY      50000 /* words that are in use; few are common */
#define TOPIC_WORDS     24    /* of an article, which it comes back to */
#define PARAGRAPH_WORDS 45
#define SENTENCE_WORDS  17

static uint32_t
roll(uint64_t *state, uint32_t sides)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((*state >> 33) % sides);
}

static uint64_t
dice_of(uint64_t seed)
{
	seed = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
	return (seed ^ seed >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
}

/* Word number RANK, 0 the most common; the common ones are short. */
static void
add_word(struct buf *out, uint32_t rank)
{
	static const char *const onsets[] = {"b", "br", "c", "ch", "d", "f", "g", "gr", "h", "l",
	    "m", "n", "p", "r", "s", "st", "t", "tr", "v", "w"};
	static const char *const cores[] = {"a", "e", "i", "o", "u", "ea", "ou", "ai"};
	do {
		buf_add_str(out, onsets[rank % 20]);
		buf_add_str(out, cores[rank / 20 % 8]);
		rank /= 160;
	} while (rank);
}

/* A word by chance: the one of rank r comes with a probability of about 1/r. */
static uint32_t
common_rank(uint64_t *dice)
{
	double u = roll(dice, 1u << 30) / (double)(1u << 30);
	return (uint32_t)(exp(u * log(VOCABULARY)) - 1);
}

void
prose_article(struct buf *out, uint64_t seed, unsigned words)
{
	uint64_t dice = dice_of(seed);
	uint32_t topic[TOPIC_WORDS];
	for (unsigned i = 0; i < TOPIC_WORDS; i++)
		topic[i] = 1000 + roll(&dice, VOCABULARY - 1000);
	for (unsigned i = 0; i < words; i++) {
		uint32_t kind = roll(&dice, 100);
		if (kind < 2)
			buf_printf(out, "%u", roll(&dice, 500));
		else
			add_word(
			    out, kind < 14 ? topic[roll(&dice, TOPIC_WORDS)] : common_rank(&dice));
		if (i + 1 == words)
			buf_add_char(out, '.');
		else if (i % PARAGRAPH_WORDS == PARAGRAPH_WORDS - 1)
			buf_add_str(out, ".\n");
		else
			buf_add_str(out, i % SENTENCE_WORDS == SENTENCE_WORDS - 1 ? ". " : " ");
	}
}

void
prose_cut(struct buf *out, const char *text, unsigned paragraphs)
{
	const char *end = text;
	for (; paragraphs && *end; paragraphs--) {
		end += strcspn(end, "\n");
		if (paragraphs > 1 && *end)
			end++;
	}
	buf_add(out, text, (size_t)(end - text));
}

void
prose_edit(struct buf *out, const char *text, uint64_t seed, unsigned percent)
{
	uint64_t dice = dice_of(seed);
	while (*text) {
		size_t len = strcspn(text, " \n");
		uint32_t chance = roll(&dice, 300);
		if (chance >= percent) /* not left out */
			buf_add(out, text, chance < percent * 2 ? 0 : len);
		if (chance < percent * 3 && chance >= percent) {
			if (chance >= percent * 2)
				buf_add_char(out, ' ');
			add_word(out, common_rank(&dice));
		}
		text += len;
		if (*text)
			buf_add_char(out, *text++);
	}
}

void
prose_report(struct buf *out, uint64_t seed)
{
	uint64_t dice = dice_of(seed);
	uint32_t place = 5000 + roll(&dice, 40000);
	add_word(out, place);
	buf_printf(out,
	    " will see a high of %u degrees tomorrow and a low of %u in the night, the weather "
	    "office said, with showers likely from %u in the afternoon and a chance of rain of %u "
	    "percent towards the evening.\nThe wind comes from the west at %u to %u kilometres an "
	    "hour and the sea will be %u degrees warm at noon. The sun rises at %u past five and "
	    "sets at %u past eight.\nA year ago it was %u degrees in ",
	    roll(&dice, 35), roll(&dice, 15), 12 + roll(&dice, 7), roll(&dice, 100),
	    roll(&dice, 20), 20 + roll(&dice, 30), 10 + roll(&dice, 14), roll(&dice, 60),
	    roll(&dice, 60), roll(&dice, 38));
	add_word(out, place);
	buf_printf(out, ", and the record for the day, %u degrees, stands since %u.",
	    30 + roll(&dice, 12), 1900 + roll(&dice, 120));
}
