"""What scans find is explained, and no package comes without a licence."""

from collections import Counter

import pytest

from redprop.common import licences, source_scan


def test_no_package_is_without_a_licence():
    _page, wrong = licences.listed()
    assert wrong == []
    assert len(licences.locked()) > 100


def test_the_list_of_licences_names_every_package_of_the_lock():
    listed = {
        line.split("|")[1].strip() for line in licences.LIST.read_text().splitlines() if line.startswith("| ")
    }
    assert set(licences.locked()) - listed == set()


def test_a_forbidden_or_missing_licence_is_named(monkeypatch):
    monkeypatch.setattr(licences, "locked", lambda: {"alpha": "1", "beta": "2"})
    monkeypatch.setattr(licences, "licence_of", {"alpha": "AGPL-3.0", "beta": ""}.get)
    assert licences.listed()[1] == ["alpha is under AGPL-3.0.", "beta names no licence."]


def test_one_finding_more_or_less_than_explained_is_told():
    told = Counter({("B608", "a.py"): 2, ("B101", "b.py"): 1})
    assert source_scan.differences(told, told) == []
    assert source_scan.differences(told + Counter({("B608", "a.py"): 1}), told) == [
        "B608 in a.py: found 3, explained 2."
    ]
    assert source_scan.differences(Counter({("B608", "a.py"): 2}), told) == [
        "B101 in b.py: found 0, explained 1."
    ]


def test_every_kind_of_finding_has_its_reason():
    assert source_scan.explained().total() > 50


@pytest.mark.faults  # a quarter of a minute
def test_bandit_leaves_nothing_unexplained():
    assert source_scan.differences(source_scan.found(), source_scan.explained()) == []
