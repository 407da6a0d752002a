/*
 * mantable: makes a manual page from its template: a line that is @NAME@ becomes a table of the
 * code (options, commands, events, ...), @WORD@ within a line becomes a value (the version, a
 * path). Runs while building; a name that it doesn't know fails the build.
 *
 * usage: mantable TEMPLATE >PAGE
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../daemon/newsctl/newsctl_priv.h"
#include "../daemon/service/service_priv.h"
#include "config.h"
#include "control.h"
#include "log.h"
#include "mem.h"
#include "outcome.h"
#include "schema.h"

#define LINE_MAX_BYTES 4096
#define FILL_WIDTH     70

/* ---- text as mdoc ---- */

/* A character of text that would mean something to the formatter. */
static void
put_char(char before, char c, char after, int *in_code)
{
	if (c == '\\')
		fputs("\\e", stdout);
	else if (c == '`')
		fputs((*in_code = !*in_code) ? "\\(oq" : "\\(cq", stdout);
	else if (c == '-' && (*in_code || !isalnum((unsigned char)before) || after == '-'))
		fputs("\\-", stdout);
	else
		putchar(c);
}

/* WORD of LEN bytes as part of a line or the argument of a macro. */
static void
put_word(const char *word, size_t len, int *in_code)
{
	for (size_t i = 0; i < len; i++)
		put_char(i ? word[i - 1] : ' ', word[i], i + 1 < len ? word[i + 1] : ' ', in_code);
}

/* Whether a sentence ends between the words that end at END and begin at NEXT. */
static int
ends_sentence(const char *end, const char *next)
{
	return strchr(".?!", end[-1]) && (isupper((unsigned char)*next) || *next == '`');
}

/* TEXT as running text in lines of moderate length; each sentence begins one, as mdoc wants it. */
static void
put_text(const char *text)
{
	int in_code = 0;
	size_t column = 0;
	for (const char *word = text + strspn(text, " \n"); *word;) {
		size_t len = strcspn(word, " \n");
		const char *next = word + len + strspn(word + len, " \n");
		if (column == 0 && (*word == '.' || *word == '\''))
			fputs("\\&", stdout);
		put_word(word, len, &in_code);
		column += len + 1;
		int ends = !*next || ends_sentence(word + len, next) ||
			   column + strcspn(next, " \n") > FILL_WIDTH;
		putchar(ends ? '\n' : ' ');
		if (ends)
			column = 0;
		word = next;
	}
}

/* TEXT as it is, line by line, within a literal display. */
static void
put_literal(const char *text)
{
	for (const char *line = text; *line;) {
		int in_code = 0;
		size_t len = strcspn(line, "\n");
		if (*line == '.' || *line == '\'')
			fputs("\\&", stdout);
		put_word(line, len, &in_code);
		putchar('\n');
		line += len + (line[len] == '\n');
	}
}

/* ---- the tables ---- */

static void
put_config_option(const struct config_option *o)
{
	char expected[512];
	config_expected(o, expected, sizeof expected);
	printf(".It Ic %s\n", o->name);
	put_text(o->help);
	char *takes = mem_printf("Takes %s.", expected);
	put_text(takes);
	mem_free(takes);
	if (*o->value)
		printf("The default is\n.Ql %s .\n", o->value);
	if (!o->reload)
		fputs("A change needs a restart.\n", stdout);
}

static void
put_options(void)
{
	int open = 0;
	for (const struct config_option *o = config_options; o->name; o++) {
		if (o->heading) {
			if (open)
				puts(".El");
			printf(".Ss %s\n.Bl -tag -width Ds\n", o->heading);
			open = 1;
		}
		put_config_option(o);
	}
	if (open)
		puts(".El");
}

static void
put_feed_options(void)
{
	puts(".Bl -tag -width Ds");
	for (const struct config_option *o = config_feed_options; o->name; o++)
		put_config_option(o);
	puts(".El");
}

