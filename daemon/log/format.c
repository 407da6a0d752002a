/*
 * Lines of the log in their three shapes: text, JSON, and the fields of journald. Pure. Whatever
 * comes in, a line is one line, valid UTF-8, and fits struct log_text.
 */
#include "log_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "clock.h"
#include "escape.h"

#define CUT_MARK "\xe2\x80\xa6" /* U+2026, horizontal ellipsis */

_Static_assert(LOG_VALUE_MAX + 64 > LOG_VALUE_MAX + sizeof CUT_MARK + 32, "room for name and mark");

static const struct {
	const char *name;
	int priority;
} levels[] = {
    [LOG_LEVEL_ERROR] = {"error", LOG_ERR},
    [LOG_LEVEL_WARN] = {"warn", LOG_WARNING},
    [LOG_LEVEL_INFO] = {"info", LOG_INFO},
    [LOG_LEVEL_DEBUG] = {"debug", LOG_DEBUG},
};

const char *
log_level_name(enum log_level level)
{
	return levels[level].name;
}

int
log_priority(enum log_level level)
{
	return levels[level].priority;
}

static void
add(struct log_text *t, const char *s, size_t len)
{
	memcpy(t->data + t->len, s, len);
	t->len += len;
}

static void
add_str(struct log_text *t, const char *s)
{
	add(t, s, strlen(s));
}

static void
add_int(struct log_text *t, int64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%" PRId64, n);
	add(t, digits, (size_t)len);
}

/* S escaped, and cut with a mark. No byte of input gives less than one of output, so that more than
 * the maximum need not be looked at. */
static void
add_escaped(struct log_text *t, const char *s, enum escape_form form)
{
	int cut;
	size_t len = strnlen(s, LOG_VALUE_MAX + 1);
	t->len += escape_text(t->data + t->len, LOG_VALUE_MAX + 1, s, len, form, &cut);
	if (cut)
		add_str(t, CUT_MARK);
}

static void
add_quoted(struct log_text *t, const char *s)
{
	add_str(t, "\"");
	add_escaped(t, s, ESCAPE_JSON);
	add_str(t, "\"");
}

/* 1 when S can stand after `key=` without quotes and be split off at the next space. */
static int
is_plain(const char *s)
{
	size_t len = strnlen(s, LOG_VALUE_MAX + 1);
	if (len == 0 || len > LOG_VALUE_MAX)
		return 0;
	for (size_t i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] > '~' || strchr("\"\\=", s[i]))
			return 0;
	return 1;
}

void
log_format_value(struct log_text *t, const struct log_line *l, size_t i)
{
	if (log_field_table[l->fields[i].field].type == LOG_INT)
		add_int(t, l->fields[i].num);
	else
		add_escaped(t, l->fields[i].str, ESCAPE_PLAIN);
}

static void
add_pairs(struct log_text *t, const struct log_line *l)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct log_field_row *row = &log_field_table[l->fields[i].field];
		add_str(t, " ");
		add_str(t, row->name);
		add_str(t, "=");
		if (row->type == LOG_STR && !is_plain(l->fields[i].str))
			add_quoted(t, l->fields[i].str);
		else
			log_format_value(t, l, i);
	}
}

void
log_format_text(struct log_text *t, const struct log_line *l, enum log_level level, int64_t at)
{
	char when[32];
	t->len = 0;
	add_str(t, clock_iso(at, when));
	add_str(t, " ");
	add_str(t, log_level_name(level));
	add_str(t, " ");
	add_str(t, log_event_table[l->event].word);
	add_pairs(t, l);
}

void
log_format_message(struct log_text *t, const struct log_line *l)
{
	if (l->event == EV_NOTE && l->count == 1) {
		log_format_value(t, l, 0);
		return;
	}
	add_str(t, log_event_table[l->event].word);
	add_pairs(t, l);
}

void
log_format_json(struct log_text *t, const struct log_line *l, enum log_level level, int64_t at)
{
	char when[32];
	t->len = 0;
	add_str(t, "{\"at\":\"");
	add_str(t, clock_iso(at, when));
	add_str(t, "\",\"level\":\"");
	add_str(t, log_level_name(level));
	add_str(t, "\",\"event\":\"");
	add_str(t, log_event_table[l->event].word);
	add_str(t, "\"");
	for (size_t i = 0; i < l->count; i++) {
		const struct log_field_row *row = &log_field_table[l->fields[i].field];
		add_str(t, ",\"");
		add_str(t, row->name);
		add_str(t, "\":");
		if (row->type == LOG_INT)
			add_int(t, l->fields[i].num);
		else
			add_quoted(t, l->fields[i].str);
	}
	add_str(t, "}");
}
