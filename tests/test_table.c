/* Tests of table: alignment, cutting, colours, JSON, and that nothing from outside steers a
 * terminal. */
#include "table.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "mem.h"

static const char *
colour_state(const char *cell)
{
	return strcmp(cell, "gone") == 0 ? "red" : strcmp(cell, "stored") == 0 ? "green" : NULL;
}

static const struct table_column columns[] = {
    {"id", TABLE_INT, 0, NULL},
    {"title", TABLE_STR, 1, NULL},
    {"state", TABLE_STR, 0, colour_state},
    {"last_poll", TABLE_TIME, 0, NULL},
    {"size", TABLE_BYTES, 0, NULL},
    {"every", TABLE_SPAN, 0, NULL},
};

static void
add_row(struct table *t, int64_t id, const char *title, const char *state, int64_t at,
    int64_t bytes, int64_t span)
{
	table_int(t, id);
	table_str(t, title);
	table_str(t, state);
	table_int(t, at);
	table_int(t, bytes);
	table_int(t, span);
	table_end_row(t);
}

static char text[65536];

static FILE *
open_text(void)
{
	memset(text, 0, sizeof text);
	return fmemopen(text, sizeof text - 1, "w");
}

static void
fill(struct table *t)
{
	add_row(t, 7, "caf\xc3\xa9", "stored", 1769835600, 1234567, 10800);
	add_row(t, 12345, "\xe6\x96\xb0\xe8\x81\x9e", "gone", 0, 999, 45);
	table_int(t, 1);
	table_end_row(t);
}

static void
test_text_is_aligned(void **arg)
{
	(void)arg;
	FILE *out = open_text();
	struct table *t = table_new(out, TABLE_TEXT, columns, 6);
	fill(t);
	assert_int_equal(table_free(t), 3);
	fclose(out);
	assert_string_equal(text,
	    "   ID  TITLE  STATE   LAST POLL           SIZE  EVERY\n"
	    "    7  caf\xc3\xa9   stored  2026-01-31 05:00  1.2 MB    3 h\n"
	    "12345  \xe6\x96\xb0\xe8\x81\x9e   gone                       999 B   45 s\n"
	    "    1                                                \n");
}

static void
test_no_rows_no_heading(void **arg)
{
	(void)arg;
	FILE *out = open_text();
	assert_int_equal(table_free(table_new(out, TABLE_TEXT, columns, 6)), 0);
	assert_int_equal(table_free(table_new(out, TABLE_JSON, columns, 6)), 0);
	assert_int_equal(table_free(NULL), 0);
	fclose(out);
	assert_string_equal(text, "");
}

