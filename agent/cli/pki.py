"""`understudy pki init|issue|rotate`: the certificates with which units know one another. Needs no running agent."""

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from agent.cli import exits
from agent.cli.answers import print_json
from agent.cli.groups import checked
from agent.cli.stop import Stop

_COPY = "Copy unit.key, unit.pem and ca.pem to the unit (scp -p), name them under [handover], and restart it"
_ALONE = "keep it off the units, and a copy of it in a safe place"


def init(options: Namespace) -> int:
    """The authority of a site."""
    from agent.pki.authority import AUTHORITY_DAYS, init_authority

    made = _made(lambda: init_authority(options.directory, options.name, options.days or AUTHORITY_DAYS))
    next_step = f"understudy pki issue {options.directory} UNIT_NAME --group N, for each unit"
    return _say(options, f"made the authority of the site: {made[0]} signs; {_ALONE}. Next: {next_step}", made)


def issue(options: Namespace) -> int:
    """Key and certificate of a unit."""
    from agent.pki.authority import UNIT_DAYS
    from agent.pki.authority import issue as issue_unit

    groups = "*" if options.all_groups else [checked(group) for group in options.group]
    days = options.days or UNIT_DAYS
    made = _made(lambda: issue_unit(options.directory, options.unit, groups, days, out_dir=options.out_dir))
    return _say(options, f"made key and certificate of {options.unit} in {made[0].parent}. Next: {_COPY}", made)


def rotate(options: Namespace) -> int:
    """A unit's certificate, or the authority itself in two steps."""
    if sum((options.unit is not None, options.ca, options.retire)) != 1:
        raise Stop(
            exits.BAD_SETTINGS, "Say what is rotated: a UNIT, or the authority with --ca, or --retire to end its rotation."
        )
    if options.unit is None and (options.group or options.all_groups):
        raise Stop(exits.BAD_SETTINGS, "Groups are those of a unit's certificate: name the UNIT. An authority has none.")
    return _rotate_unit(options) if options.unit is not None else _rotate_authority(options)


def _rotate_unit(options: Namespace) -> int:
    from agent.pki.authority import UNIT_DAYS, rotate_unit

    days, groups = options.days or UNIT_DAYS, _new_groups(options)
    made = _made(lambda: rotate_unit(options.directory, options.unit, days, out_dir=options.out_dir, groups=groups))
    scope = "" if groups is None else f" for {'every group' if groups == '*' else 'group ' + ', '.join(map(str, groups))}"
    text = f"made a new key and certificate of {options.unit}{scope}; the old ones are beside them as *.old. Next: {_COPY}"
    return _say(options, text, made)


def _new_groups(options: Namespace) -> list[int] | str | None:
    """None: as before."""
    if options.all_groups:
        return "*"
    return [checked(group) for group in options.group] if options.group else None


def _rotate_authority(options: Namespace) -> int:
    from agent.pki.authority import AUTHORITY_DAYS, retire_authorities, rotate_authority

    directory = options.directory
    if options.retire:
        made = _made(lambda: retire_authorities(directory))
        return _say(options, f"{made[1]} trusts the newest authority alone. Next: copy it to every unit, and restart it", made)
    made = _made(lambda: rotate_authority(directory, days=options.days or AUTHORITY_DAYS))
    then = f"then understudy pki rotate {directory} UNIT for each, copied; then understudy pki rotate {directory} --retire"
    return _say(
        options, f"made a new authority; {made[1]} trusts both. Next: copy it to every unit, and restart it; {then}", made
    )


def _made(make: Callable[[], tuple[Path, ...]]) -> tuple[Path, ...]:
    """Stop for what is wrong there, and what the system refuses."""
    from agent.pki.errors import PkiError

    try:
        return make()
    except PkiError as error:
        raise Stop(exits.REFUSED, f"refused: {error}") from None
    except OSError as error:
        raise Stop(exits.FAILED, f"failed: {error.filename or 'the directory'}: {error.strerror or error}.") from None


def _say(options: Namespace, text: str, files: tuple[Path, ...]) -> int:
    if options.json:
        print_json({"outcome": "done", "text": text, "files": [str(file) for file in files]})
    else:
        print(f"{text}.")
    return exits.DONE
