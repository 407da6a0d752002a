/* newsd: the daemon's command line. `--worker` as the first argument makes it a worker process,
 * `--check-store FILE` the child that checks a store after an unclean end. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "service.h"
#include "worker.h"

static const struct {
	struct option option;
	const char *argument, *help;
} options[] = {
    {{"config", required_argument, NULL, 'c'}, "FILE", "read this configuration file"},
    {{"check", no_argument, NULL, 'n'}, NULL,
	"check the configuration and the lists of feeds, and exit"},
    {{"once", no_argument, NULL, 'o'}, NULL,
	"poll every feed once, fetch the pages, and exit (never against a Retry-After)"},
    {{"print-config", no_argument, NULL, 'p'}, NULL,
	"print a configuration file with all defaults, and exit"},
    {{"version", no_argument, NULL, 'V'}, NULL, "print the version, and exit"},
    {{"help", no_argument, NULL, 'h'}, NULL, "print this help, and exit"},
};
#define OPTIONS (sizeof options / sizeof *options)

static void
print_help(void)
{
	printf("Usage: newsd [OPTION]...\n"
	       "Poll news feeds, fetch and extract their articles, and store them in SQLite.\n\n");
	for (size_t i = 0; i < OPTIONS; i++) {
		char names[64];
		int letter = options[i].option.val == 'c' || options[i].option.val == 'n';
		snprintf(names, sizeof names, "%s%c%s--%s%s%s", letter ? "-" : " ",
		    letter ? options[i].option.val : ' ', letter ? ", " : "  ",
		    options[i].option.name, options[i].argument ? " " : "",
		    options[i].argument ? options[i].argument : "");
		printf("  %-22s %s\n", names, options[i].help);
	}
	printf(
	    "\nSignals: HUP reloads, USR1 reopens the log, TERM stops.\n"
	    "Exit status: 0 ok, 1 failed, 2 usage or configuration, 3 store or socket in use.\n\n"
	    "Example: newsd -c ~/newsd.conf --once\n"
	    "See newsd(8), newsd.conf(5), newsctl(1).\n");
}

int
main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--worker"))
		return worker_main();
	if (argc == 3 && !strcmp(argv[1], "--check-store"))
		return service_check_store(argv[2]);
	struct option longs[OPTIONS + 1] = {{0}};
	for (size_t i = 0; i < OPTIONS; i++)
		longs[i] = options[i].option;
	struct service_options run = {0};
	int check = 0;
	for (int c; (c = getopt_long(argc, argv, "c:nh", longs, NULL)) != -1;) {
		switch (c) {
		case 'c':
			run.config_path = optarg;
			break;
		case 'n':
			check = 1;
			break;
		case 'o':
			run.once = 1;
			break;
		case 'p':
			return config_describe(stdout) ? SERVICE_FAILED : SERVICE_OK;
		case 'V':
			printf("newsd %s\n", PACKAGE_VERSION);
			return SERVICE_OK;
		case 'h':
			print_help();
			return SERVICE_OK;
		default:
			fprintf(stderr, "Try `newsd --help`.\n");
			return SERVICE_CONFIG;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "newsd: unexpected argument \"%s\"; try `newsd --help`\n",
		    argv[optind]);
		return SERVICE_CONFIG;
	}
	struct config *config;
	struct fault f;
	if (config_load(&config, run.config_path, &f)) {
		fprintf(stderr, "newsd: %s\n", f.text);
		return SERVICE_CONFIG;
	}
	if (check) {
		int status = service_check(config);
		config_free(config);
		return status;
	}
	return service_run(config, &run);
}
