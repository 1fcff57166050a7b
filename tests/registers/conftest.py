"""A few compounds, enterprises, projects and contracts in both districts, made by the services."""

import datetime as dt
from dataclasses import dataclass

import pytest

from communities.models import Compound, ServiceContract
from communities.services.compounds import create_compound
from communities.services.contracts import assign_compound, save_contract
from enterprises.models import Enterprise, ServiceProject
from enterprises.services.enterprises import save_enterprise, save_project
from tests.entered import entered_once

START = dt.date(2020, 1, 1)


def uscc(number: int) -> str:
    """A credit code with a right check character (GB 32100-2015)."""
    from stdnum.cn import uscc as standard

    body = f"91420102MA4K{number:05d}"
    return body + standard.calc_check_digit(body)


@dataclass
class World:
    """What the tests of one district speak of."""

    compound: Compound
    old: Compound
    market: Enterprise
    welfare: Enterprise
    project: ServiceProject
    welfare_project: ServiceProject
    contract: ServiceContract
    welfare_contract: ServiceContract


def make_world(district, community, number: int) -> World:
    """One compound with professional service, one old one, two enterprises with a project and a contract each."""
    compound = create_compound(
        district=district,
        code=f"XQ{number}01",
        name=f"后湖花园{number}期",
        registered_from=START,
        kind="professional",
        community=community,
        acting_user=None,
        households=300,
    )
    old = create_compound(
        district=district,
        code=f"XQ{number}02",
        name=f"台北路{number}号院",
        registered_from=START,
        kind="old",
        community=community,
        acting_user=None,
    )
    enterprises, projects, contracts = [], [], []
    for place, kind in enumerate(["market", "public_welfare"]):
        enterprise = Enterprise(
            district=district,
            uscc=uscc(number * 100 + place),
            name=f"{'市场' if kind == 'market' else '公益'}物业{number}有限公司",
            kind=kind,
            registered_from=START,
        )
        enterprises.append(save_enterprise(enterprise=enterprise, acting_user=None))
        project = ServiceProject(
            district=district,
            enterprise=enterprise,
            code=f"XM{number}{place}",
            name=f"{enterprise.name}项目",
            started_on=START,
        )
        projects.append(save_project(project=project, acting_user=None))
        contract = ServiceContract(
            district=district,
            project=project,
            number=f"HT{number}{place}",
            kind="service" if kind == "market" else "trusteeship",
            signed_on=START,
            valid_from=START,
            valid_to=dt.date(2026, 12, 1),
        )
        contracts.append(save_contract(contract=contract, acting_user=None))
    return World(compound, old, *enterprises, *projects, *contracts)


@pytest.fixture
def world(cast) -> World:
    """The small district's."""
    return entered_once("world", lambda: served_world(cast), on=cast.objects())


def served_world(cast) -> World:
    """The registers of the small district, its compound with a provider."""
    found = make_world(cast.district, cast.community, 1)
    assign_compound(contract=found.contract, compound=found.compound, valid_from=START, acting_user=None)
    return found


@pytest.fixture
def neighbour(cast) -> World:
    """The same in the other district."""
    community = cast.foreign["community_secretary"].postings.get().community
    found = make_world(cast.other_district, community, 2)
    assign_compound(contract=found.contract, compound=found.compound, valid_from=START, acting_user=None)
    return found


@pytest.fixture
def registrar(cast, client):
    """A browser in which the registrar is signed in."""
    client.force_login(cast.registrar)
    return client
