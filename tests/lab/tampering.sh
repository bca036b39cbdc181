# SPDX-License-Identifier: MIT
# Somebody else flushes and deletes policies and SAs under traffic. Policies are back before the next
# packet, as far as a user process can be; no design keeps a packet in between from going in clear,
# and the peer refuses those. Deleted SAs are replaced by rekeying: what the host itself sends waits
# for that, what the peer sends meanwhile is lost.
# Processors: several
# Alone: it counts what is lost in the milliseconds of a repair.
fleet_up 10.0.1.0/24 a b
begun=$(now_ms)
must rekey a b
rekey_ms=$(($(now_ms) - begun))

# spi FROM TO: of the SA that a has for this direction
spi() {
	on a ip xfrm state | awk -v ends="src $(address "$1") dst $(address "$2")" '
		/^src/ { found = $0 == ends } found && $1 == "proto" { print $4; exit }'
}

both_sas() {
	[ -n "$(spi a b)" ] && [ -n "$(spi b a)" ]
}

# tamper LINE WORDS...: ip xfrm WORDS, until the log has LINE once more and both SAs are there
tamper() {
	local count
	count=$(grep -c "$1" "$FOLDER/a.log") || true
	on a ip xfrm "${@:2}"
	wait_for 5 is $((count + 1)) grep -c "$1" "$FOLDER/a.log"
	wait_for 5 both_sas
}

count=$(policies a | grep -c '^src')
watch_start a b
line='spd: somebody else changed our policies: repaired'
tamper "$line" policy flush
tamper "$line" policy delete src 10.0.1.1/32 dst 10.0.1.2/32 dir out
tamper "$line" policy update src 10.0.1.0/24 dst 10.0.1.1/32 dir in priority 30108
watch_end
expect 'in clear' "$clear" -le 20
expect 'packets lost' "$lost" -le "$clear"

watch_start a b
tamper 'sad: somebody else flushed the SAs of 1 peers' state flush
line='sad: somebody else deleted 1 SAs'
tamper "$line" state delete src 10.0.1.1 dst 10.0.1.2 proto esp spi "$(spi a b)"
tamper "$line" state delete src 10.0.1.2 dst 10.0.1.1 proto esp spi "$(spi b a)"
watch_end
grep 'somebody else' "$FOLDER/a.log"
expect 'in clear' "$clear" = 0
expect 'packets lost' "$lost" -le $((500 + 3 * rekey_ms))
expect 'ms without a packet' "$gap" -le $((500 + 2 * rekey_ms))
expect 'lines' "$(grep -c 'somebody else' "$FOLDER/a.log")" = 6
expect 'policies repaired' "$(status a 'd["policies"]["repaired"]')" = $((count + 2))
expect 'times that a peer was repaired' "$(status a 'd["peers"]["repaired"]')" = 3

# a fight: the log gets few more lines, charon a few rekeyings a second, and nothing is given up
on a sh -c 'for i in $(seq 20); do ip xfrm state flush; done'
count=$(status a 'd["peers"]["repaired"]')
wait_for 5 both_sas
must pings b a
must pings a b
echo "20 flushes: rekeyed $((count - 3)) times"
expect 'rekeyings' $((count - 3)) -le 20
expect 'lines' "$(grep -c 'somebody else' "$FOLDER/a.log")" -le 10

# flushed in the middle of a rekeying, and the new ones before charon has told of them: nothing is sent,
# so the kernel asks for none
repaired_again() {
	[ "$(status a 'd["peers"]["repaired"]')" -gt "$count" ]
}
for round in {1..3}; do
	kill -STOP "$(charon_pid b)"
	on a ip xfrm state flush
	wait_for 5 repaired_again
	background a /usr/bin/python3 "$LAB/flush_new.py" >/run/lab/flush_new
	flusher=$!
	wait_for 10 grep -q listening /run/lab/flush_new
	sleep 0.4 # the next repair may begin
	kill -CONT "$(charon_pid b)"
	wait "$flusher"
	wait_for 5 both_sas
	count=$(status a 'd["peers"]["repaired"]')
done
