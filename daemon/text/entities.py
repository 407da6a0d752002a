#!/usr/bin/env python3
"""Write daemon/text/entities.h: the named character references of the HTML standard, from the copy
of its list that Python carries. Run by hand when the list changes (it has not since 2011):

    python3 daemon/text/entities.py > daemon/text/entities.h
"""
import html.entities

names = {}
for name, value in html.entities.html5.items():
    plain = name.rstrip(";")
    legacy = not name.endswith(";")
    names[plain] = (value, legacy or names.get(plain, ("", False))[1])

print("""/*
 * The named character references of the HTML standard, sorted by name. Made by entities.py.
 */
/* clang-format off */
#ifndef NEWSD_TEXT_ENTITIES_H
#define NEWSD_TEXT_ENTITIES_H

#include <stdint.h>

#define ENTITY_NAME_MAX %d

static const struct entity {
	uint16_t name;       /* offset in entity_names */
	uint16_t second;     /* second code point, 0: none */
	uint32_t first : 31;
	uint32_t legacy : 1; /* also without the semicolon */
} entities[] = {""" % max(map(len, names)))
offset, line = 0, "\t"
for name in sorted(names):
    value, legacy = names[name]
    points = [ord(c) for c in value]
    second = points[1] if len(points) > 1 else 0
    assert len(points) <= 2 and second < 0x10000 and offset < 0x10000
    item = "{%d,%d,%d,%d}," % (offset, second, points[0], legacy)
    if len(line) + len(item) > 92:
        print(line)
        line = "\t"
    line += item
    offset += len(name) + 1
print(line + "\n};\n\nstatic const char entity_names[] =")
line = ""
for name in sorted(names):
    if len(line) + len(name) + 2 > 88:
        print('\t"%s"' % line)
        line = ""
    line += name + "\\0"
print('\t"%s";\n\n#endif' % line)
