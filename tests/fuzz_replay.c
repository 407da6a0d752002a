/*
 * fuzz_replay: the main of a fuzz harness in a build without libFuzzer. Gives every file of the
 * named directories to the harness once whole and cut at seven places: the hostile samples that
 * were found once are tried in every `make check`. Each document lies in a block of exactly its
 * size, so that a sanitizer sees one byte read too far.
 *
 * Options (words that begin with '-') are for libFuzzer and are passed over.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mem.h"

#define CUTS 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

static void
try_document(const uint8_t *data, size_t size)
{
	for (size_t cut = 1; cut <= CUTS; cut++) {
		size_t len = size / CUTS * cut + (cut == CUTS ? size % CUTS : 0);
		uint8_t *copy = malloc(len ? len : 1);

		if (!copy)
			abort();
		memcpy(copy, data, len);
		LLVMFuzzerTestOneInput(copy, len);
		free(copy);
	}
}

/* Returns 0 when PATH could not be read. */
static int
try_file(const char *path, size_t size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = mem_alloc(size);
	int whole = f && fread(data, 1, size, f) == size;

	if (whole)
		try_document(data, size);
	else
		perror(path);
	if (f)
		fclose(f);
	mem_free(data);
	return whole;
}

/* Returns how many documents of DIRECTORY were tried, -1 when one could not be read. */
static int
try_directory(const char *directory)
{
	DIR *d = opendir(directory);
	struct dirent *entry;
	int tried = 0;

	if (!d) {
		perror(directory);
		return -1;
	}
	while (tried >= 0 && (entry = readdir(d))) {
		char *path = mem_printf("%s/%s", directory, entry->d_name);
		struct stat st;

		if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
			tried = try_file(path, (size_t)st.st_size) ? tried + 1 : -1;
		mem_free(path);
	}
	closedir(d);
	return tried;
}

int
main(int argc, char **argv)
{
	int total = 0;

	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == '-')
			continue;
		int tried = try_directory(argv[i]);

		if (tried < 0)
			return 1;
		total += tried;
	}
	printf("# %d documents, each whole and cut at %d places\n", total, CUTS - 1);
	return total == 0;
}
