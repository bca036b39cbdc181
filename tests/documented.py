#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""documented.py MANUAL SECTION=FILE...: whether JSON documents are exactly what a manual says.

The manual describes each member in one line, `.It Va NAME Pq TYPE`, in a section `.Ss SECTION`.
NAME is a path: a.b for objects in objects, a[].b for objects in lists. TYPE is one or more of
boolean, number, string, object, null, `list of TYPE`, `map of TYPE`, the name of another section,
or a literal text, with | in between. Every member of a document must be described, and every
described one must be there.
"""
import json
import re
import sys


def read_manual(path):
    sections, members = {}, None
    for line in open(path, encoding='utf-8'):
        if found := re.match(r'\.Ss (.*)$', line):
            # one section may stand for several commands
            members = {}
            for name in found[1].split(' , '):
                sections[name] = members
        elif line.startswith('.Sh'):
            members = None
        elif members is not None and (found := re.match(r'\.It Va (\S+) Pq (.*)$', line)):
            members[found[1]] = found[2].split(' | ')
    return sections


class Checker:
    def __init__(self, sections):
        self.sections = sections
        self.problems = []

    def complain(self, where, what):
        self.problems.append(f'{where}: {what}')

    def is_of(self, value, kind, members, path, where):
        """Whether the value is of this one type; looks into objects and lists."""
        if kind.startswith('list of '):
            if not isinstance(value, list):
                return False
            for item in value:
                self.check(item, [kind[len('list of '):]], members, path + '[]', where + '[]')
            return True
        if kind.startswith('map of '):
            return isinstance(value, dict) and all(
                self.is_of(item, kind[len('map of '):], members, path, where)
                for item in value.values())
        if kind == 'object' or kind in self.sections:
            # a literal text may be called like a section
            if not isinstance(value, dict):
                return value == kind and kind != 'object'
            if kind == 'object':
                self.check_members(value, members, path + '.', where)
            else:
                self.check_members(value, self.sections[kind], '', where)
            return True
        return {
            'null': value is None,
            'boolean': isinstance(value, bool),
            'number': isinstance(value, (int, float)) and not isinstance(value, bool),
            'string': isinstance(value, str),
        }.get(kind, value == kind)

    def check(self, value, kinds, members, path, where):
        if not any(self.is_of(value, kind, members, path, where) for kind in kinds):
            self.complain(where, f'expected {" | ".join(kinds)}, found {json.dumps(value)[:80]}')

    def check_members(self, value, members, prefix, where):
        described = {name[len(prefix):]: kinds for name, kinds in members.items()
                     if name.startswith(prefix) and not re.search(r'[.\[]', name[len(prefix):])}
        for name in value.keys() - described.keys():
            self.complain(where, f'{name} is not described')
        for name in described.keys() - value.keys():
            self.complain(where, f'{name} is described and missing')
        for name in described.keys() & value.keys():
            self.check(value[name], described[name], members, prefix + name, f'{where}.{name}')


def main(manual, *documents):
    checker = Checker(read_manual(manual))
    for document in documents:
        section, path = document.split('=', 1)
        text = open(path, encoding='utf-8').read()
        if not checker.sections.get(section):
            checker.complain(section, 'no such section, or an empty one')
        else:
            checker.check(json.loads(text), [section], {}, '', section)
    for problem in checker.problems:
        print(problem)
    return 1 if checker.problems else 0


sys.exit(main(*sys.argv[1:]))
