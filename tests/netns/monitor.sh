# SPDX-License-Identifier: MIT
# xfrmctl monitor tells what happens, as text and as JSON, at any level of the log; a reader that does
# not read disturbs nobody and is dropped.
fleet 10.0.1.0/24 a
sed -i 's/^target = .*/&\nlevel = error/' "$FOLDER/a.conf"
exits 3 ctl a monitor
xfrmd_start a

# watch NAME COMMAND...: its output goes to the file NAME
watch() {
	background a "$BUILD/src/xfrmctl/xfrmctl" --run-dir /run/lab/a "${@:2}" >"$1" 2>"$1.err"
	wait_for 10 grep -q 'monitor: xfrmd .* pid=' "$1"
}

watch text monitor
text_pid=$!
watch json monitor --json
json_pid=$!

# blocked after a second, which refreshes the very policy that is deleted then
on a ping -q -c 1 -W 2 10.0.1.9 >/dev/null || true
on a ip xfrm policy delete src 10.0.1.1/32 dst 10.0.1.0/24 dir out
ctl a reload >/dev/null
wait_for 10 grep -q 'spd: somebody else changed our policies: repaired added=1' text
kill -KILL "$(charon_pid a)"
wait_for 10 grep -q 'charon: started pid=' text
must grep -qE '^[0-9-]{10} [0-9:]{8}\.[0-9]{3} peer: 10.0.1.9: queued -> negotiating: ' text
must grep -q 'reload: nothing changed' text
must grep -q 'charon: ended: ' text
must_not grep -q 'charon: [0-9]*\[' text
must_not grep -q 'peer: 10.0.1.9' "$FOLDER/a.log"
expect 'events' "$(wc -l <json)" = "$(wc -l <text)"
expect 'documents' "$(sed 's/$/,/' json | { echo '['; cat; echo '{}]'; } |
	json 'all(set(e) == {"time", "level", "text"} and e["time"] > 1.7e9 for e in d[:-1])')" = true

# Ctrl-C ends one and leaves the other.
kill -INT $json_pid
exits 130 wait $json_pid

# Nobody reads from the pipe: the daemon answers all the same, and in the end closes the connection.
mkfifo pipe
exec 9<>pipe
background a "$BUILD/src/xfrmctl/xfrmctl" --run-dir /run/lab/a monitor --json >pipe 2>slow.err
slow_pid=$!
printf 'unknown_key_%s = x\n' {1..200} >>"$FOLDER/a.conf"
for _ in {1..30}; do
	ctl a reload >/dev/null 2>&1 || true
done
expect 'ready' "$(status a 'd["ready"]')" = true
cat <&9 >slow &
cat_pid=$!
exits 1 wait $slow_pid
kill $cat_pid
expect_text 'its complaint' "$(cat slow.err)" 'too slow'

xfrmd_stop a
exits 3 wait $text_pid
must grep -q 'stop: policies, SAs and charon go on' text
expect_text 'complaint' "$(cat text.err)" 'xfrmctl: monitor: xfrmd closed the connection'
