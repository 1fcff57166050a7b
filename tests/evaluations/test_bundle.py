"""The published bundle: the same bytes again, verified without a database, caught when altered."""

import json
import random
import subprocess
import sys
import zipfile
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest

from evaluations.scoring import canonical, messages
from evaluations.scoring import verify as verify_module
from evaluations.scoring.__main__ import main
from evaluations.scoring.bundle import FILES, Content, Entry, pack, write_zip
from evaluations.scoring.evaluate import Enterprise, Subject, evaluate
from evaluations.scoring.listing import NAMED
from evaluations.scoring.reading import parse, read_zip
from evaluations.scoring.sample import SAMPLE
from evaluations.scoring.transforms import Value

ROOT = Path(__file__).resolve().parents[2]


def content(seed=7, projects=40):
    """Return a made-up quarter with all colours in it, and its outcome."""
    rnd = random.Random(seed)
    subjects = tuple(
        Subject(
            f"P{i:03d}",
            enterprise=f"E{i % 9}",
            group=rnd.choice(["old", "professional"]),
            days=rnd.choice([92, 92, 92, 30]),
            households=rnd.randint(50, 900),
            area=D(rnd.randint(5000, 90000)),
            population=rnd.randint(20, 600),
            vetoes=("V03",) if i == 5 else (),
            preceding_colour="watch" if i % 7 == 0 else "",
            preceding_tail=i % 7 == 0,
        )
        for i in range(projects)
    )
    values = {item.code: {} for item in SAMPLE.items}
    for i, subject in enumerate(subjects):
        strength = 1 if i < 6 else rnd.choice([0.95, 0.8, 0.6])
        for item in SAMPLE.items:
            n = rnd.randint(25, 60)
            if item.code in ("commitments_reopened", "deductions"):
                value = Value(D(rnd.randint(0, 2)) if i >= 6 else D(0), None, 1)
            elif item.code == "onsite_inspection":
                value = Value(D(int(300 * strength)), D(3), 3)
            else:
                value = Value(D(int(n * strength)), D(n), n)
            if rnd.random() > 0.05 or i < 6:
                values[item.code][subject.key] = value
    enterprises = tuple(Enterprise(f"E{i}") for i in range(9))
    outcome = evaluate(SAMPLE, subjects, enterprises, values)
    entries = []
    for level, standings in (("project", outcome.standings), ("enterprise", outcome.enterprise_standings)):
        for key, standing in standings.items():
            if standing.colour in NAMED:
                reasons = tuple(reason.as_json() for reason in standing.reasons)
                entries.append(
                    Entry(key, level, {"project": f"项目{key}"}, str(standing.colour), reasons, f"salt{key}")
                )
    made = Content(
        "420102", "2026Q3", "final", 3, "ab" * 32, SAMPLE, subjects, enterprises, values, tuple(entries)
    )
    return made, outcome


@pytest.fixture
def made():
    return content()


@pytest.fixture
def packed(made):
    return pack(*made)


@pytest.fixture
def bundle(tmp_path, packed):
    path = tmp_path / "OUT.zip"
    write_zip(path, packed.files)
    return path


def rewrite(path, name, change):
    """Alter one file of the bundle and bring every digest up to date, as a careful forger would."""
    files = read_zip(path)
    files[name] = change(files[name].decode()).encode()
    manifest = json.loads(files["manifest.json"])
    if name in manifest["files"]:
        manifest["files"][name] = canonical.sha256(files[name])
    if name == "entries.jsonl":
        entries = [json.loads(line) for line in files[name].decode().splitlines()]
        manifest["entries"] = {entry["subject"]: canonical.digest(entry) for entry in entries}
    if name != "manifest.json":
        del manifest["digest"]
        manifest["digest"] = canonical.digest(manifest)
        files["manifest.json"] = canonical.encode(manifest)
    write_zip(path, files)


