/* errors: see include/errors.h. */
#include "errors.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static const struct {
	int code;
	const char *name;
} error_names[] = {
    {ERR_OK, "ok"},
    {ERR_INPUT, "bad_input"},
    {ERR_LIMIT, "limit"},
    {ERR_IO, "io"},
    {ERR_SYSTEM, "system"},
    {ERR_NOT_FOUND, "not_found"},
    {ERR_BUSY, "busy"},
    {ERR_VERSION, "version"},
    {ERR_FULL, "disk_full"},
    {ERR_UNSUPPORTED, "unsupported"},
    {ERR_TIMEOUT, "timeout"},
    {ERR_CRASHED, "crashed"},
    {ERR_DENIED, "denied"},
    {ERR_CORRUPT, "corrupt"},
    {ERR_READONLY, "read_only"},
    {ERR_ENCODING, "bad_encoding"},
};

const char *
error_name(int code)
{
	for (size_t i = 0; i < sizeof error_names / sizeof *error_names; i++)
		if (error_names[i].code == code)
			return error_names[i].name;
	return "unknown";
}

int
error_of_file(int error)
{
	return error == ENOENT || error == ENOTDIR ? ERR_NOT_FOUND
	       : error == EACCES                   ? ERR_DENIED
						   : ERR_IO;
}

int
fault_set(struct fault *f, int code, const char *fmt, ...)
{
	if (!f)
		return code;
	f->code = code;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof f->text, fmt, ap);
	va_end(ap);
	for (char *p = f->text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	return code;
}
