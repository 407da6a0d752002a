/*
 * The model: what a line's features add up to. A sum over small decision trees, each of which asks
 * the same questions of every line, learned by bench/train.py from pages of other people, with
 * nothing of them in it but these numbers. Integers only: the same answer on every machine.
 */
#include "extract_priv.h"

#define DEPTH 3 /* questions of a tree */

struct tree {
	unsigned char feature[DEPTH];
	short above[DEPTH];      /* yes: the feature is over this */
	short value[1 << DEPTH]; /* thousandths of log odds; the first answer is the highest bit */
};

#include "weights.h"

int
model_score(const int16_t *f)
{
	int sum = 0;
	for (size_t i = 0; i < sizeof trees / sizeof *trees; i++) {
		const struct tree *t = &trees[i];
		unsigned at = 0;
		for (int q = 0; q < DEPTH; q++)
			at = at << 1 | (f[t->feature[q]] > t->above[q]);
		sum += t->value[at];
	}
	return sum;
}