def test_the_example_has_every_colour(made):
    colours = {str(s.colour) for s in made[1].standings.values()}
    assert {"red", "black", "watch", "unlisted"} <= colours


def test_a_bundle_verifies_and_says_so_in_chinese(bundle, capsys):
    assert main([str(bundle)]) == 0
    said = capsys.readouterr().out
    assert "一致" in said
    assert "40 个项目" in said


def test_the_same_content_gives_the_same_bytes(tmp_path, made):
    write_zip(tmp_path / "a.zip", pack(*made).files)
    shuffled = replace(
        made[0], subjects=tuple(reversed(made[0].subjects)), entries=tuple(reversed(made[0].entries))
    )
    write_zip(tmp_path / "b.zip", pack(shuffled, made[1]).files)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_bundle_parses_back_to_what_was_packed(made, packed):
    back = parse(packed.files).content
    assert back.rubric == made[0].rubric
    assert {s.key: s for s in back.subjects} == {s.key: s for s in made[0].subjects}
    assert back.values == made[0].values
    assert {e.subject for e in back.entries} == {e.subject for e in made[0].entries}


def first_number(text, field):
    """Return the text with the first stated `field` raised by one hundredth of nothing more than a digit."""
    lines = text.splitlines()
    for i, line in enumerate(lines):
        row = json.loads(line)
        if row.get(field) is not None:
            row[field] = str(D(row[field]) + 1)
            lines[i] = canonical.dumps(row)
            return "\n".join(lines) + "\n"
    raise AssertionError(field)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("cards.jsonl", "points"),
        ("cards.jsonl", "total"),
        ("cards.jsonl", "rank"),
        ("values.jsonl", "raw"),
        ("values.jsonl", "numerator"),
        ("values.jsonl", "denominator"),
    ],
)
def test_one_altered_number_fails_even_when_all_digests_are_redone(bundle, capsys, name, field):
    rewrite(bundle, name, lambda text: first_number(text, field))
    assert main([str(bundle)]) == 1
    assert name in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "field"), [("values.jsonl", "n"), ("cards.jsonl", "points"), ("values.jsonl", "numerator")]
)
def test_one_altered_number_fails_by_its_digest(bundle, capsys, name, field):
    files = read_zip(bundle)
    files[name] = first_number(files[name].decode(), field).encode()
    write_zip(bundle, files)
    assert main([str(bundle)]) == 1
    assert "摘要不符" in capsys.readouterr().out


def test_an_altered_limit_of_the_rubric_changes_the_colours_and_fails(bundle):
    rewrite(bundle, "rubric.json", lambda text: text.replace('"red_min":"90"', '"red_min":"99.9"'))
    assert main([str(bundle)]) == 1


def test_a_rubric_that_no_longer_adds_up_is_reported_without_computing(bundle, capsys):
    rewrite(bundle, "rubric.json", lambda text: text.replace('"points":"25"', '"points":"26"'))
    assert main([str(bundle), "--language", "en"]) == 1
    assert "add up to 101" in capsys.readouterr().out


def test_an_altered_sequence_in_the_manifest_fails(bundle):
    rewrite(bundle, "manifest.json", lambda text: text.replace('"sequence":"3"', '"sequence":"4"'))
    assert main([str(bundle)]) == 1


def test_an_altered_colour_reason_or_a_dropped_entry_fails(bundle, capsys):
    files = read_zip(bundle)
    rewrite(bundle, "entries.jsonl", lambda text: text.replace('"colour":"black"', '"colour":"watch"', 1))
    assert main([str(bundle)]) == 1
    assert "black" in capsys.readouterr().out
    write_zip(bundle, files)
    rewrite(bundle, "entries.jsonl", lambda text: text.split("\n", 1)[1])
    assert main([str(bundle)]) == 1
    assert "没有条目" in capsys.readouterr().out


