/* newsctl, explain: what the extractor decided about a page, and why; for eyes and as JSON. */
#include "newsctl_priv.h"

#include <json-c/json.h>
#include <string.h>

#include "mem.h"
#include "table.h"

static const char *
fate_colour(const char *cell)
{
	return !strcmp(cell, "keep") || !strcmp(cell, "won") ? "green"
	       : !strcmp(cell, "drop")                       ? "red"
							     : NULL;
}

static const char *
dim(const char *cell)
{
	(void)cell;
	return "dim";
}

static const struct table_column claim_columns[] = {
    {"field", TABLE_STR, 0, NULL},
    {"fate", TABLE_STR, 0, fate_colour},
    {"source", TABLE_STR, 0, NULL},
    {"value", TABLE_STR, 1, NULL},
};

static const struct table_column line_columns[] = {
    {"fate", TABLE_STR, 0, fate_colour},
    {"type", TABLE_STR, 0, NULL},
    {"rule", TABLE_STR, 0, NULL},
    {"score", TABLE_STR, 0, dim},
    {"text", TABLE_STR, 1, NULL},
};

static void
explain_claims(const struct article *a)
{
	struct table *t = table_new(
	    stdout, TABLE_TEXT, claim_columns, sizeof claim_columns / sizeof *claim_columns);
	for (size_t i = 0; i < a->claims_len; i++) {
		const struct trace_claim *c = &a->claims[i];
		table_str(t, c->field);
		table_str(t, claim_fate_name(c->fate));
		table_str(t, c->source);
		table_str(t, c->value);
		table_end_row(t);
	}
	if (table_free(t))
		putchar('\n');
}

static void
explain_lines(const struct article *a)
{
	struct table *t =
	    table_new(stdout, TABLE_TEXT, line_columns, sizeof line_columns / sizeof *line_columns);
	for (size_t i = 0; i < a->trace_len; i++) {
		const struct trace_line *l = &a->trace[i];
		char score[16];
		snprintf(score, sizeof score, "%.2f", l->score);
		table_str(t, l->kept ? "keep" : "drop");
		table_str(t, block_type_name(l->type));
		table_str(t, l->rule);
		table_str(t, score);
		table_str(t, l->text);
		table_end_row(t);
	}
	table_free(t);
}

void
ctl_explain(const struct article *a)
{
	char *evidence = table_safe(a->evidence ? a->evidence : "no evidence");
	printf("%s%s%s (%.2f): %s\n\n", ctl_style("bold"), verdict_name(a->verdict),
	    ctl_style("off"), a->confidence, evidence);
	mem_free(evidence);
	explain_claims(a);
	explain_lines(a);
}

/* ---- JSON ---- */

static struct json_object *
claims_json(const struct article *a)
{
	struct json_object *list = json_object_new_array();
	for (size_t i = 0; i < a->claims_len; i++) {
		struct json_object *o = json_object_new_object();
		ctl_put_str(o, "field", a->claims[i].field);
		ctl_put_str(o, "source", a->claims[i].source);
		ctl_put_str(o, "value", a->claims[i].value);
		ctl_put_str(o, "fate", claim_fate_name(a->claims[i].fate));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *
lines_json(const struct article *a)
{
	struct json_object *list = json_object_new_array();
	for (size_t i = 0; i < a->trace_len; i++) {
		const struct trace_line *l = &a->trace[i];
		struct json_object *o = json_object_new_object();
		ctl_put_bool(o, "kept", l->kept);
		ctl_put_str(o, "type", block_type_name(l->type));
		ctl_put_str(o, "rule", l->rule);
		ctl_put_double(o, "score", l->score);
		ctl_put_str(o, "text", l->text);
		json_object_array_add(list, o);
	}
	return list;
}

void
ctl_print_page(const struct reply *r)
{
	struct json_object *o = json_object_new_object();
	ctl_answer_page(o, r, NULL);
	if (r->article->trace_len || r->article->claims_len) {
		ctl_put(o, "claims", claims_json(r->article));
		ctl_put(o, "trace", lines_json(r->article));
	}
	ctl_print_json(stdout, o);
}
