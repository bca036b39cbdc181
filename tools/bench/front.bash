# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What each bench sources first. A bench is a scenario of tests/lab: outside a guest this builds the
# programs and plays it in one, with the variables that the environment has of those that it names in
# its head (`# NAME=DEFAULT: WHAT`). With SAVE=1 the unit costs that it found go to units.json.
if [ -z "${LAB:-}" ]; then
	set -euo pipefail
	export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
	bench=$(realpath "$0")
	cd "$(dirname "$0")/../.."
	[ "$(id -u)" = 0 ] || {
		echo "${bench##*/}: namespaces need root" >&2
		exit 2
	}
	{
		tools/install-deps build run lab bench
		tools/build "${XFRMD_BUILD:-build}" -- src/{xfrmd/xfrmd,xfrmctl/xfrmctl,xfrmpki/xfrmpki}
	} >&2
	LAB_VARIABLES=
	while IFS='=' read -r name default; do
		LAB_VARIABLES+=$name=$(printf %q "${!name:-$default}")$'\n'
	done < <(sed -n 's/^#  *\([A-Z_]*=[^:]*\): .*/\1/p' "$bench")
	export LAB_VARIABLES LAB_LIMIT=${LAB_LIMIT:-1800} LAB_MEMORY=${LAB_MEMORY:-2G} LAB_CPU=yes
	log=$(mktemp)
	trap 'rm -f "$log"' EXIT
	tests/lab/run --with uml -s "$bench" | tee "$log"
	[ -z "${SAVE:-}" ] || tools/bench/units <"$log"
	exit
fi
BENCH=$LAB/../../tools/bench
# what a bench shares with the scenarios
export PYTHONPATH=$LAB
# shellcheck source=/dev/null
. "$BENCH/sides.bash"
warm_kernel
