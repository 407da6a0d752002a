/* rival: see rival.h. */
#include "rival.h"

#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "figures.h"

extern char **environ;

struct running {
	FILE *to, *from;
	pid_t pid;
	char version[64]; /* "" when it did not start */
};

static void
start_rival(struct running *r, char **argv)
{
	int in[2], out[2];
	posix_spawn_file_actions_t actions;
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		die("no pipe");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&r->pid, argv[0], &actions, NULL, argv, environ))
		r->pid = 0;
	posix_spawn_file_actions_destroy(&actions);
	close(in[0]);
	close(out[1]);
	r->to = fdopen(in[1], "w");
	r->from = fdopen(out[0], "r");
	if (!r->pid || !fgets(r->version, sizeof r->version, r->from))
		r->version[0] = '\0';
	r->version[strcspn(r->version, "\n")] = '\0';
}

static void
end_rival(struct running *r)
{
	fclose(r->to);
	fclose(r->from);
	if (r->pid)
		waitpid(r->pid, NULL, 0);
}

/* CPU of one pass, microseconds. */
static double
rival_pass(struct running *r)
{
	char line[64];
	fputc('\n', r->to);
	fflush(r->to);
	if (!fgets(line, sizeof line, r->from))
		die("the rival died");
	return strtod(line, NULL);
}

static char *
chosen(const char *variable, const char *otherwise)
{
	const char *value = getenv(variable);
	return mem_strdup(value ? value : otherwise);
}

void
rival_compare(const struct rival *rival, const char *heading, const struct samples *s,
    enum job_kind kind, const char *dir, unsigned pairs)
{
	struct running r = {0};
	struct pairs p = {.len = 0};
	struct dirent **names;
	char words[80];
	int n = scandir(dir, &names, NULL, alphasort), argc = 0;
	char **argv = mem_zalloc((size_t)(n + 3) * sizeof *argv);
	argv[argc++] = chosen(rival->interpreter, rival->otherwise);
	argv[argc++] = chosen(rival->script_variable, rival->script);
	for (int i = 0; i < n; free(names[i++]))
		if (names[i]->d_name[0] != '.' && (size_t)argc < s->len + 2)
			argv[argc++] = mem_printf("%s/%s", dir, names[i]->d_name);
	free(names);
	start_rival(&r, argv);
	if (!r.version[0]) {
		snprintf(words, sizeof words, "against %s", rival->name);
		printf("  %-42s SKIPPED: %s has no %s\n", words, argv[0], rival->name);
	} else {
		rival_pass(&r);
		for (unsigned i = 0; i < pairs; i++) {
			int64_t t0 = cpu_self_us();
			for (unsigned round = 0; round < rival->rounds; round++)
				documents_digest(s, kind, 0);
			int64_t t1 = cpu_self_us();
			pairs_add(&p, (double)(t1 - t0) / rival->rounds / (double)s->len,
			    rival_pass(&r) / (double)s->len);
		}
		pairs_heading(heading, "digest", rival->name);
		pairs_print(&p, "real", "us");
		printf("  %-42s %.0f times as fast as %s%s\n", "newsd is",
		    1 / pairs_median_ratio(&p), rival->name, r.version + strcspn(r.version, " "));
	}
	end_rival(&r);
	for (int i = 0; i < argc; i++)
		mem_free(argv[i]);
	mem_free(argv);
}
