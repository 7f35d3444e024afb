"""Where the stream comes from: our generator, the user's multicast as it is, or a relay of the user's unicast."""

from agent.cli.demo.processes import python
from agent.cli.demo.stage import Stage


def start_source(stage: Stage) -> None:
    """Start what is needed. DemoError."""
    feed, source = stage.ground.feed, stage.options.input
    if source is None:
        assert feed is not None
        command = python("agent.devices.generator", "--to", feed.url, "--bitrate", str(stage.options.bitrate_bps))
        stage.processes.start("generator", command)
        stage.tell(f"a generator sends a transport stream of {stage.options.bitrate_bps / 1e6:g} Mbit/s to both units")
    elif feed is None:
        stage.tell(f"both units hear {source.url}")
    else:
        stage.processes.start("relay", python("agent.cli.demo.relay", source.url, feed.url))
        stage.tell(f"a relay passes {source.url} on to both units: unicast reaches one program only")
