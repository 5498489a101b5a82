"""Label selectors as Kubernetes reads them; cases after k8s.io/apimachinery pkg/labels/selector_test.go."""

import pytest

from gridctl.scaling.external.selector import Selector, SelectorError, parse

LABELS = {"consumergroup": "g", "topic": "iot.thermostat", "partition": "0", "empty": ""}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ("consumergroup=g", True),
        ("consumergroup==g", True),
        (" consumergroup = g , partition=0 ", True),
        ("consumergroup=x", False),
        ("consumergroup!=g", False),
        ("consumergroup!=x", True),
        ("absent!=x", True),
        ("absent=x", False),
        ("empty=", True),
        ("topic=", False),
        ("partition in (0,1),consumergroup=g", True),
        ("partition in ( 1 , 2 )", False),
        ("absent in (a)", False),
        ("partition notin (1,2)", True),
        ("partition notin (0)", False),
        ("absent notin (a)", True),
        ("partition", True),
        ("absent", False),
        ("!absent", True),
        ("! partition", False),
        ("in in (in)", False),
    ],
)
def test_selectors(text: str, matches: bool) -> None:
    assert parse(text).matches(LABELS) is matches


@pytest.mark.parametrize(
    "text", ["=a", "a=b=c", "a b", "a in b", "a in (b", "a>1", ",", "a,", "a=b,,c", "a in (b,c d)", "a==_x", "!a=b"]
)
def test_what_is_no_selector(text: str) -> None:
    with pytest.raises(SelectorError):
        parse(text)


def test_labels_that_are_not_known_may_be_anything() -> None:
    partly = {"consumergroup": "g"}
    assert parse("consumergroup=g,topic=t").may_match(partly)
    assert parse("topic=t").may_match({})
    assert not parse("consumergroup=x").may_match(partly)


def test_the_values_that_are_asked_for() -> None:
    assert parse("consumergroup in (a,b)").wanted("consumergroup") == frozenset("ab")
    assert parse("consumergroup in (a,b),consumergroup=a").wanted("consumergroup") == frozenset("a")
    assert parse("consumergroup!=a").wanted("consumergroup") is None
    assert Selector(()).wanted("consumergroup") is None
