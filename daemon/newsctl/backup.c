/* newsctl backup: a copy of the store as it is at one moment, while newsd may go on writing. */
#include "newsctl_priv.h"

#include <json-c/json.h>
#include <signal.h>
#include <unistd.h>

#include "clock.h"

#define BAR_WIDTH 40

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

/* So that a copy that is broken off leaves nothing behind. */
static void
catch_interrupts(void)
{
	struct sigaction action = {.sa_handler = on_interrupt};
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

struct bar {
	int is_shown; /* standard error is a terminal */
	int percent;  /* as it is shown; -1: nothing yet */
};

static int
on_progress(int64_t done, int64_t total, void *arg)
{
	struct bar *bar = arg;
	int percent = total > 0 ? (int)(done * 100 / total) : 100;
	if (bar->is_shown && percent != bar->percent) {
		int filled = percent * BAR_WIDTH / 100;
		fprintf(stderr, "\r[%.*s%*s] %3d %%", filled,
		    "########################################", BAR_WIDTH - filled, "", percent);
		fflush(stderr);
		bar->percent = percent;
	}
	return interrupted;
}

static void
end_bar(const struct bar *bar)
{
	if (bar->is_shown && bar->percent >= 0)
		fprintf(stderr, "\r%*s\r", BAR_WIDTH + 8, "");
}

enum ctl_exit
ctl_run_backup(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	struct store *store;
	enum ctl_exit status = ctl_open_store(ctl, &store);
	if (status != CTL_OK)
		return status;
	struct bar bar = {.is_shown = !ctl->json && isatty(STDERR_FILENO), .percent = -1};
	struct store_copy copy = {.file = argv[0],
	    .force = ctl_get(ctl, "force") != NULL,
	    .progress = on_progress,
	    .arg = &bar};
	int64_t start = clock_mono_ms();
	catch_interrupts();
	int rc = store_backup(store, &copy);
	end_bar(&bar);
	int64_t ms = clock_mono_ms() - start;
	if (rc) {
		status = ctl_complain_store(store);
	} else if (ctl->json) {
		struct json_object *o = json_object_new_object();
		ctl_put_str(o, "path", ctl_store_path(ctl));
		ctl_put_str(o, "backup", copy.file);
		ctl_put_int(o, "bytes", copy.bytes);
		ctl_put_int(o, "ms", ms);
		ctl_print_json(stdout, o);
	} else {
		printf("%s: %.1f MB in %.1f s\n", copy.file, (double)copy.bytes / 1e6,
		    (double)ms / 1000);
	}
	store_close(store);
	return status;
}
