/* The file of all defaults, written from the tables: what ships as etc/newsd.conf. */
#include <string.h>

#include "buf.h"
#include "config_parts.h"

#define WIDTH 100

/* Print TEXT as comment lines of at most WIDTH columns. */
static void
print_wrapped(FILE *out, const char *text)
{
	size_t column = 0;
	while (*text) {
		size_t n = strcspn(text, " ");
		if (column && column + 1 + n > WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		fprintf(out, "%s%.*s", column ? " " : "# ", (int)n, text);
		column += n + (column ? 1 : 2);
		text += n;
		text += strspn(text, " ");
	}
	if (column)
		fputc('\n', out);
}

/* 1 when the help alone does not say what may stand there. */
static int
wants_expected(const struct config_option *o)
{
	return o->type != CONFIG_STRING && o->type != CONFIG_PATH && o->type != CONFIG_LIST &&
	       o->type != CONFIG_HEADER && o->type != CONFIG_ADDRESS && o->type != CONFIG_PORT;
}

static void
print_option(FILE *out, const struct config_option *o)
{
	struct buf text;
	buf_init(&text, 4096);
	buf_add_str(&text, o->help);
	if (wants_expected(o)) {
		char expected[160];
		config_expected(o, expected, sizeof expected);
		buf_printf(&text, " Takes %s.", expected);
	}
	if (!o->reload)
		buf_add_str(&text, " A change needs a restart.");
	fputc('\n', out);
	print_wrapped(out, buf_str(&text));
	fprintf(out, "#%s =%s%s\n", o->name, *o->value ? " " : "", o->value);
	buf_clear(&text);
}

static void
print_options(FILE *out, const struct config_option *table)
{
	for (const struct config_option *o = table; o->name; o++) {
		if (o->heading)
			fprintf(out, "\n\n# ---- %s ----\n", o->heading);
		print_option(out, o);
	}
}

int
config_describe(FILE *out)
{
	print_wrapped(out,
	    "newsd.conf: the configuration of newsd(8). Every option stands here, commented out, "
	    "with its default. `newsd -n` checks the file; SIGHUP (systemctl reload newsd) makes a "
	    "running newsd read it again, and a file with a mistake leaves the old configuration "
	    "in force. See newsd.conf(5).");
	fputs("#\n", out);
	print_wrapped(out,
	    "A line is `name = value`. `#` at the start of a line or after a space begins a "
	    "comment. Lists are separated by spaces and may be continued by giving the option "
	    "again. Double quotes keep spaces and # in a value. Relative paths start from this "
	    "file's directory.");
	print_options(out, config_options);
	fputs("\n\n# ---- One feed ----\n\n", out);
	print_wrapped(out,
	    "A section at the end of the file holds for one feed, whichever way it was added. It "
	    "does not add the feed.");
	fputs("#[feed https://example.org/feed.xml]\n", out);
	print_options(out, config_feed_options);
	fputs("\n\n# ---- One host ----\n\n", out);
	print_wrapped(out,
	    "A section at the end of the file holds for all requests to one host: feeds, robots.txt, "
	    "pages. Names below it are hosts of their own.");
	fputs("#[host example.org]\n", out);
	print_options(out, config_host_options);
	return fflush(out) == 0 && !ferror(out) ? 0 : ERR_IO;
}
