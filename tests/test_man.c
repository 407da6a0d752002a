/*
 * test_man: the manual pages tell of everything that the code has. Expands the templates with the
 * program that the build uses (NEWSD_MANTABLE, else man/mantable) and looks for every row of every
 * table; then lets mandoc judge the pages, where it is installed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../daemon/newsctl/newsctl_priv.h"
#include "../daemon/service/service_priv.h"
#include "config.h"
#include "log.h"
#include "mem.h"
#include "outcome.h"
#include "schema.h"

extern char **environ;

static const char *const templates[] = {
    "newsd.8", "newsctl.1", "newsd.conf.5", "newsd-schema.5", "newsd-log.5"};
#define PAGES (sizeof templates / sizeof *templates)
enum page { NEWSD, NEWSCTL, CONF, SCHEMA, LOG };

static char dir[] = "/tmp/newsd-man.XXXXXX";
static char *pages[PAGES]; /* the text of each */

/* Run ARGV with its output in the file OUT (NULL: ours); returns the exit status, -1: not found. */
static int
run(const char *out, char *const argv[])
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status;
	posix_spawn_file_actions_init(&actions);
	if (out) {
		posix_spawn_file_actions_addopen(
		    &actions, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		posix_spawn_file_actions_adddup2(&actions, 1, 2);
	}
	int rc = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (rc != 0)
		return -1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static char *
read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	char *text = mem_zalloc((size_t)1 << 20);
	size_t n = fread(text, 1, ((size_t)1 << 20) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static char *
page_path(size_t i)
{
	return mem_printf("%s/%s", dir, templates[i]);
}

static int
make_pages(void **state)
{
	(void)state;
	const char *program = getenv("NEWSD_MANTABLE"), *src = getenv("srcdir");
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < PAGES; i++) {
		char *template = mem_printf("%s/man/%s.in", src ? src : ".", templates[i]),
		     *out = page_path(i);
		char *name = mem_strdup(program ? program : "man/mantable");
		char *argv[] = {name, template, NULL};
		if (run(out, argv) != 0) {
			print_error("%s %s failed\n", name, template);
			return -1;
		}
		pages[i] = read_file(out);
		mem_free(name);
		mem_free(template);
		mem_free(out);
	}
	return 0;
}

static int
remove_pages(void **state)
{
	(void)state;
	for (size_t i = 0; i < PAGES; i++) {
		char *path = page_path(i);
		unlink(path);
		mem_free(path);
		mem_free(pages[i]);
	}
	char *lint = mem_printf("%s/lint", dir);
	unlink(lint);
	mem_free(lint);
	return rmdir(dir);
}

/* Whether TEXT has a line that begins with START and NAME as a whole word. */
static int
has_row(const char *text, const char *start, const char *name)
{
	size_t start_len = strlen(start), len = strlen(name);
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, start, start_len) == 0 &&
		    strncmp(line + start_len, name, len) == 0 &&
		    strchr(" \n", line[start_len + len]))
			return 1;
	}
	return 0;
}

static void
expect_row(enum page page, const char *start, const char *name)
{
	if (!has_row(pages[page], start, name))
		fail_msg("%s has no row \"%s%s\"", templates[page], start, name);
}

/* The part of the page PAGE from its line HEADING to the next heading of the same kind. */
static char *
part(enum page page, const char *heading)
{
	char *line = mem_printf("\n%s\n", heading);
	const char *start = strstr(pages[page], line);
	mem_free(line);
	if (!start)
		fail_msg("%s has no line \"%s\"", templates[page], heading);
	char *next = mem_printf("\n%.4s", heading);
	const char *end = strstr(start + strlen(heading), next);
	mem_free(next);
	return mem_strndup(start, end ? (size_t)(end - start) : strlen(start));
}

