/*
 * newsctl: queries and steers newsd. The main: reads the command line by the tables of
 * daemon/newsctl/commands.c and calls the command. With --worker as its first argument it is a
 * sandboxed parser instead, as newsd is: so it can start its own.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cells.h"
#include "mem.h"
#include "newsctl/newsctl_priv.h"
#include "text.h"
#include "worker.h"

#define OPTIONS_MAX 16 /* of one command and all commands together */

/* The tables as getopt_long wants them; `from` has the same order as `longs`. */
struct options {
	struct option longs[OPTIONS_MAX + 1];
	const struct ctl_option *from[OPTIONS_MAX];
	char letters[3 * OPTIONS_MAX + 3];
	int count;
};

static void
add_options(struct options *all, const struct ctl_option *table)
{
	size_t at = strlen(all->letters);
	for (const struct ctl_option *o = table; o && o->name && all->count < OPTIONS_MAX; o++) {
		all->longs[all->count] = (struct option){
		    .name = o->name,
		    .has_arg = o->arg ? required_argument : no_argument,
		    .val = o->letter,
		};
		all->from[all->count++] = o;
		if (o->letter)
			all->letters[at++] = o->letter;
		if (o->letter && o->arg)
			all->letters[at++] = ':';
	}
	all->letters[at] = '\0';
}

/* Complain about the word of ARGV that getopt_long could not take. */
static enum ctl_exit
complain_option(const struct options *all, char **argv, int what)
{
	char letter[] = {'-', (char)optopt, '\0'};
	const char *word = argv[optind - 1];
	if (optopt && strchr(all->letters, optopt) == NULL && strncmp(word, "--", 2) != 0)
		word = letter;
	if (what == ':') {
		ctl_complain("%s wants a value", word);
		return CTL_USAGE;
	}
	const char *near = NULL;
	size_t distance = 3;
	for (int i = 0; i < all->count && strncmp(word, "--", 2) == 0; i++) {
		size_t d = text_distance(word + 2, all->from[i]->name);
		if (d < distance) {
			distance = d;
			near = all->from[i]->name;
		}
	}
	ctl_complain("unknown option %s%s%s", word,
	    near ? "; did you mean --" : "; see newsctl help", near ? near : "");
	return CTL_USAGE;
}

/* Take the options of ARGV, up to the first argument when ctl has no command yet. */
static enum ctl_exit
take_options(struct ctl *ctl, int argc, char **argv)
{
	/* A leading + stops at the first argument; the : tells a missing value from an unknown
	 * option. */
	struct options all = {.letters = "+:"};
	if (ctl->command)
		memcpy(all.letters, ":", 2);
	add_options(&all, ctl_global_options);
	if (ctl->command)
		add_options(&all, ctl->command->options);
	optind = 0; /* start afresh (glibc) */
	opterr = 0;
	for (;;) {
		int index = -1;
		int what = getopt_long(argc, argv, all.letters, all.longs, &index);
		if (what == -1)
			return CTL_OK;
		if (what == '?' || what == ':')
			return complain_option(&all, argv, what);
		for (int i = 0; index < 0 && i < all.count; i++)
			if (all.from[i]->letter == what)
				index = i;
		ctl_give(ctl, all.from[index], all.from[index]->arg ? optarg : NULL);
	}
}

static enum ctl_exit
check_arguments(const struct ctl_command *c, int argc, char **argv)
{
	if (argc < c->args_min)
		ctl_complain("%s: expected %s; see newsctl help %s", c->name, c->args, c->name);
	else if (c->args_max >= 0 && argc > c->args_max)
		ctl_complain("%s: \"%s\" is one argument too many; see newsctl help %s", c->name,
		    argv[c->args_max], c->name);
	else
		return CTL_OK;
	return CTL_USAGE;
}

/* The command that WORD names, or NULL after a complaint. */
static const struct ctl_command *
find_command(const char *word)
{
	const struct ctl_command *c = ctl_find_command(word);
	if (!c) {
		const char *near = ctl_nearest_command(word);
		ctl_complain("there is no command \"%s\"%s%s%s; see newsctl help", word,
		    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	}
	return c;
}

static enum ctl_exit
run(struct ctl *ctl, int argc, char **argv)
{
	if (take_options(ctl, argc, argv) != CTL_OK)
		return CTL_USAGE;
	if (ctl_get(ctl, "version")) {
		puts("newsctl " PACKAGE_VERSION);
		return CTL_OK;
	}
	if (optind == argc || ctl_get(ctl, "help")) {
		int asked = ctl_get(ctl, "help") != NULL;
		ctl_print_usage(asked ? stdout : stderr);
		return asked ? CTL_OK : CTL_USAGE;
	}
	argv += optind;
	argc -= optind;
	ctl->command = find_command(argv[0]);
	if (!ctl->command || take_options(ctl, argc, argv) != CTL_OK)
		return CTL_USAGE;
	if (ctl_get(ctl, "help")) {
		ctl_print_help(stdout, ctl->command);
		return CTL_OK;
	}
	argv += optind;
	argc -= optind;
	ctl->separator = ctl_get(ctl, "csv") ? CELLS_CSV : ctl_get(ctl, "tsv") ? CELLS_TSV : 0;
	ctl->json = ctl->separator || ctl_get(ctl, "json") != NULL;
	if (check_arguments(ctl->command, argc, argv) != CTL_OK)
		return CTL_USAGE;
	return ctl->command->run(ctl, argc, argv);
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--worker") == 0)
		return worker_main();
	struct ctl ctl = {0};
	enum ctl_exit status = run(&ctl, argc, argv);
	ctl_clear(&ctl);
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == CTL_OK) {
		ctl_complain("standard output: %s", strerror(errno));
		status = CTL_FAILED;
	}
	return (int)status;
}