static void
put_host_options(void)
{
	puts(".Bl -tag -width Ds");
	for (const struct config_option *o = config_host_options; o->name; o++)
		put_config_option(o);
	puts(".El");
}

static void
put_events(void)
{
	static const char *const levels[] = {
	    [LOG_LEVEL_ERROR] = "error",
	    [LOG_LEVEL_WARN] = "warn",
	    [LOG_LEVEL_INFO] = "info",
	    [LOG_LEVEL_DEBUG] = "debug",
	};
	puts(".Bl -tag -width Ds");
	for (int i = 0; i < EV_COUNT; i++) {
		const struct log_event_row *row = &log_event_table[i];
		printf(".It Ic %s Pq level Cm %s\n", row->word, levels[row->level]);
		put_text(row->help);
		puts(".br");
		char *fields = mem_printf("Fields: %s.", row->fields);
		put_text(fields);
		mem_free(fields);
	}
	puts(".El");
}

static void
put_fields(void)
{
	puts(".Bl -tag -width Ds");
	for (int i = 0; i < LF_COUNT; i++) {
		const struct log_field_row *row = &log_field_table[i];
		printf(".It Ic %s Pq %s, journal field Ev %s\n", row->name,
		    row->type == LOG_INT ? "number" : "text", row->journal);
		put_text(row->help);
	}
	puts(".El");
}

static void
put_outcomes(void)
{
	puts(".Bl -tag -width Ds");
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		printf(".It Cm %s\n", outcome_table[i].name);
		put_text(outcome_table[i].help);
	}
	puts(".El");
}

static void
put_schema(void)
{
	for (const struct schema_view_row *v = schema_views; v->view; v++) {
		printf(".Ss %s\n", v->view);
		put_text(v->help);
		if (v->twin)
			printf("The view\n.Ic %s\nhas the same columns with times as text.\n",
			    v->twin);
		puts(".Bl -tag -width Ds");
		for (const struct schema_doc_row *row = schema_doc; row->view; row++) {
			if (strcmp(row->view, v->view) != 0)
				continue;
			printf(".It Ic %s Pq %s\n", row->column, schema_type_name(row->type));
			put_text(row->help);
		}
		puts(".El");
	}
}

static void
put_option_names(const struct ctl_option *o)
{
	if (o->letter)
		printf("Fl %c , ", o->letter);
	printf("Fl \\-%s", o->name);
	if (o->arg)
		printf(" Ar %s", o->arg);
}

static void
put_option_list(const struct ctl_option *options)
{
	puts(".Bl -tag -width Ds");
	for (const struct ctl_option *o = options; o->name; o++) {
		fputs(".It ", stdout);
		put_option_names(o);
		putchar('\n');
		put_text(o->help);
	}
	puts(".El");
}

static void
put_global_options(void)
{
	put_option_list(ctl_global_options);
}

/* ARGS of the table ("[FEED...]") as macros. */
static void
put_args(const char *args)
{
	int optional = *args == '[';
	const char *name = args + optional;
	size_t len = strcspn(name, ".]");
	if (!*args)
		return;
	printf("%s Ar %.*s%s\n", optional ? ".Op" : ".", (int)len, name,
	    name[len] == '.' ? " ..." : "");
}

static void
put_command(const struct ctl_command *c)
{
	printf(".It Xo\n.Ic %s\n", c->name);
	for (const struct ctl_option *o = c->options; o && o->name; o++) {
		fputs(".Op ", stdout);
		put_option_names(&(struct ctl_option){.name = o->name, .arg = o->arg});
		printf("%s\n", o->many ? " No ..." : "");
	}
	put_args(c->args);
	puts(".Xc");
	char *help = mem_printf("%c%s.", toupper((unsigned char)c->help[0]), c->help + 1);
	put_text(help);
	mem_free(help);
	puts(".Pp");
	put_text(c->details);
	if (c->options)
		put_option_list(c->options);
	puts(".Pp\n.Bd -literal -compact");
	put_literal(c->example);
	puts(".Ed");
}