static void
test_config_options(void **state)
{
	(void)state;
	char *global = part(CONF, ".Sh OPTIONS"), *feed = part(CONF, ".Sh OPTIONS OF ONE FEED"),
	     *host = part(CONF, ".Sh OPTIONS OF ONE HOST");
	for (const struct config_option *o = config_options; o->name; o++)
		assert_true(has_row(global, ".It Ic ", o->name));
	for (const struct config_option *o = config_feed_options; o->name; o++)
		assert_true(has_row(feed, ".It Ic ", o->name));
	for (const struct config_option *o = config_host_options; o->name; o++)
		assert_true(has_row(host, ".It Ic ", o->name));
	mem_free(global);
	mem_free(feed);
	mem_free(host);
}

static void
test_commands(void **state)
{
	(void)state;
	for (const struct ctl_command *c = ctl_commands; c->name; c++) {
		expect_row(NEWSCTL, ".Ic ", c->name);
		for (const struct ctl_option *o = c->options; o && o->name; o++) {
			char *name = mem_printf("\\-%s", o->name);
			expect_row(NEWSCTL, ".Op Fl ", name);
			mem_free(name);
		}
	}
	for (const struct ctl_option *o = ctl_global_options; o->name; o++) {
		char *name = mem_printf("\\-%s", o->name);
		char *start =
		    o->letter ? mem_printf(".It Fl %c , Fl ", o->letter) : mem_strdup(".It Fl ");
		expect_row(NEWSCTL, start, name);
		mem_free(name);
		mem_free(start);
	}
	for (int i = 0; i < CTL_EXIT_COUNT; i++) {
		char *number = mem_printf("%d", i);
		expect_row(NEWSCTL, ".It ", number);
		mem_free(number);
	}
}

static void
test_log(void **state)
{
	(void)state;
	char *events = part(LOG, ".Sh EVENTS"), *fields = part(LOG, ".Sh EVENT FIELDS");
	for (int i = 0; i < EV_COUNT; i++)
		assert_true(has_row(events, ".It Ic ", log_event_table[i].word));
	for (int i = 0; i < LF_COUNT; i++) {
		assert_true(has_row(fields, ".It Ic ", log_field_table[i].name));
		assert_non_null(strstr(fields, log_field_table[i].journal));
	}
	mem_free(events);
	mem_free(fields);
}

static void
test_outcomes(void **state)
{
	(void)state;
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		expect_row(LOG, ".It Cm ", outcome_table[i].name);
		expect_row(SCHEMA, ".It Cm ", outcome_table[i].name);
	}
}

static void
test_schema(void **state)
{
	(void)state;
	size_t rows = 0, expected = 0;
	for (const struct schema_view_row *v = schema_views; v->view; v++) {
		char *heading = mem_printf(".Ss %s", v->view), *view = part(SCHEMA, heading);
		for (const struct schema_doc_row *row = schema_doc; row->view; row++) {
			if (strcmp(row->view, v->view) != 0)
				continue;
			if (!has_row(view, ".It Ic ", row->column))
				fail_msg(
				    "newsd-schema.5: %s has no column %s", v->view, row->column);
			rows++;
		}
		mem_free(heading);
		mem_free(view);
	}
	for (const struct schema_doc_row *row = schema_doc; row->view; row++)
		expected++;
	assert_int_equal(rows, expected); /* every column belongs to a view that is listed */
}

/* The daemon's page is written by hand: what the issue of options and signals promises stands
 * there. */
static void
test_daemon(void **state)
{
	(void)state;
	static const char *const options[] = {"c , Fl \\-config", "n , Fl \\-check", "\\-once",
	    "\\-print-config", "\\-version", "\\-help"};
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		expect_row(NEWSD, ".It Fl ", options[i]);
	static const char *const signals[] = {"SIGHUP", "SIGUSR1", "SIGTERM"};
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		expect_row(NEWSD, ".It Dv ", signals[i]);
	for (const struct control_command *c = service_commands; c->name; c++)
		expect_row(NEWSD, ".It Cm ", c->name);
	static const char *const exits[] = {"0", "1", "2", "3"};
	for (size_t i = 0; i < sizeof exits / sizeof *exits; i++)
		expect_row(NEWSD, ".It ", exits[i]);
}

