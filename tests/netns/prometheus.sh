# SPDX-License-Identifier: MIT
# xfrmctl metrics prints what Prometheus accepts and the manual describes, and the dashboard shows all of it.
fleet 10.0.1.0/24 a
exits 3 ctl a metrics
xfrmd_start a
on a ip xfrm policy delete src 10.0.1.1/32 dst 10.0.1.0/24 dir out
wait_for 5 is 1 status a 'd["policies"]["repaired"]'
ctl a reload
on a ping -q -c 1 -W 1 10.0.1.9 >/dev/null || true
wait_for 10 is 1 peers a 'len(d["peers"])'

ctl a metrics >text
ctl a metrics --json >json
must "$LAB/../../tools/promtool" check metrics <text >lint 2>&1
expect 'remarks of promtool' "$(cat lint)" = ''
must "$LAB/../dashboard.py" "$LAB/../../tools/grafana/xfrmd.json" json >rules
must "$LAB/../../tools/promtool" check rules rules
must "$LAB/../documented.py" --metrics "$LAB/../../src/man/xfrmctl.8" json

# a reader that has enough, started by somebody who ignores SIGPIPE
cat >unread.py <<'PYTHON'
import os, subprocess, sys
read, write = os.pipe()
os.close(read)
done = subprocess.run(sys.argv[1:], stdout=write, stderr=subprocess.PIPE, restore_signals=False)
print(done.returncode, done.stderr.decode())
PYTHON
for unread in 'xfrmctl/xfrmctl --run-dir /run/lab/a metrics' 'xfrmctl/xfrmctl --help' 'xfrmpki/xfrmpki --help'; do
	# shellcheck disable=SC2086
	expect "end of $unread, unread" "$(on a /usr/bin/python3 unread.py "$BUILD"/src/$unread)" = '-13 '
done

cat >check.py <<'PYTHON'
import json, math, re
LABEL = r'[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf'([a-z_]+)(?:\{{({LABEL}(?:,{LABEL})*)\}})? (-?[0-9.]+(?:e[+-]?[0-9]+)?)')
families, order, seen, values = {}, [], set(), {}
for line in open('text').read().splitlines():
    if line.startswith('# HELP '):
        name, text = line[7:].split(' ', 1)
        assert name not in families and text, line
        families[name] = None
        order.append(name)
    elif line.startswith('# TYPE '):
        name, kind = line[7:].split(' ')
        assert name == order[-1] and families[name] is None, line
        assert kind in ('counter', 'gauge', 'histogram'), line
        assert (kind == 'counter') == name.endswith('_total'), line
        families[name] = kind
    else:
        name, labels, value = SAMPLE.fullmatch(line).groups()
        family = order[-1]
        suffixes = ('_bucket', '_sum', '_count') if families[family] == 'histogram' else ('',)
        assert name in [family + s for s in suffixes], line
        key = name, tuple(sorted(re.findall(LABEL, labels or '')))
        assert key not in seen, line
        seen.add(key)
        assert math.isfinite(float(value)) and (families[family] == 'gauge' or float(value) >= 0), line
        values[line.rsplit(' ', 1)[0]] = float(value)
assert all(name.startswith('xfrmd_') for name in families)
for result in 'up', 'failed':
    name = 'xfrmd_negotiation_duration_seconds'
    buckets = [v for k, v in values.items() if k.startswith(f'{name}_bucket{{result="{result}"')]
    assert buckets == sorted(buckets) and len(buckets) == 13, buckets
    assert buckets[-1] == values[f'{name}_count{{result="{result}"}}']

for key, wanted in {
    'xfrmd_policies_drifted': 0, 'xfrmd_policy_repairs_total': 1, 'xfrmd_charon_up': 1,
    'xfrmd_reloads_total{result="ok"}': 1, 'xfrmd_reloads_total{result="failed"}': 0,
    'xfrmd_last_reload_ok': 1, 'xfrmd_acquires_total{result="negotiated"}': 1,
    'xfrmd_ready': 1, 'xfrmd_sas{direction="out"}': 0,
}.items():
    assert values[key] == wanted, (key, values[key])
assert values['xfrmd_policies_desired'] == values['xfrmd_policies_installed'] > 0
assert sum(v for k, v in values.items() if k.startswith('xfrmd_peers{')) == 1
for role in 'instance', 'ca':
    assert [v for k, v in values.items()
            if k.startswith('xfrmd_certificate_expiry') and f'role="{role}"' in k and v > 1.7e9], role
for process in 'xfrmd', 'charon':
    assert values[f'xfrmd_process_resident_memory_bytes{{process="{process}"}}'] > 1e6

document = json.load(open('json'))['metrics']
assert [f['name'] for f in document if f['samples']] == order
print(len(values), 'samples of', len(order), 'families')
PYTHON
/usr/bin/python3 check.py
