"""Differential fuzz of the compatibility engine against Java Avro, which is the judge."""

import importlib.util
import itertools
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gridctl.avro import SchemaInvalid, can_read, parse

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / ".real" / "java"
SEED = int(os.environ.get("GRIDCTL_TEST_SEED", "20261124"))
WANTED_PAIRS = int(os.environ.get("GRIDCTL_TEST_PAIRS", "12000"))
Judge = Callable[[Iterable[dict[str, Any]]], list[dict[str, Any]]]


def schema_pairs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("schema_pairs", HERE / "schema_pairs.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-2000:]}{done.stderr[-2000:]}"


@pytest.fixture(scope="session")
def judge() -> Judge:
    for tool in ("mvn", "javac", "java"):
        assert shutil.which(tool), f"the real tier needs {tool}; a missing judge is an error, not a skip"
    jars, classes = BUILD / "jars", BUILD / "classes"
    run("mvn", "-q", "-B", "-f", str(HERE / "java" / "pom.xml"), "dependency:copy-dependencies",
        f"-DoutputDirectory={jars}")  # fmt: skip
    run("javac", "-d", str(classes), "-cp", f"{jars}/*", str(HERE / "java" / "CompatDriver.java"))

    def ask(questions: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        text = "".join(json.dumps(question) + "\n" for question in questions)
        command = ["java", "-Xss8m", "-cp", f"{classes}{os.pathsep}{jars}/*", "CompatDriver"]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=True, timeout=300)
        return [json.loads(line) for line in done.stdout.splitlines()]

    return ask


def our_answer(question: dict[str, Any]) -> dict[str, Any]:
    parsed, invalid = {}, []
    for side in ("reader", "writer"):
        try:
            parsed[side] = parse(question[side], question.get("references", ()))
        except SchemaInvalid:
            invalid.append(side)
    if invalid:
        return {"invalid": invalid}
    found = can_read(parsed["reader"], parsed["writer"])
    return {"compatible": not found, "rules": {finding.rule.value for finding in found}}


def verdict(answer: dict[str, Any]) -> tuple[str, ...]:
    """Return what both judges must agree on; where Java's comparison throws, nothing can be read."""
    if "invalid" in answer:
        return ("invalid", *answer["invalid"])
    return ("compatible",) if answer.get("compatible") else ("incompatible",)


def test_edges_of_validity_are_java_avros(judge: Judge, capsys: pytest.CaptureFixture[str]) -> None:
    texts = [
        *(HERE / "java" / "edge_schemas.txt").read_text(encoding="utf-8").splitlines(),
        *("", " ", ' "int"\n', '// a\n["null", /* b */ "int"]', '"int"\n// end', '\ufeff"int"'),
    ]
    questions = [{"id": at, "reader": text, "writer": text} for at, text in enumerate(texts)]
    wrong = []
    valid = 0
    for question, java in zip(questions, judge(questions), strict=True):
        ours = our_answer(question)
        valid += "invalid" not in java
        if verdict(ours) != verdict(java):
            wrong.append((question["reader"], java, ours))
    with capsys.disabled():
        print(f"\nedges: {len(texts)} schemas run, {valid} valid, {len(wrong)} disagreements")
    assert not wrong, "\n".join(map(str, wrong))
    assert 30 <= valid <= len(texts) - 30


def test_references_are_java_avros(judge: Judge) -> None:
    enum = '{"type":"enum","name":"E","namespace":"x","symbols":["A","B"]}'
    user = '{"type":"record","name":"x.U","fields":[{"name":"e","type":"E"}]}'
    other = enum.replace('"B"', '"C"')
    cases: list[tuple[list[str], str, str]] = [
        ([enum], user, user),
        ([], user, user),
        ([enum, user], '["null","x.U"]', '"x.U"'),
        ([user, enum], '"x.U"', '"x.U"'),
        ([enum], enum, enum),
        ([enum], other, other),
        ([enum], '"x.E"', '"x.E"'),
        ([enum], '"E"', '"E"'),
        ([enum], user.replace("x.U", "y.U"), user),
        ([enum, '"nothing"'], user, user),
    ]
    questions = [
        {"id": at, "references": references, "reader": reader, "writer": writer}
        for at, (references, reader, writer) in enumerate(cases)
    ]
    answers = judge(questions)
    assert [verdict(our_answer(question)) for question in questions] == [verdict(java) for java in answers]
    assert {verdict(java)[0] for java in answers} == {"compatible", "invalid"}


def test_verdicts_and_validity_are_java_avros(judge: Judge, capsys: pytest.CaptureFixture[str]) -> None:
    generated = schema_pairs().pairs(SEED)
    questions = [pair._asdict() for pair in itertools.islice(generated, WANTED_PAIRS * 3 // 2)]
    disagreements = []
    counts: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    answers = judge(questions)
    assert [answer["id"] for answer in answers] == [question["id"] for question in questions]
    for question, java in zip(questions, answers, strict=True):
        ours = our_answer(question)
        counts[verdict(java)[0]] += 1
        rules.update(set(java.get("rules", ())))
        missing = set(java.get("rules", ())) - ours.get("rules", set())
        if verdict(ours) != verdict(java) or missing - {"type_mismatch"}:
            disagreements.append((question, java, ours))
    compared = counts["compatible"] + counts["incompatible"]
    share = counts["compatible"] / compared
    with capsys.disabled():
        print(
            f"\ndifferential fuzz, seed {SEED}: {len(questions)} pairs run, {len(disagreements)} disagreements; "
            f"{compared} of valid schemas, {share:.1%} of them compatible; findings of Java: {dict(rules)}"
        )
    for question, java, ours in disagreements[:5]:
        print(json.dumps(question), "\n  java:", java, "\n  ours:", ours)
    assert not disagreements
    assert compared >= min(WANTED_PAIRS, 10_000)
    assert 0.2 <= share <= 0.8
    assert counts["invalid"] >= compared // 50
    assert min(rules.values()) >= compared // 200
    assert len(rules) == 6
