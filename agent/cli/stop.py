"""The way out of a command that cannot go on."""


class Stop(Exception):  # noqa: N818 (the plain end of a command, not a fault)
    """`code` is one of agent.cli.exits; `text` says why and what to do instead, in whole sentences."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)
        self.code, self.text = code, text
