/*
 * newsctl quarantine: the documents that killed the workers that parsed them: list them, write one
 * out as it was received, have one tried again, forget one.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "newsctl_priv.h"
#include "table.h"

/* ---- the list ---- */

static const struct table_column columns[] = {
    {"id", TABLE_INT, 0, NULL},
    {"state", TABLE_STR, 0, NULL},
    {"kind", TABLE_STR, 0, NULL},
    {"deaths", TABLE_INT, 0, NULL},
    {"visits", TABLE_INT, 0, NULL},
    {"signal", TABLE_INT, 0, NULL},
    {"last_seen", TABLE_TIME, 0, NULL},
    {"retry", TABLE_TIME, 0, NULL},
    {"kept", TABLE_STR, 0, NULL},
    {"url", TABLE_STR, 0, NULL},
    {"reason", TABLE_STR, 1, NULL},
};

struct listing {
	struct table *table; /* NULL: JSON */
	size_t count;
};

static struct json_object *
row_json(const struct quarantine_row *row)
{
	struct json_object *o = json_object_new_object();
	ctl_put_int(o, "id", row->id);
	ctl_put_str(o, "url", row->url);
	ctl_put_str(o, "kind", row->kind);
	ctl_put_str(o, "state", row->state);
	ctl_put_str(o, "reason", row->reason);
	ctl_put_int(o, "signal", row->signal);
	ctl_put_int(o, "deaths", row->deaths);
	ctl_put_int(o, "visits", row->visits);
	ctl_put_time(o, "first_seen", row->first_seen);
	ctl_put_time(o, "last_seen", row->last_seen);
	ctl_put_time(o, "retry", row->retry);
	ctl_put_int(o, "link_id", row->link_id);
	ctl_put_int(o, "feed_id", row->feed_id);
	ctl_put_str(o, "feed", row->feed);
	ctl_put_bool(o, "kept", row->bytes >= 0);
	ctl_put_int(o, "bytes", row->bytes >= 0 ? row->bytes : 0);
	return o;
}

static int
on_row(const struct quarantine_row *row, void *arg)
{
	struct listing *listing = arg;
	struct table *t = listing->table;
	listing->count++;
	if (!t) {
		ctl_print_json(stdout, row_json(row));
		return 0;
	}
	table_int(t, row->id);
	table_str(t, row->state);
	table_str(t, row->kind);
	table_int(t, row->deaths);
	table_int(t, row->visits);
	table_int(t, row->signal);
	table_int(t, row->last_seen);
	table_int(t, row->retry);
	table_str(t, row->bytes >= 0 ? "yes" : "no");
	table_str(t, row->url);
	table_str(t, row->reason);
	table_end_row(t);
	return 0;
}

static enum ctl_exit
list_rows(struct ctl *ctl)
{
	struct store *store;
	struct listing listing = {0};
	enum ctl_exit status = ctl_open_store(ctl, &store);
	if (status != CTL_OK)
		return status;
	if (!ctl->json)
		listing.table =
		    table_new(stdout, TABLE_TEXT, columns, sizeof columns / sizeof *columns);
	if (store_each_quarantine(store, ctl_get(ctl, "all") != NULL, on_row, &listing) != 0)
		status = ctl_complain_store(store);
	else if (!listing.count && !ctl->json)
		ctl_complain("no document is in quarantine");
	if (listing.table)
		table_free(listing.table);
	store_close(store);
	return status;
}

/* ---- one document ---- */

struct saving {
	const struct ctl *ctl;
	const char *path;
	enum ctl_exit status;
};

static int
write_all(int fd, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno != EINTR)
			return -1;
		data += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Never over a file that is there: what is written may be hostile, and is nobody's to trust. */
static int
on_document(const uint8_t *data, size_t len, const char *url, const char *content_type,
    const char *content_encoding, void *arg)
{
	struct saving *s = arg;
	int to_stdout = !strcmp(s->path, "-");
	int fd = to_stdout ? STDOUT_FILENO
			   : open(s->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int failed = fd < 0 || write_all(fd, data, len);
	if (!failed && !to_stdout)
		failed = close(fd) != 0;
	if (failed) {
		ctl_complain("%s can't be written: %s", s->path, strerror(errno));
		s->status = CTL_FAILED;
		return 0;
	}
	if (to_stdout)
		return 0;
	if (s->ctl->json) {
		struct json_object *o = json_object_new_object();
		ctl_put_str(o, "file", s->path);
		ctl_put_int(o, "bytes", (int64_t)len);
		ctl_put_str(o, "url", url);
		ctl_put_str(o, "content_type", content_type);
		ctl_put_str(o, "content_encoding", content_encoding);
		ctl_print_json(stdout, o);
		return 0;
	}
	const char *type = content_type && *content_type ? content_type : "none";
	const char *coded = content_encoding && *content_encoding ? content_encoding : NULL;
	char *said = mem_printf("%s: %zu bytes of %s, Content-Type %s%s%s", s->path, len, url, type,
	    coded ? ", Content-Encoding " : "", coded ? coded : "");
	ctl_print_wrapped(stdout, said, 0, 0);
	mem_free(said);
	return 0;
}

static enum ctl_exit
save(struct ctl *ctl, int64_t id, const char *path)
{
	struct store *store;
	struct saving saving = {ctl, path, CTL_OK};
	enum ctl_exit status = ctl_open_store(ctl, &store);
	if (status != CTL_OK)
		return status;
	if (store_read_offender(store, id, on_document, &saving) != 0)
		saving.status = ctl_complain_store(store);
	store_close(store);
	return saving.status;
}

/* ---- orders ---- */

static enum ctl_exit
order(struct ctl *ctl, int64_t id, const char *word)
{
	struct json_object *answer, *request = ctl_request("quarantine");
	ctl_put_int(request, "row", id);
	ctl_put_str(request, "order", word);
	enum ctl_exit status = ctl_ask(ctl, request, &answer);
	if (status != CTL_OK)
		return status;
	if (ctl->json) {
		ctl_print_json(stdout, json_object_get(answer));
	} else {
		const char *url = ctl_json_str(answer, "url"), *then = ctl_json_str(answer, "then");
		char *said =
		    mem_printf("%" PRId64 " %s: %s", id, url ? url : "?", then ? then : word);
		ctl_print_wrapped(stdout, said, 0, 0);
		mem_free(said);
	}
	json_object_put(answer);
	return CTL_OK;
}

enum ctl_exit
ctl_run_quarantine(struct ctl *ctl, int argc, char **argv)
{
	static const char *const orders[] = {"retry", "forget"};
	int64_t id = 0;
	const char *file = ctl_get(ctl, "save"), *wanted = NULL;
	int given = 0;
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		enum ctl_exit status = ctl_get_number(ctl, orders[i], 1, INT64_MAX, &id);
		if (status != CTL_OK)
			return status;
		if (!ctl_get(ctl, orders[i]))
			continue;
		wanted = orders[i];
		given++;
	}
	if (given > 1 || (given && (file || argc)) || (!file && argc)) {
		ctl_complain("quarantine: ID --save FILE, --retry ID and --forget ID exclude each "
			     "other; see newsctl help quarantine");
		return CTL_USAGE;
	}
	if (wanted)
		return order(ctl, id, wanted);
	if (!file)
		return list_rows(ctl);
	if (!argc) {
		ctl_complain("quarantine: --save of which document? newsctl quarantine lists them");
		return CTL_USAGE;
	}
	id = ctl_number("row of the quarantine", argv[0]);
	return id ? save(ctl, id, file) : CTL_USAGE;
}