/* What `newsd --help` prints and what the page tells are the same options. */
static void
test_daemon_help(void **state)
{
	(void)state;
	const char *program = getenv("NEWSD");
	char *out = mem_printf("%s/lint", dir), *name = mem_strdup(program ? program : "./newsd");
	char *argv[] = {name, (char[]){"--help"}, NULL};
	int rc = access(name, X_OK) == 0 ? run(out, argv) : -1;
	mem_free(name);
	if (rc < 0) {
		print_message("newsd is not built: its --help was not compared\n");
		mem_free(out);
		skip();
	}
	assert_int_equal(rc, 0);
	char *text = read_file(out);
	mem_free(out);
	size_t options = 0;
	for (const char *at = text; (at = strstr(at, "--")); options++) {
		at += 2;
		size_t len = strspn(at, "abcdefghijklmnopqrstuvwxyz-");
		char *option = mem_printf("Fl \\-%.*s", (int)len, at);
		if (!strstr(pages[NEWSD], option))
			fail_msg("newsd.8 does not tell of --%.*s", (int)len, at);
		mem_free(option);
	}
	assert_true(options >= 4);
	static const char *const documented[] = {
	    "--config", "--check", "--once", "--print-config", "--version", "--help"};
	for (size_t i = 0; i < sizeof documented / sizeof *documented; i++)
		if (!strstr(text, documented[i]))
			fail_msg("newsd --help does not tell of %s", documented[i]);
	mem_free(text);
}

/* Nothing was left unexpanded, and no page names another that is not there. */
static void
test_expanded(void **state)
{
	(void)state;
	for (size_t i = 0; i < PAGES; i++) {
		const char *at = pages[i];
		while ((at = strchr(at, '@'))) {
			size_t len = strspn(at + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
			if (len > 0 && at[1 + len] == '@')
				fail_msg("%s: %.40s", templates[i], at);
			at++;
		}
	}
}

static void
test_unknown_name(void **state)
{
	(void)state;
	const char *program = getenv("NEWSD_MANTABLE");
	char *path = mem_printf("%s/lint", dir),
	     *name = mem_strdup(program ? program : "man/mantable");
	char *template = mem_printf("%s/bad.in", dir);
	FILE *f = fopen(template, "w");
	assert_non_null(f);
	fputs(".Sh NAME\n@NO_SUCH_TABLE@\n", f);
	fclose(f);
	char *argv[] = {name, template, NULL};
	assert_int_equal(run(path, argv), 1);
	unlink(template);
	mem_free(path);
	mem_free(name);
	mem_free(template);
}

/* A finding of mandoc that says something of the page, and not of the machine's index of pages. */
static int
is_finding(const char *line)
{
	/* which other manuals are installed is the machine's affair */
	return strncmp(line, "mandoc: ", 8) == 0 && !strstr(line, "outdated mandoc.db") &&
	       !strstr(line, "referenced manual not found");
}

static void
test_lint(void **state)
{
	(void)state;
	char *out = mem_printf("%s/lint", dir);
	for (size_t i = 0; i < PAGES; i++) {
		char *path = page_path(i);
		char *argv[] = {
		    (char[]){"mandoc"}, (char[]){"-Tlint"}, (char[]){"-Wstyle"}, path, NULL};
		if (run(out, argv) < 0) {
			print_message("mandoc is not installed: the pages were not linted\n");
			mem_free(path);
			mem_free(out);
			skip();
		}
		char *text = read_file(out), *rest = text, *line;
		while ((line = strsep(&rest, "\n")))
			if (is_finding(line))
				fail_msg("%s", line);
		mem_free(text);
		mem_free(path);
	}
	mem_free(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_config_options),
	    cmocka_unit_test(test_commands),
	    cmocka_unit_test(test_log),
	    cmocka_unit_test(test_outcomes),
	    cmocka_unit_test(test_schema),
	    cmocka_unit_test(test_daemon),
	    cmocka_unit_test(test_daemon_help),
	    cmocka_unit_test(test_expanded),
	    cmocka_unit_test(test_unknown_name),
	    cmocka_unit_test(test_lint),
	};
	return cmocka_run_group_tests(tests, make_pages, remove_pages);
}
