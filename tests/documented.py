#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""documented.py MANUAL SECTION=FILE...: whether JSON documents are exactly what a manual says.
documented.py --metrics MANUAL METRICS: likewise the metrics that `xfrmctl metrics --json` prints.
documented.py --words ROOT: whether sources, pages and tests do without words that gave way to others,
and whether the files and functions that src/README.md leads to are there.

The manual describes each member in one line, `.It Va NAME Pq TYPE`, in a section `.Ss SECTION`.
NAME is a path: a.b for objects in objects, a[].b for objects in lists. TYPE is one or more of
boolean, number, string, object, null, `list of TYPE`, `map of TYPE`, the name of another section,
or a literal text, with | in between. Every member of a document must be described, and every
described one must be there. A metric is `.It Li NAME Pq LABEL , LABEL` in the section `.Sh METRICS`, with its
help behind it.
"""
import json
import pathlib
import re
import sys

# Words of our own and what stands for each now: a term of the field, or a plainer word.
WORDS = {
    'ladder': 'fallback policies',
    'rung': 'fallback policy',
    'exotic': 'unsupported',
    'setup_load': 'settings',
    'reload_exchange': 'settings_swap',
    'policy_guard': 'foreign_policies',
    'sa_guard': 'foreign_sa_changes',
    'spd_keeper': 'installed_spd',
    'measure_': 'metrics',
    'trial': 'try',
    'decides(': 'has_lower_address',
    'heard_spi': 'listen_spi',
    'stranger': 'first contact (spd), uninvited peer (ike)',
    'kick': 'refresh',
    'resend': 'refresh, or queued_at_subnet',
    'ready_spi': 'takeover_spi',
    'held_back': 'in_backoff',
}
# The JSON key and the label of a metric stay what they are for those who read them.
KEPT = re.compile(r'\\?"exotic\\?"|Va exotic|: exotic: expected|"held_back"')


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


def word_pattern(word):
    """As a word or a part of a name, in any case; what ends in punctuation is the beginning of one."""
    end = r'(?:e?s|ed|ing)?(?![a-z])' if word[-1].isalpha() else ''
    begin = r'(?<![a-z_])' if word.endswith('_') else r'(?<![a-z])'
    return begin + re.escape(word) + end


def find_words(root, words):
    """Complaints about each line of a file that people read and write."""
    pattern = re.compile('|'.join(f'({word_pattern(word)})' for word in words), re.IGNORECASE)
    files = [root / 'README.md']
    for folder in 'src', 'include', 'tests':
        files += sorted((root / folder).rglob('*'))
    for path in files:
        place = path.relative_to(root)
        if (not path.is_file() or path.suffix == '.pyc' or path.samefile(__file__)
                or place.is_relative_to('tests/data') or 'corpus' in place.parts):
            continue
        for number, line in enumerate(path.read_text(errors='replace').splitlines(), 1):
            if found := pattern.search(KEPT.sub('', line)):
                word, instead = list(words.items())[found.lastindex - 1]
                yield f'{place}:{number}: {word}: now {instead}'


def find_dead_ends(root):
    """`FOLDER/FILE.c` and `FOLDER/FILE.c: FUNCTION()` of src/README.md that lead nowhere."""
    page = (root / 'src/README.md').read_text(encoding='utf-8')
    for name, function in re.findall(r'`((?:[a-z]+/)+[a-z_.]+\.[a-z0-9]+)(?:: (\w+)\(\))?`', page):
        files = [base / name for base in (root, root / 'src') if (base / name).is_file()]
        if not files:
            yield f'src/README.md: {name}: not there'
        elif function and not re.search(rf'^[a-z].*\b{function}\(', files[0].read_text(encoding='utf-8'), re.M):
            yield f'src/README.md: {name}: has no function {function}()'


def check_words(root):
    problems = [*find_words(pathlib.Path(root), WORDS), *find_dead_ends(pathlib.Path(root))]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


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


def read_metrics(path):
    """Names of labels and the help of each."""
    section = re.search(r'^\.Sh METRICS\n(.*?)^\.Sh ', open(path, encoding='utf-8').read(), re.M | re.S)
    return {name: (set(labels.split(' , ')) - {''}, without_macros(text))
            for name, labels, text in re.findall(
                r'^\.It Li (\S+)(?: Pq (.*))?\n((?:(?!\.It |\.El).*\n)+)', section[1], re.M)}


def without_macros(text):
    return ' '.join(re.sub(r'^\.[A-Z][a-z] ', '', text, flags=re.M).replace(' ;', ';').split())


def check_metrics(manual, metrics):
    described = read_metrics(manual)
    printed = {family['name']: family for family in json.load(open(metrics, encoding='utf-8'))['metrics']}
    problems = [f'{name} is not described' for name in printed.keys() - described.keys()]
    problems += [f'{name} is described and missing' for name in described.keys() - printed.keys()]
    for name in described.keys() & printed.keys():
        labels, text = described[name]
        used = {label for sample in printed[name]['samples'] for label in sample['labels']} - {'le'}
        if printed[name]['samples'] and used != labels:
            problems.append(f'{name} has the labels {sorted(used)}, described are {sorted(labels)}')
        if printed[name]['help'].replace('`', '') != text:
            problems.append(f'{name} is described otherwise: {printed[name]["help"]}')
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if sys.argv[1] == '--metrics':
    sys.exit(check_metrics(*sys.argv[2:]))
if sys.argv[1] == '--words':
    sys.exit(check_words(sys.argv[2]))
sys.exit(main(*sys.argv[1:]))
