/* signature: what two texts are compared by. Pure. */
#ifndef NEWSD_SIGNATURE_H
#define NEWSD_SIGNATURE_H

#include <stdint.h>

#include "mem.h"

#define SIGNATURE_TOKENS_MIN 40 /* a shorter text is never called the same as another */

/* Hash text_tokens(TEXT) to 128 bits, stable over machines and releases; TOKENS gets their number.
 */
void signature_text(const char *text, uint8_t hash[16], uint32_t *tokens);

#endif
