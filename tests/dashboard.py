#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""dashboard.py DASHBOARD METRICS: whether a dashboard of Grafana asks for all that there is and nothing else.

METRICS is what `xfrmctl metrics --json` prints. Prints the expressions as rules, in which promtool
finds errors of syntax; complains on standard error, exit status 1.
"""
import json
import re
import sys
from itertools import combinations

# of Prometheus, which adds it; every expression is about the hosts that were chosen
ADDED = {'instance'}
SOURCE = {'type': 'prometheus', 'uid': '${datasource}'}
COLUMNS = 24


class Checker:
    def __init__(self, metrics):
        self.problems = []
        self.labels = {}
        self.families = [family['name'] for family in metrics]
        for family in metrics:
            self.labels[family['name']] = set()
            for sample in family['samples']:
                self.labels.setdefault(sample['name'], set()).update(sample['labels'])

    def check(self, good, where, what):
        if not good:
            self.problems.append(f'{where}: {what}')

    def check_expression(self, where, expression, legend=''):
        there, shown = set(ADDED), set()
        for name, _, matchers in re.findall(r'(xfrmd_[a-z_]+)(\{([^}]*)\})?', expression):
            labels = self.labels.get(name)
            self.check(labels is not None, where, f'no metric {name}')
            there |= labels or set()
            for label in re.findall(r'(\w+) *(?:=~|!~|!=|=)', matchers):
                self.check(label in ADDED | (labels or set()), where, f'{name} has no label {label}')
        for group in re.findall(r'\bby \(([^)]*)\)', expression):
            shown = set(group.replace(' ', '').split(','))
            self.check(shown <= there, where, f'no labels {shown - there}')
        if not re.search(r'\bby \(', expression):
            shown = there
        for label in re.findall(r'\{\{(\w+)\}\}', legend):
            self.check(label in shown, where, f'the legend names {label}')

    def check_panel(self, panel):
        where = panel['title']
        place = panel['gridPos']
        self.check(0 <= place['x'] and place['x'] + place['w'] <= COLUMNS, where, 'too wide')
        self.check(panel['datasource'] == SOURCE, where, 'other data source')
        self.check(panel['fieldConfig']['defaults'].get('unit'), where, 'no unit')
        references = [target['refId'] for target in panel['targets']]
        self.check(len(set(references)) == len(references) > 0, where, f'targets {references}')
        for target in panel['targets']:
            self.check(target['datasource'] == SOURCE, where, 'other data source')
            self.check('instance=~"$instance"' in target['expr'], where, 'not of the chosen hosts')
            self.check_expression(where, target['expr'], target.get('legendFormat', ''))

    def check_dashboard(self, dashboard):
        panels = dashboard['panels']
        ids = [panel['id'] for panel in panels]
        self.check(len(set(ids)) == len(ids), 'panels', f'ids {ids}')
        for panel in panels:
            self.check_panel(panel)
        for one, other in combinations(panels, 2):
            self.check(not overlap(one['gridPos'], other['gridPos']), one['title'],
                       f'lies over {other["title"]}')
        text = ' '.join(target['expr'] for panel in panels for target in panel['targets'])
        for name in self.families:
            self.check(re.search(rf'\b{name}(?:_bucket)?\b', text), 'panels', f'none shows {name}')
        variables = {v['name']: v for v in dashboard['templating']['list']}
        self.check(variables.get('datasource', {}).get('type') == 'datasource', 'variables',
                   'none for the data source')
        asked = set(re.findall(r'\$\{?(\w+)', json.dumps(dashboard)))
        self.check(asked - {'__rate_interval'} == variables.keys(), 'variables', asked)
        for variable in variables.values():
            if variable['type'] == 'query':
                self.check(variable['datasource'] == SOURCE, variable['name'], 'other data source')
                self.check(variable['definition'] == variable['query']['query'], variable['name'],
                           'two queries')
                self.check_expression(variable['name'], variable['definition'])


def overlap(one, other):
    return (one['x'] < other['x'] + other['w'] and other['x'] < one['x'] + one['w'] and
            one['y'] < other['y'] + other['h'] and other['y'] < one['y'] + one['h'])


def rules(dashboard):
    expressions = [target['expr'].replace('$__rate_interval', '5m')
                   for panel in dashboard['panels'] for target in panel['targets']]
    return {'groups': [{'name': 'dashboard', 'rules': [
        {'record': f'expression_{i}', 'expr': expression}
        for i, expression in enumerate(expressions)]}]}


def main(dashboard, metrics):
    dashboard = json.load(open(dashboard, encoding='utf-8'))
    checker = Checker(json.load(open(metrics, encoding='utf-8'))['metrics'])
    checker.check_dashboard(dashboard)
    for problem in checker.problems:
        print(problem, file=sys.stderr)
    # JSON is YAML too
    print(json.dumps(rules(dashboard), indent=1))
    return 1 if checker.problems else 0


sys.exit(main(*sys.argv[1:]))
