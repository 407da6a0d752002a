/* newsctl, help: prints the tables of commands.c for people. */
#include "newsctl_priv.h"

#include "mem.h"

#define HELP_WIDTH 79

static void
print_option(FILE *out, const struct ctl_option *o)
{
	char head[64], letter[] = {'-', o->letter, ',', ' ', '\0'};
	snprintf(head, sizeof head, "%s--%s%s%s", o->letter ? letter : "", o->name,
	    o->arg ? " " : "", o->arg ? o->arg : "");
	fprintf(out, "  %s\n", head);
	ctl_print_wrapped(out, o->help, HELP_WIDTH, 6);
}

static void
print_options(FILE *out, const char *heading, const struct ctl_option *options)
{
	fprintf(out, "\n%s:\n", heading);
	for (const struct ctl_option *o = options; o->name; o++)
		print_option(out, o);
}

static void
print_synopsis(FILE *out, const struct ctl_command *c)
{
	fprintf(out, "newsctl %s", c->name);
	for (const struct ctl_option *o = c->options; o && o->name; o++)
		fprintf(out, " [--%s%s%s]%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "",
		    o->many ? "..." : "");
	fprintf(out, "%s%s\n", *c->args ? " " : "", c->args);
}

void
ctl_print_usage(FILE *out)
{
	fputs("usage: newsctl [OPTION]... COMMAND [ARGUMENT]...\n\n"
	      "Query and steer newsd, the news ingestion daemon.\n\n"
	      "Commands (newsctl help COMMAND tells more):\n",
	    out);
	for (const struct ctl_command *c = ctl_commands; c->name; c++)
		fprintf(out, "  %-8s %s\n", c->name, c->help);
	print_options(out, "Options", ctl_global_options);
	fputs("\nExit status:\n", out);
	for (int i = 0; i < CTL_EXIT_COUNT; i++) {
		char *text = mem_printf("%d  %s", i, ctl_exit_help[i]);
		ctl_print_wrapped(out, text, HELP_WIDTH, 2);
		mem_free(text);
	}
}

void
ctl_print_help(FILE *out, const struct ctl_command *c)
{
	fputs("usage: ", out);
	print_synopsis(out, c);
	fprintf(out, "\n%s: %s.\n\n", c->name, c->help);
	ctl_print_wrapped(out, c->details, HELP_WIDTH, 0);
	if (c->options)
		print_options(out, "Options", c->options);
	fputs("\nExample:\n", out);
	ctl_print_wrapped(out, c->example, 0, 2);
	fputs("\nThe options --config, --json, --store and --socket hold for every command: "
	      "newsctl help.\n",
	    out);
}

enum ctl_exit
ctl_run_help(struct ctl *ctl, int argc, char **argv)
{
	(void)ctl;
	if (argc == 0) {
		ctl_print_usage(stdout);
		return CTL_OK;
	}
	const struct ctl_command *c = ctl_find_command(argv[0]);
	if (!c) {
		const char *near = ctl_nearest_command(argv[0]);
		ctl_complain("there is no command \"%s\"%s%s%s", argv[0],
		    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
		return CTL_USAGE;
	}
	ctl_print_help(stdout, c);
	return CTL_OK;
}