static void
test_numbers_for_eyes(void **arg)
{
	(void)arg;
	static const struct {
		enum table_type type;
		int64_t n;
		const char *shown;
	} rows[] = {
	    {TABLE_INT, INT64_MIN, "-9223372036854775808"},
	    {TABLE_BYTES, 0, "0 B"},
	    {TABLE_BYTES, 999, "999 B"},
	    {TABLE_BYTES, 1000, "1.0 kB"},
	    {TABLE_BYTES, 999949, "999.9 kB"},
	    {TABLE_BYTES, 999950, "1.0 MB"},
	    {TABLE_BYTES, -2500000, "-2.5 MB"},
	    {TABLE_BYTES, INT64_MAX, "9.2 EB"},
	    {TABLE_SPAN, 0, "0 s"},
	    {TABLE_SPAN, 119, "119 s"},
	    {TABLE_SPAN, 120, "2 min"},
	    {TABLE_SPAN, 7199, "119 min"},
	    {TABLE_SPAN, 7200, "2 h"},
	    {TABLE_SPAN, 172800, "2 d"},
	    {TABLE_SPAN, -300, "-5 min"},
	    {TABLE_SPAN, INT64_MAX, "106751991167300 d"},
	    {TABLE_SPAN, INT64_MIN, "-106751991167300 d"},
	    {TABLE_TIME, 1769835659, "2026-01-31 05:00"},
	    {TABLE_TIME, 0, ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct table_column one = {"x", rows[i].type, 0, NULL};
		char expected[64];
		FILE *out = open_text();
		struct table *t = table_new_record(out, TABLE_TEXT, &one, 1);
		table_int(t, rows[i].n);
		table_end_row(t);
		table_free(t);
		fclose(out);
		snprintf(expected, sizeof expected, "x  %s\n", rows[i].shown);
		assert_string_equal(text, expected);
	}
}

static void
test_record(void **arg)
{
	(void)arg;
	FILE *out = open_text();
	struct table *t = table_new_record(out, TABLE_TEXT, columns, 2);
	table_int(t, 7);
	table_str(t, "two\nlines");
	table_end_row(t);
	table_int(t, 8);
	table_end_row(t);
	assert_int_equal(table_free(t), 2);
	fclose(out);
	assert_string_equal(text, "id     7\ntitle  two\\nlines\n\nid     8\ntitle  \n");
}

static struct json_object *
parse_strict(const char *line, size_t len)
{
	struct json_tokener *tok = json_tokener_new();
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	char *copy = mem_strndup(line, len);
	struct json_object *o = json_tokener_parse_ex(tok, copy, (int)len + 1);
	if (!o)
		fail_msg("no JSON: %s", copy);
	mem_free(copy);
	json_tokener_free(tok);
	return o;
}

static void
test_json(void **arg)
{
	(void)arg;
	FILE *out = open_text();
	struct table *t = table_new(out, TABLE_JSON, columns, 6);
	fill(t);
	add_row(t, -1, "\"\\\n\x1b \xff", "", 1, 0, 0);
	assert_int_equal(table_free(t), 4);
	fclose(out);
	assert_string_equal(text,
	    "{\"id\":7,\"title\":\"caf\xc3\xa9\",\"state\":\"stored\",\"last_poll\":\"2026-01-"
	    "31T05:00:00Z\","
	    "\"size\":1234567,\"every\":10800}\n"
	    "{\"id\":12345,\"title\":\"\xe6\x96\xb0\xe8\x81\x9e\",\"state\":\"gone\",\"last_poll\":"
	    "null,"
	    "\"size\":999,\"every\":45}\n"
	    "{\"id\":1,\"title\":null,\"state\":null,\"last_poll\":null,\"size\":null,\"every\":"
	    "null}\n"
	    "{\"id\":-1,\"title\":\"\\\"\\\\\\n\\u001b \xef\xbf\xbd\",\"state\":\"\","
	    "\"last_poll\":\"1970-01-01T00:00:01Z\",\"size\":0,\"every\":0}\n");
}

static void
test_cells(void **arg)
{
	(void)arg;
	static const struct {
		const char *text, *csv, *tsv;
	} cells[] = {
	    {"plain words", "plain words", "plain words"},
	    {"", "", ""},
	    {"a,b", "\"a,b\"", "a,b"},
	    {"say \"x\"", "\"say \"\"x\"\"\"", "say \"x\""},
	    {"a\tb\nc\x1b[m", "a\\tb\\nc\\u001b[m", "a\\tb\\nc\\u001b[m"},
	    {"=1+1", "'=1+1", "'=1+1"},
	    {"+1", "'+1", "'+1"},
	    {"-1", "'-1", "'-1"},
	    {"@SUM(A1)", "'@SUM(A1)", "'@SUM(A1)"},
	    {" =1", "\"' =1\"", "' =1"},
	    {"\t=1", "'\\t=1", "'\\t=1"},
	    {"\xef\xbc\x9d"
	     "1",
		"'\xef\xbc\x9d"
		"1",
		"'\xef\xbc\x9d"
		"1"},
	    {"=1,2", "\"'=1,2\"", "'=1,2"},
	    {"\"=1\"", "\"\"\"=1\"\"\"", "'\"=1\""},
	    {"a=1", "a=1", "a=1"},
	    {"https://a.example/?x=1", "https://a.example/?x=1", "https://a.example/?x=1"},
	};
	for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
		for (int tsv = 0; tsv < 2; tsv++) {
			char want[256];
			FILE *out = open_text();
			struct table *t = table_new(out, tsv ? TABLE_TSV : TABLE_CSV, columns, 6);
			add_row(t, -7, cells[i].text, NULL, 1769835600, 1234567, 10800);
			assert_int_equal(table_free(t), 1);
			fclose(out);
			snprintf(want, sizeof want,
			    tsv ? "id\ttitle\tstate\tlast_poll\tsize\tevery\n"
				  "-7\t%s\t\t2026-01-31T05:00:00Z\t1234567\t10800\n"
				: "id,title,state,last_poll,size,every\n"
				  "-7,%s,,2026-01-31T05:00:00Z,1234567,10800\n",
			    tsv ? cells[i].tsv : cells[i].csv);
			assert_string_equal(text, want);
		}
}

static void
test_json_is_valid_for_any_bytes(void **arg)
{
	(void)arg;
	unsigned seed = 7;
	for (int i = 0; i < 300; i++) {
		char value[200];
		size_t len = (size_t)(rand_r(&seed) % 199);
		for (size_t j = 0; j < len; j++)
			value[j] = (char)(1 + rand_r(&seed) % 255);
		value[len] = '\0';
		FILE *out = open_text();
		struct table *t = table_new_record(out, TABLE_JSON, columns + 1, 1);
		table_str(t, value);
		table_end_row(t);
		table_free(t);
		fclose(out);
		size_t n = strlen(text);
		assert_int_equal(strcspn(text, "\n"), n - 1);
		json_object_put(parse_strict(text, n - 1));
	}
}

static void
test_nothing_steers_the_terminal(void **arg)
{
	(void)arg;
	static const char evil[] = "a\x1b]0;owned\a b\r\n\x1b[2J \xc2\x9b"
				   "31m \xe2\x80\xae"
				   "c\x7f";
	FILE *out = open_text();
	struct table *t = table_new(out, TABLE_TEXT, columns, 6);
	add_row(t, 1, evil, evil, 0, 0, 0);
	table_free(t);
	fclose(out);
	size_t lines = 0;
	for (const char *c = text; *c; c++) {
		assert_true((unsigned char)*c >= ' ' || *c == '\n');
		assert_int_not_equal((unsigned char)*c, 0x7f);
		lines += *c == '\n';
	}
	assert_int_equal(lines, 2);
	assert_null(strstr(text, "\xc2\x9b"));
	assert_null(strstr(text, "\xe2\x80\xae"));
	char *safe = table_safe(evil);
	assert_string_equal(
	    safe, "a\\u001b]0;owned\\u0007 b\\r\\n\\u001b[2J \\u009b31m \\u202ec\\u007f");
	free(safe);
	safe = table_safe("");
	assert_string_equal(safe, "");
	free(safe);
}

static void
test_width(void **arg)
{
	(void)arg;
	assert_int_equal(table_width(""), 0);
	assert_int_equal(table_width("abc"), 3);
	assert_int_equal(table_width("e\xcc\x81"), 1);                /* combining acute */
	assert_int_equal(table_width("\xe6\x96\xb0\xe8\x81\x9e"), 4); /* two Han */
	assert_int_equal(table_width("\xff"), 1);
}

/* ---- on a terminal ---- */

/* Print through a pseudo-terminal WIDTH columns wide; what arrived is in `text`. */
static void
print_on_terminal(unsigned short width, void (*print)(FILE *out))
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	struct winsize size = {.ws_row = 24, .ws_col = width};
	struct termios raw;
	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	tcgetattr(slave, &raw);
	cfmakeraw(&raw);
	tcsetattr(slave, TCSANOW, &raw);
	assert_int_equal(ioctl(slave, TIOCSWINSZ, &size), 0);
	FILE *out = fdopen(slave, "w");
	print(out);
	fflush(out);
	fcntl(master, F_SETFL, O_NONBLOCK);
	memset(text, 0, sizeof text);
	for (size_t len = 0; len < sizeof text - 1;) {
		ssize_t n = read(master, text + len, sizeof text - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	fclose(out);
	close(master);
}

static const struct table_column wide[] = {
    {"url", TABLE_STR, 1, NULL},
    {"state", TABLE_STR, 0, colour_state},
    {"a_long_heading", TABLE_STR, 1, NULL},
};

static void
print_wide(FILE *out)
{
	struct table *t = table_new(out, TABLE_TEXT, wide, 3);
	table_str(t, "https://news.example/2026/01/31/a-very-long-story-about-something");
	table_str(t, "stored");
	table_str(t, "\xe6\x96\xb0\xe8\x81\x9e\xe6\x96\xb0\xe8\x81\x9e\xe6\x96\xb0\xe8\x81\x9e\xe6"
		     "\x96\xb0\xe8\x81\x9e"
		     "\xe6\x96\xb0\xe8\x81\x9e");
	table_end_row(t);
	table_str(t, "short");
	table_str(t, "gone");
	table_str(t, "x");
	table_end_row(t);
	table_free(t);
}

static void
test_cut_to_the_terminal(void **arg)
{
	(void)arg;
	setenv("TERM", "dumb", 1);
	print_on_terminal(50, print_wide);
	for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		assert_true(table_width(line) <= 50);
		*end = '\n';
	}
	assert_non_null(strstr(text, "\xe2\x80\xa6")); /* the mark of a cut */
	assert_null(strstr(text, "\x1b"));
	/* far too narrow: nothing is cut below heading and minimum, nothing breaks */
	print_on_terminal(3, print_wide);
	assert_non_null(strstr(text, "https:/\xe2\x80\xa6  stored  \xe6\x96\xb0\xe8\x81\x9e"));
	assert_non_null(strstr(text, "A LONG HEADING"));
	/* wide enough */
	print_on_terminal(200, print_wide);
	assert_null(strstr(text, "\xe2\x80\xa6"));
}

static void
test_colours_only_where_wanted(void **arg)
{
	(void)arg;
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	print_on_terminal(200, print_wide);
	assert_non_null(strstr(text, "\x1b[32mstored\x1b[0m"));
	assert_non_null(strstr(text, "\x1b[31mgone\x1b[0m  "));
	setenv("NO_COLOR", "1", 1);
	print_on_terminal(200, print_wide);
	assert_null(strstr(text, "\x1b"));
	unsetenv("NO_COLOR");
	FILE *out = open_text();
	print_wide(out);
	fclose(out);
	assert_null(strstr(text, "\x1b"));
	unsetenv("TERM");
	print_on_terminal(200, print_wide);
	assert_null(strstr(text, "\x1b"));
}

static void
print_record_on_terminal(FILE *out)
{
	struct table *t = table_new_record(out, TABLE_TEXT, wide, 3);
	table_str(t, "https://news.example/2026/01/31/a-very-long-story-about-something");
	table_str(t, "stored");
	table_end_row(t);
	table_free(t);
}

static void
test_record_is_cut_too(void **arg)
{
	(void)arg;
	setenv("TERM", "dumb", 1);
	print_on_terminal(40, print_record_on_terminal);
	assert_string_equal(text, "url             https://news.example/20\xe2\x80\xa6\n"
				  "state           stored\n"
				  "a_long_heading  \n");
}

static void
test_styles(void **arg)
{
	(void)arg;
	assert_string_equal(table_style("red"), "\033[31m");
	assert_string_equal(table_style("off"), "\033[0m");
	assert_string_equal(table_style("blink"), "");
	assert_string_equal(table_style(NULL), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text_is_aligned),
	    cmocka_unit_test(test_no_rows_no_heading),
	    cmocka_unit_test(test_numbers_for_eyes),
	    cmocka_unit_test(test_record),
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_cells),
	    cmocka_unit_test(test_json_is_valid_for_any_bytes),
	    cmocka_unit_test(test_nothing_steers_the_terminal),
	    cmocka_unit_test(test_width),
	    cmocka_unit_test(test_cut_to_the_terminal),
	    cmocka_unit_test(test_colours_only_where_wanted),
	    cmocka_unit_test(test_styles),
	    cmocka_unit_test(test_record_is_cut_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
