# SPDX-License-Identifier: MIT
# Completion for xfrmd, xfrmctl and xfrmpki. What can be typed is read from --help, whose text comes
# from the tables that the programs themselves go by, so a new command is known here at once.

_xfrmd_run() {
	PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin timeout 2 "$@" 2>/dev/null </dev/null
}

# Of each option and command: NAME, and what an option must have or a command may have behind it.
_xfrmd_syntax() {
	_xfrmd_run "$1" --help | sed -nE '
		s/^  (--[a-z-]+), (--[a-z-]+) .*/\1\n\2/p; t
		s/^  (--[a-z-]+) \[[A-Z]+\].*/\1/p; t
		s/^  ([a-z-]+)( +\[?([A-Z|]+)\]?)?([ \t].*)?$/\1 \3/p'
}

# The same of one command of a program, with the options that it knows, and of its arguments.
_xfrmd_command_syntax() {
	local usage
	usage=$(_xfrmd_run "$1" "$2" --help | sed -n "s/^[Uu]sage: $1 //p")
	grep -oE -- '--[a-z-]+( [A-Z|]+)?' <<<"$usage"
	sed -E 's/--[a-z-]+( \[?[A-Z|]+\]?)?//g; s/ \| //g; s/[^a-zA-Z| -]/ /g' <<<"$usage"
}

# TAKES [--run-dir DIR]
# shellcheck disable=SC2207
_xfrmd_values() {
	case $1 in
	*FILE*) _filedir ;;
	DIR) _filedir -d ;;
	IP*) COMPREPLY=($(compgen -W "$(_xfrmd_run xfrmctl "${@:2}" peers --json |
		grep -oE '"address": *"[^"]+"' | cut -d '"' -f 4)" -- "$cur")) ;;
	TYPE) COMPREPLY=($(compgen -W 'rsa3072 rsa4096 ec256 ec384 ed25519' -- "$cur")) ;;
	[a-z]*) COMPREPLY=($(compgen -W "${1//|/ }" -- "$cur")) ;;
	esac
	__ltrim_colon_completions "$cur"
}

_xfrmd() {
	local cur prev words cword i name takes wanted program=${1##*/} command=
	local -a operands=() run_dir=()
	local -A syntax=()
	_init_completion -n : || return

	while read -r name takes; do
		syntax[$name]=$takes
	done < <(_xfrmd_syntax "$program")
	for ((i = 1; i < cword; i++)); do
		name=${words[i]}
		if [[ $name != -* && -z $command && $program != xfrmd ]]; then
			command=$name
			[[ -v "syntax[$name]" ]] || continue
			syntax=()
			while read -r name takes; do
				[[ -z $name ]] || syntax[$name]=$takes
			done < <(_xfrmd_command_syntax "$program" "$command")
		elif [[ $name == -* && -n ${syntax[$name]-} ]]; then
			((++i))
			[[ $name != --run-dir ]] || run_dir=(--run-dir "${words[i]}")
		elif [[ $name != -* ]]; then
			operands+=("$name")
		fi
	done

	if [[ $prev == -* && -n ${syntax[$prev]-} ]]; then
		_xfrmd_values "${syntax[$prev]}" "${run_dir[@]}"
	elif [[ $cur != -* && -n $command ]]; then
		wanted=${syntax[$command]-}
		[[ ${#operands[@]} -gt 0 && $wanted != *'|DIR' ]] ||
			_xfrmd_values "$wanted" "${run_dir[@]}"
	else
		[[ $cur == -* || $program == xfrmd ]] && wanted='--*' || wanted='[a-z]*'
		for name in "${!syntax[@]}"; do
			# shellcheck disable=SC2053
			[[ $name == $wanted && $name == "$cur"* ]] && COMPREPLY+=("$name")
		done
	fi
} && complete -F _xfrmd xfrmd xfrmctl xfrmpki
