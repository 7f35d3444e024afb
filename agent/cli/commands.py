"""Commands that need no running agent: run, check, diagram. Each gives an exit code."""

from argparse import Namespace
from pathlib import Path

from agent.cli import exits
from agent.cli.streams import complain
from agent.settings.errors import Finding, SettingsError
from agent.settings.model import Settings


def run(options: Namespace) -> int:
    """Errors in the settings: exit 2 and nothing is started. Warnings are printed, and it goes on."""
    settings, findings = _examine(options.file)
    for finding in findings:
        complain(finding.text(options.file))
    if settings is None or _code(findings) == exits.BAD_SETTINGS:
        return exits.BAD_SETTINGS
    return _supervise(settings)


def _supervise(settings: Settings) -> int:
    from agent.management.lock import Locked, prepare, take_lock
    from agent.management.supervisor import Supervisor, children_of

    try:
        prepare(settings.unit.data_dir)
        take_lock(settings.unit.data_dir, settings.unit.name)
        supervisor = Supervisor(children_of(settings), settings)
    except Locked as error:
        complain(f"understudy: refused: {error}.")
        return exits.REFUSED
    except OSError as error:
        remedy = "Set data_dir to a directory that this user may write"
        complain(f"understudy: data_dir {settings.unit.data_dir} cannot be used: {error.strerror}. {remedy}.")
        return exits.BAD_SETTINGS
    return supervisor.run()


def check(options: Namespace) -> int:
    """0 fine, 1 warnings, 2 errors."""
    settings, findings = _examine(options.file)
    if options.json:
        _print_json(options.file, findings)
        return _code(findings)
    for finding in findings:
        print(finding.text(options.file))
    if settings is not None:
        _print_summary(settings)
    errors = sum(finding.severity == "error" for finding in findings)
    print(f"{options.file}: {errors} error(s), {len(findings) - errors} warning(s)")
    return _code(findings)


def _examine(path: Path) -> tuple[Settings | None, list[Finding]]:
    """The settings (None: not valid) and every finding."""
    from agent.settings.check import check as findings_of
    from agent.settings.load import load_settings

    try:
        settings = load_settings(path)
    except SettingsError as error:
        return None, list(error.findings)
    return settings, findings_of(settings)


def _code(findings: list[Finding]) -> int:
    if any(finding.severity == "error" for finding in findings):
        return exits.BAD_SETTINGS
    return exits.WARNINGS if findings else exits.DONE


def _print_summary(settings: Settings) -> None:
    from agent.settings.check import summary

    for line in summary(settings):
        print(line)


def _print_json(path: Path, findings: list[Finding]) -> None:
    import json
    from dataclasses import asdict

    print(json.dumps({"file": str(path), "findings": [asdict(finding) for finding in findings]}, indent=2))


def diagram(options: Namespace) -> int:
    """The table that runs is the table that is drawn."""
    import agent.engine.diagram as drawing

    print(drawing.as_graphviz() if options.dot else drawing.as_text())
    return exits.DONE