def test_a_removed_card_line_and_a_line_too_many_fail(bundle):
    rewrite(bundle, "cards.jsonl", lambda text: text.split("\n", 1)[1])
    assert main([str(bundle)]) == 1
    rewrite(bundle, "cards.jsonl", lambda text: text + text.splitlines()[-1] + "\n")
    assert main([str(bundle)]) == 1


def test_a_struck_entry_is_left_out_with_its_reason(tmp_path, made):
    given, outcome = made
    struck = given.entries[0].subject
    without = replace(given, entries=given.entries[1:], left_out={struck: "struck"})
    write_zip(tmp_path / "x.zip", pack(without, outcome).files)
    assert main([str(tmp_path / "x.zip")]) == 0
    still = replace(given, left_out={struck: "struck"})
    write_zip(tmp_path / "y.zip", pack(still, outcome).files)
    assert main([str(tmp_path / "y.zip")]) == 1


def test_a_tombstone_keeps_digest_and_chain_and_is_called_withdrawn(tmp_path, made, packed, capsys):
    given, outcome = made
    gone = given.entries[0]
    entries = (
        replace(gone, names={}, reasons=(), colour="", salt="", withdrawn="expired"),
        *given.entries[1:],
    )
    again = pack(replace(given, entries=entries), outcome, packed.entry_digests)
    assert again.digest == packed.digest
    assert b"salt" + gone.subject.encode() not in again.files["entries.jsonl"]
    write_zip(tmp_path / "t.zip", again.files)
    assert main([str(tmp_path / "t.zip")]) == 0
    assert "已停止公示" in capsys.readouterr().out


def test_the_chain_to_the_preceding_release_is_checked(tmp_path, made, packed):
    write_zip(tmp_path / "one.zip", packed.files)
    second = pack(replace(made[0], sequence=4, previous=packed.digest), made[1])
    write_zip(tmp_path / "two.zip", second.files)
    assert main([str(tmp_path / "two.zip"), "--previous", str(tmp_path / "one.zip")]) == 0
    assert main([str(tmp_path / "one.zip"), "--previous", str(tmp_path / "two.zip")]) == 1


def test_no_json_number_stands_in_a_bundle(packed):
    def refuse(text):
        raise AssertionError(text)

    for name in FILES:
        for line in packed.files[name].decode().splitlines():
            json.loads(line, parse_int=refuse, parse_float=refuse)


@pytest.mark.parametrize("cut", [0, 10, 500, -30])
def test_a_truncated_file_gets_a_sentence(bundle, capsys, cut):
    data = bundle.read_bytes()
    bundle.write_bytes(data[:cut])
    assert main([str(bundle)]) == 1
    assert "OUT.zip" in capsys.readouterr().out


def test_other_files_get_a_sentence(tmp_path, packed, capsys):
    path = tmp_path / "x.zip"
    path.write_text("not a zip")
    assert main([str(path)]) == 1
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert main([str(path)]) == 1
    assert "manifest.json" in capsys.readouterr().out
    for name, text in (
        ("manifest.json", "[]"),
        ("context.json", "{}"),
        ("values.jsonl", "{\n"),
        ("cards.jsonl", "3\n"),
        ("entries.jsonl", '{"subject":"P001"}\n'),
        ("rubric.json", '{"total_scale":100}'),
    ):
        write_zip(path, {**packed.files, name: text.encode()})
        assert main([str(path)]) == 1
        assert name.split(".")[0] in capsys.readouterr().out.replace("评分标准", "rubric")
    write_zip(path, {**packed.files, "values.jsonl": b"\xff\xfe"})
    assert main([str(path)]) == 1


def test_wrong_usage_exits_with_two(tmp_path):
    for arguments in ([], [str(tmp_path / "nothing.zip")], ["a", "b"]):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 2


