"""Shell completion. The scripts know nothing: at every TAB they ask `understudy __complete`, which reads the grammar itself.

One line a proposal: the word, a tab, its help. `:files`: and files of the shell's own. `:nospace`: a word goes on behind it.
"""

import sys
from argparse import Namespace
from contextlib import suppress

from agent.cli import exits

_BASH = """_understudy() {
    local line IFS=$'\\n'
    COMPREPLY=()
    compopt +o nospace 2>/dev/null
    for line in $("${COMP_WORDS[0]}" __complete bash "${COMP_LINE:0:COMP_POINT}" 2>/dev/null); do
        case $line in
            :files) compopt -o default 2>/dev/null ;;
            :nospace) compopt -o nospace 2>/dev/null ;;
            *) COMPREPLY+=("${line%%$'\\t'*}") ;;
        esac
    done
}
complete -F _understudy understudy
"""
_ZSH = """#compdef understudy
_understudy() {
    local line word
    local -a plain described open
    for line in "${(@f)$("${words[1]}" __complete zsh "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        case $line in
            :files) _files ;;
            :nospace) open=(-S '') ;;
            *$'\\t'?*) word=${line%%$'\\t'*}; described+=("${word//:/\\\\:}:${line#*$'\\t'}") ;;
            ?*) plain+=("${line%%$'\\t'*}") ;;
        esac
    done
    (( $#described )) && _describe -t understudy understudy described "${open[@]}"
    (( $#plain )) && compadd "${open[@]}" -a plain
    return 0
}
if [[ $funcstack[1] == _understudy ]]; then _understudy; else compdef _understudy understudy; fi
"""
_FISH = """function __understudy_complete
    set -l words (commandline -opc)
    for line in ($words[1] __complete fish $words[2..-1] (commandline -ct) 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path (commandline -ct)
            case ':nospace'
            case '*'
                echo $line
        end
    end
end
complete -c understudy -f -a '(__understudy_complete)'
"""
_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
_BREAKS = "=:"
"""Bash begins a new word behind these, and puts in only what comes after them."""


def completion(options: Namespace) -> int:
    """The script of a shell."""
    sys.stdout.write(_SCRIPTS[options.shell])
    return exits.DONE


def complete(arguments: list[str]) -> int:
    """`bash LINE` (as far as the cursor), or `zsh|fish WORD… CURRENT`. Whatever goes wrong: no proposals, and no noise."""
    shell, given = arguments[0] if arguments else "", arguments[1:]
    words = _words(given[0])[1:] if shell == "bash" and given else given
    if not words:
        return exits.DONE
    from agent.cli.proposals import proposals

    found = []
    with suppress(Exception):
        found = proposals(words[:-1], words[-1])
    cut = max((words[-1].rfind(mark) + 1 for mark in _BREAKS), default=0) if shell == "bash" else 0
    for one in found:
        print(one.mark if one.mark else f"{one.word[cut:]}\t{one.text}")
    return exits.DONE


def _words(line: str) -> list[str]:
    """As the shell would split them; the last is the one under the cursor, empty after a space. An open quote is closed."""
    import shlex

    for closing in ("", '"', "'"):
        with suppress(ValueError):
            found = shlex.split(line + closing)
            return [*found, ""] if not closing and line[-1:].isspace() else found
    return line.split(" ")
