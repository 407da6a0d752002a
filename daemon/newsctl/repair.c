/* newsctl repair: a new store of what can be read of a damaged one, and in words what was lost. */
#include "newsctl_priv.h"

#include <json-c/json.h>

#include "clock.h"
#include "mem.h"
#include "table.h"

static const struct table_column columns[] = {
    {"table", TABLE_STR, 0, NULL},
    {"saved", TABLE_INT, 0, NULL},
    {"expected", TABLE_STR, 0, NULL}, /* text: what is not known is empty, and 0 is not */
    {"refused", TABLE_INT, 0, NULL},
    {"state", TABLE_STR, 0, NULL},
};
#define COLUMNS (sizeof columns / sizeof *columns)

struct report {
	struct table *table; /* NULL: JSON */
	struct json_object *tables, *sentences;
};

static const char *
state_of(const struct store_saved *t)
{
	return t->damaged ? "damaged" : t->refused ? "rows refused" : "whole";
}

static void
on_saved(const struct store_saved *t, void *arg)
{
	struct report *r = arg;
	if (r->table) {
		char expected[24] = "";
		if (t->expected >= 0)
			snprintf(expected, sizeof expected, "%lld", (long long)t->expected);
		table_str(r->table, t->table);
		table_int(r->table, t->rows);
		table_str(r->table, expected);
		table_int(r->table, t->refused);
		table_str(r->table, state_of(t));
		table_end_row(r->table);
		return;
	}
	struct json_object *o = json_object_new_object();
	ctl_put_str(o, "table", t->table);
	ctl_put_int(o, "saved", t->rows);
	ctl_put(o, "expected", t->expected >= 0 ? json_object_new_int64(t->expected) : NULL);
	ctl_put_int(o, "refused", t->refused);
	ctl_put_bool(o, "damaged", t->damaged);
	json_object_array_add(r->tables, o);
}

static void
on_sentence(const char *sentence, void *arg)
{
	struct report *r = arg;
	json_object_array_add(r->sentences, json_object_new_string(sentence));
}

static void
print_sentences(struct json_object *sentences)
{
	for (size_t i = 0; i < json_object_array_length(sentences); i++) {
		char *safe =
		    table_safe(json_object_get_string(json_object_array_get_idx(sentences, i)));
		printf("%s\n", safe);
		mem_free(safe);
	}
}

/* Check the new store. Returns how much is wrong with it. */
static size_t
check_new(const char *path, struct report *r, struct fault *f)
{
	struct store *store;
	struct store_options options = {.path = path, .mode = STORE_READ};
	size_t before = json_object_array_length(r->sentences);
	if (store_open(&store, &options, f)) /* of an older version: newsd upgrades it first */
		return f->code == ERR_VERSION ? 0 : 1;
	if (store_check(store, 1, on_sentence, r) &&
	    json_object_array_length(r->sentences) == before)
		on_sentence(store_fault(store)->text, r);
	store_close(store);
	return json_object_array_length(r->sentences) - before;
}

static void
print_end(struct report *r, const char *new_path, int64_t lost, size_t wrong, int64_t ms)
{
	table_free(r->table);
	putchar('\n');
	print_sentences(r->sentences);
	json_object_put(r->sentences);
	if (lost)
		printf("rows lost: %lld", (long long)lost);
	else
		printf("nothing that was counted is lost");
	printf("; %s is %s (%.1f s)\n", new_path, wrong ? "NOT SOUND: report this" : "sound",
	    (double)ms / 1000);
	printf(
	    "Look at it with newsctl --store %s; to go on with it, stop newsd, move the damaged store "
	    "with its -wal and -shm away, and put this file in its place.\n",
	    new_path);
}

static void
print_end_json(
    struct report *r, const struct store_repair *options, int64_t lost, size_t wrong, int64_t ms)
{
	struct json_object *o = json_object_new_object();
	ctl_put_str(o, "path", options->path);
	ctl_put_str(o, "repaired", options->new_path);
	ctl_put_int(o, "lost", lost);
	ctl_put_bool(o, "sound", !wrong);
	ctl_put(o, "tables", r->tables);
	ctl_put(o, "sentences", r->sentences);
	ctl_put_int(o, "ms", ms);
	ctl_print_json(stdout, o);
}

enum ctl_exit
ctl_run_repair(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	const char *path = ctl_store_path(ctl);
	if (!path)
		return CTL_USAGE;
	struct report r = {.sentences = json_object_new_array()};
	if (ctl->json)
		r.tables = json_object_new_array();
	else
		r.table = ctl_table_new(ctl, columns, COLUMNS);
	struct store_repair options = {
	    .path = path, .new_path = argv[0], .saved = on_saved, .say = on_sentence, .arg = &r};
	struct fault f = {0};
	int64_t lost, start = clock_mono_ms();
	if (store_repair(&options, &lost, &f)) {
		if (r.table)
			table_free(r.table);
		json_object_put(r.tables);
		json_object_put(r.sentences);
		return ctl_complain_fault(&f);
	}
	size_t wrong = check_new(argv[0], &r, &f);
	int64_t ms = clock_mono_ms() - start;
	if (ctl->json)
		print_end_json(&r, &options, lost, wrong, ms);
	else
		print_end(&r, argv[0], lost, wrong, ms);
	return wrong ? CTL_FAILED : CTL_OK;
}