def test_the_module_runs_without_settings_or_database(bundle):
    done = subprocess.run(
        [sys.executable, "-m", "evaluations.scoring", str(bundle)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_everything_the_verifier_says_has_its_chinese():
    templates = [
        value for name, value in vars(verify_module).items() if name.isupper() and isinstance(value, str)
    ]
    templates += [messages.SAME, messages.WITHDRAWN, messages.DIFFERENT, messages.MORE]
    assert [text for text in templates if text not in messages.CHINESE] == []


def nodes(data, path=()):
    """Every place in JSON data, as a path."""
    yield path
    if isinstance(data, dict):
        for key, value in data.items():
            yield from nodes(value, (*path, key))
    elif isinstance(data, list):
        for i, value in enumerate(data):
            yield from nodes(value, (*path, i))


STRANGE = [None, True, "", "x", "-1", "0", "1e999999999", "NaN", "9" * 30, [], {}, ["x"], {"x": "y"}]


@pytest.mark.parametrize("changes", [40, pytest.param(300, marks=pytest.mark.faults)])
def test_whatever_stands_in_a_bundle_the_verifier_answers_with_a_sentence(
    tmp_path, made, packed, capsys, changes
):
    """Single changes of any value to something strange, with all digests redone: never a traceback, never "identical"."""
    rnd = random.Random(3)
    path = tmp_path / "x.zip"
    for _ in range(changes):
        name = rnd.choice([*FILES[1:], "entries.jsonl"])
        lines = packed.files[name].decode().splitlines()
        at = rnd.randrange(len(lines))
        row = json.loads(lines[at])
        place = rnd.choice(list(nodes(row)))
        strange = rnd.choice(STRANGE)
        if not place:
            row = strange
        else:
            target = row
            for step in place[:-1]:
                target = target[step]
            if target[place[-1]] == strange:
                continue
            target[place[-1]] = strange
        lines[at] = canonical.dumps(row)
        write_zip(path, packed.files)
        try:
            rewrite(path, name, lambda text, lines=lines: "\n".join(lines) + "\n")
        except (TypeError, KeyError, AttributeError):
            continue  # the forger's own tool gave up
        code = main([str(path)])
        said = capsys.readouterr().out
        assert code in (0, 1)
        assert said.strip()
        if (
            code == 0
        ):  # harmless: names and salts are free text, preceding colours and unused clauses move nothing
            assert name in ("entries.jsonl", "context.json", "rubric.json", "values.jsonl"), (
                name,
                place,
                strange,
            )


@pytest.mark.parametrize("name", FILES)
def test_one_altered_byte_in_any_file_of_a_bundle_is_found(tmp_path, made, packed, capsys, name):
    """Every region of every file, the tombstone among the entries as well; digests are not redone."""
    given, outcome = made
    gone = given.entries[0]
    entries = (Entry(gone.subject, gone.level, withdrawn="expired"), *given.entries[1:])
    files = pack(replace(given, entries=entries), outcome, packed.entry_digests).files
    content = files[name]
    path = tmp_path / "x.zip"
    write_zip(path, files)
    assert main([str(path)]) == 0
    size = len(content)
    positions = {*range(0, size, max(1, size // 16)), *range(0, min(size, 90), 7), size - 1}
    if name == "entries.jsonl":
        end = content.index(b"withdrawn") + len(b'withdrawn":"expired"')
        positions |= set(range(end - 70, end, 2))
    for at in sorted(positions):
        altered = content[:at] + bytes([content[at] ^ 0x01]) + content[at + 1 :]
        write_zip(path, {**files, name: altered})
        assert main([str(path)]) == 1, (name, at, altered[max(0, at - 20) : at + 20])
    capsys.readouterr()


def test_a_damaged_byte_gets_a_sentence_and_never_a_traceback(bundle, capsys):
    data = bundle.read_bytes()
    for at in range(0, len(data), max(1, len(data) // 150)):
        bundle.write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
        assert main([str(bundle)]) in (0, 1)
        assert capsys.readouterr().out.strip()
