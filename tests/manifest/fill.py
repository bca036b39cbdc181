#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""fill.py MANIFEST FOLDER: writes m.yml, the manifest with the PEM files of the folder where it names
them, and `expected`, the lines of it that speak to `run`. There LINE is the number of the line above,
NEXT that of the line below, in m.yml."""
import re
import sys

manifest, folder = sys.argv[1:]


def read(name):
    with open(f'{folder}/{name}.pem', encoding='ascii') as file:
        return file.read()


def parts(line):
    if whole := re.fullmatch(r'(\s*)@(\w+)@\n', line):
        return [f'{whole[1]}{part}\n' for part in read(whole[2]).splitlines()]
    return [re.sub(r'@(\w+):n@', lambda found: read(found[1]).replace('\n', '\\n'), line)]


filled, expected = [], []
with open(manifest, encoding='utf-8', errors='surrogateescape', newline='') as lines:
    for line in lines:
        if re.match('#[:=!] ', line):
            expected.append(line.rstrip('\r\n').replace('LINE', str(len(filled))).replace('NEXT', str(len(filled) + 1)))
        else:
            filled += parts(line)
with open('m.yml', 'w', encoding='utf-8', errors='surrogateescape', newline='') as file:
    file.writelines(filled)
with open('expected', 'w', encoding='utf-8') as file:
    file.writelines(f'{line}\n' for line in expected)