static void
put_commands(void)
{
	puts(".Bl -tag -width Ds");
	for (const struct ctl_command *c = ctl_commands; c->name; c++)
		put_command(c);
	puts(".El");
}

static void
put_control(void)
{
	puts(".Bl -tag -width Ds");
	for (const struct control_command *c = service_commands; c->name; c++) {
		printf(".It Cm %s\n", c->name);
		put_text(c->help);
	}
	puts(".El");
}

static void
put_exits(void)
{
	puts(".Bl -tag -width Ds -compact");
	for (int i = 0; i < CTL_EXIT_COUNT; i++) {
		printf(".It %d\n", i);
		put_text(ctl_exit_help[i]);
	}
	puts(".El");
}

static const struct {
	const char *name;
	void (*put)(void);
} tables[] = {
    {"@OPTIONS@", put_options},
    {"@FEED_OPTIONS@", put_feed_options},
    {"@HOST_OPTIONS@", put_host_options},
    {"@EVENTS@", put_events},
    {"@FIELDS@", put_fields},
    {"@OUTCOMES@", put_outcomes},
    {"@SCHEMA@", put_schema},
    {"@GLOBAL_OPTIONS@", put_global_options},
    {"@COMMANDS@", put_commands},
    {"@EXITS@", put_exits},
    {"@CONTROL@", put_control},
};

/* ---- values within a line ---- */

/* The day of the release, as .Dd wants it. */
static const char *
release_day(void)
{
	static char text[40];
	static const char *const months[] = {"January", "February", "March", "April", "May", "June",
	    "July", "August", "September", "October", "November", "December"};
	time_t at = (time_t)NEWSD_BUILT_AT;
	struct tm tm;
	gmtime_r(&at, &tm);
	snprintf(text, sizeof text, "%s %d, %d", months[tm.tm_mon], tm.tm_mday, tm.tm_year + 1900);
	return text;
}

static const char *
find_value(const char *name, size_t len)
{
	const struct {
		const char *name, *value;
	} values[] = {
	    {"VERSION", PACKAGE_VERSION},
	    {"DATE", release_day()},
	    {"SYSCONFDIR", NEWSD_SYSCONFDIR},
	    {"LOCALSTATEDIR", NEWSD_LOCALSTATEDIR},
	};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		if (strlen(values[i].name) == len && strncmp(values[i].name, name, len) == 0)
			return values[i].value;
	return NULL;
}

/* Whether LINE was expanded: 0 when it names something that isn't known. */
static int
expand_line(const char *line)
{
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		if (strcmp(line, tables[i].name) == 0) {
			tables[i].put();
			return 1;
		}
	}
	for (const char *s = line; *s;) {
		size_t len = *s == '@' ? strspn(s + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") : 0;
		if (len == 0 || s[1 + len] != '@') {
			putchar(*s++);
			continue;
		}
		const char *value = find_value(s + 1, len);
		if (!value)
			return 0;
		fputs(value, stdout);
		s += len + 2;
	}
	putchar('\n');
	return 1;
}

int
main(int argc, char **argv)
{
	FILE *in = argc == 2 ? fopen(argv[1], "r") : NULL;
	if (!in) {
		fprintf(stderr, "usage: mantable TEMPLATE >PAGE\n");
		return 2;
	}
	char line[LINE_MAX_BYTES];
	int number = 0, failed = 0;
	while (!failed && fgets(line, sizeof line, in)) {
		number++;
		line[strcspn(line, "\n")] = '\0';
		if (!expand_line(line)) {
			fprintf(stderr, "%s:%d: not known: %s\n", argv[1], number, line);
			failed = 1;
		}
	}
	failed |= ferror(in) | (fflush(stdout) != 0);
	fclose(in);
	return failed ? 1 : 0;
}
