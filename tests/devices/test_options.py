"""The options of [device.rx], as a person gets them wrong."""

import pytest

from agent.devices.options import check_receiver_options, parse_receiver_options
from agent.settings.errors import sentences

IN, OUT = "udp://239.1.1.1:5000", "udp://239.2.2.2:5000"


def test_everything_that_can_be_said_is_understood() -> None:
    """SA-6 and the README's table of options."""
    options = parse_receiver_options(
        {
            "input": "udp://@:5000",
            "output": "udp://[ff05::1]:5004?interface=eth1&ttl=16&localaddr=fd00::1",
            "pids": [0, 8191],
            "drop_null": True,
            "input_timeout": 2,
        }
    )
    assert options.input is not None
    assert options.output is not None
    assert options.input.host.is_unspecified
    assert options.output.is_ipv6
    assert (options.output.port, options.output.interface, options.output.ttl) == (5004, "eth1", 16)
    assert options.pids == frozenset({0, 8191})
    assert options.drop_null
    assert options.input_timeout_ns == 2_000_000_000


def test_defaults() -> None:
    """All PIDs, null packets too, one second."""
    options = parse_receiver_options({"input": IN, "output": OUT})
    assert (options.pids, options.drop_null, options.input_timeout_ns) == (None, False, 1_000_000_000)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"inptu": IN}, 'unknown option "inptu". Did you mean input?'),
        ({"input": 5}, "input must be a text in quotes"),
        ({"input": "rtp://239.1.1.1:5000"}, "does not start with udp://"),
        ({"input": "udp://239.1.1.1"}, "has no port"),
        ({"input": "udp://239.1.1.1:0"}, "outside 1..65535"),
        ({"input": "udp://239.1.1.1:x"}, "outside 1..65535"),
        ({"input": "udp://media.example:5000"}, "names are not looked up"),
        ({"input": "udp://239.1.1.1:5000/x"}, "means nothing"),
        ({"input": "udp://[::1:5000"}, "is not a URL"),
        ({"input": f"{IN}?interfce=eth1"}, "Did you mean interface?"),
        ({"input": f"{IN}?interface=a/b"}, "cannot be the name of an interface"),
        ({"input": f"{IN}?interface="}, "cannot be the name of an interface"),
        ({"input": f"{IN}?ttl=300"}, "is not a number 1..255"),
        ({"input": f"{IN}?ttl=1&ttl=2"}, "gives ttl twice"),
        ({"input": f"{IN}?localaddr=::1"}, "Use one family"),
        ({"input": "udp://[fe80::1%eth0]:5000"}, "?interface=eth1"),
        ({"output": "udp://0.0.0.0:5000"}, "names no receiver"),
        ({"output": IN}, "would feed itself"),
        ({"pids": 256}, "pids must be a list"),
        ({"pids": []}, "nothing would ever be sent"),
        ({"pids": [8192]}, "pids has 8192"),
        ({"pids": [True]}, "pids has True"),
        ({"drop_null": "yes"}, "drop_null must be true or false"),
        ({"input_timeout": 0}, "input_timeout must be seconds"),
        ({"input_timeout": float("nan")}, "input_timeout must be seconds"),
    ],
)
def test_every_mistake_is_one_sentence_with_its_remedy(change: dict[str, object], words: str) -> None:
    """House style: what is wrong; what to write."""
    (problem,) = check_receiver_options({"input": IN, "output": OUT} | change)
    assert problem.key == next(iter(change))
    assert words in sentences(problem.what, problem.remedy)
    assert problem.remedy[0].isupper() or problem.remedy[0].isdigit()


def test_all_mistakes_are_told_at_once() -> None:
    """Nobody wants to mend a file six times."""
    assert len(check_receiver_options({"pids": [], "drop_null": 1})) == 4
    with pytest.raises(ValueError, match=r"input is missing.*output is missing"):
        parse_receiver_options({})


def test_document_may_name_input_and_output_but_not_one_of_them() -> None:
    """S-30: both, or neither; what would mean nothing then is refused."""
    assert check_receiver_options({"input_timeout": 2, "capacity": 3}, has_configuration=True) == []
    assert [problem.key for problem in check_receiver_options({"input_timeout": 2})] == ["input", "output"]
    assert [problem.key for problem in check_receiver_options({"input": IN}, has_configuration=True)] == ["output"]
    assert [problem.key for problem in check_receiver_options({"pids": [1]}, has_configuration=True)] == ["pids"]
    assert parse_receiver_options({"capacity": 3}, has_configuration=True).capacity == 3


@pytest.mark.parametrize("value", [-1, 1001, True, "3", 1.0])
def test_capacity_is_a_number_of_services(value: object) -> None:
    """C-15."""
    (problem,) = check_receiver_options({"input": IN, "output": OUT, "capacity": value})
    assert (problem.key, "capacity must be a number of services" in problem.what) == ("capacity", True)
