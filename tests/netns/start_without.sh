# SPDX-License-Identifier: MIT
# What xfrmd does without rather than leave the host unprotected: a log that cannot be opened, sysctls
# that cannot be written. Status says so, check and reload refuse the log beforehand.
fleet 10.0.1.0/24 a
cp "$FOLDER/a.conf" good.conf

told() { # TEXT
	status a 'd["problems"]' | grep -qF "$1"
}

protected() {
	must has_policy a out 10.0.1.1/32 10.0.1.0/24
}

# --- the log

for path in "$PWD/none/log" "$PWD/good.conf/log" "$PWD"; do
	sed "s#^target = .*#target = file:$path#" good.conf >"$FOLDER/a.conf"
	must_not ctl a check "$FOLDER/a.conf" 2>said
	expect_text 'check' "$(cat said)" "[log] target: $path: "
	must_not "$BUILD/src/xfrmd/xfrmd" --check --config "$FOLDER/a.conf" 2>said
	expect_text 'xfrmd --check' "$(cat said)" "[log] target: $path: "
	must_not test -e "$PWD/none"
	: >"$FOLDER/a.log"
	xfrmd_start a
	protected
	must told "log: [log] target: $path cannot be opened"
	must grep -q "$path cannot be opened: .*, it goes to stderr" "$FOLDER/a.log"
	must grep -q 'ready: policies=' "$FOLDER/a.log"
	must_not ctl a reload
	cp good.conf "$FOLDER/a.conf"
	must ctl a reload
	must_not told 'log:'
	xfrmd_stop a
done

# --- sysctls

cat >read_only <<-EOF
	#!/bin/sh
	mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec "\$@"
EOF
chmod +x read_only
: >"$FOLDER/a.log"

# with the right values, left by the xfrmd before
WRAP="$PWD/read_only $WRAP" xfrmd_start a
protected
must_not told 'kernel:'
must ctl a reload
xfrmd_stop a

# with a wrong one
on a sh -c 'echo 1 >/proc/sys/net/core/xfrm_larval_drop'
WRAP="$PWD/read_only $WRAP" xfrmd_start a
protected
wrong='/proc/sys/net/core/xfrm_larval_drop: is 1 and cannot be written: Read-only file system, expected 0'
must told "kernel: $wrong"
must grep -q "$wrong" "$FOLDER/a.log"
must_not ctl a reload 2>said
expect_text 'reload' "$(cat said)" "$wrong"
xfrmd_stop a

# once it can be written, a start or a reload writes it
xfrmd_start a
must_not told 'kernel:'
expect 'xfrm_larval_drop' "$(on a cat /proc/sys/net/core/xfrm_larval_drop)" = 0
