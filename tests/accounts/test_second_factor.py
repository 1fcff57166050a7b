"""The second factor: who needs it, a code counts once, codes are few tries, a lost phone takes two persons."""

import datetime as dt
import re
import threading
from base64 import b32decode

import pytest
import time_machine
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.utils import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import totp

from redprop.accounts.models import FactorReset, SecondFactor, SignInEntry, SignInSession, User
from redprop.accounts.services import second_factor as services
from redprop.common.errors import Refused

SIGN_IN = "/accounts/sign-in/"
MORNING = dt.datetime(2026, 11, 2, 1, 0, tzinfo=dt.UTC)


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR_REQUIRED = True


def signed_in(username: str, **kwargs) -> Client:
    client = Client(**kwargs)
    assert client.post(SIGN_IN, {"username": username, "password": "pw"}).status_code == 302
    return client


def code_now(key: str) -> str:
    """The code that an authenticator would show (RFC 6238, SHA-1, 30 s, 6 digits)."""
    return f"{totp(b32decode(key)):06d}"


def key_on(page: str) -> str:
    return re.search(r'<code class="key">([A-Z2-7 ]+)</code>', page).group(1).replace(" ", "")


def given(user: User) -> tuple[str, list[str]]:
    """Set up a second factor; returns its key and the recovery codes."""
    key = services.new_key()
    _device, codes = services.enrol(user=user, key=key, token=code_now(key))
    return key, codes


pytestmark = pytest.mark.django_db


def test_known_codes_of_rfc_6238():
    key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890"
    with time_machine.travel(dt.datetime(2009, 2, 13, 23, 31, 30, tzinfo=dt.UTC), tick=False):
        assert services.step_of(key, "005924") == 0x273EF07
        assert services.step_of(key, "005925") is None


@pytest.mark.parametrize("role", ["registrar", "subdistrict_clerk", "inspector", "audit_administrator"])
def test_whoever_gets_into_the_admin_sets_it_up_at_the_first_sign_in_and_gets_nowhere_before(
    cast, required, role
):
    client = signed_in(role)
    for page in ("/admin/", "/desk/", "/accounts/", "/accounts/password/", "/admin/accounts/user/"):
        assert client.get(page)["Location"] == reverse("accounts:enrol"), page
    assert client.post("/accounts/devices/end/")["Location"] == reverse("accounts:enrol")
    page = client.get(reverse("accounts:enrol")).content.decode()
    assert "<svg" in page
    assert " style=" not in page
    wrong = client.post(reverse("accounts:enrol"), {"code": "000000"})
    assert wrong.status_code == 200
    assert not SecondFactor.objects.exists()
    done = client.post(reverse("accounts:enrol"), {"code": code_now(key_on(page))})
    codes = re.findall(r"<code>([A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4})</code>", done.content.decode())
    assert len(set(codes)) == 10
    assert "no-store" in done["Cache-Control"]
    assert client.get(reverse("accounts:account")).status_code == 200
    assert client.get("/admin/").status_code == 200
    stored = SecondFactor.objects.get()
    assert key_on(page) not in stored.sealed_key
    assert not set(codes) & set(stored.recovery_hashes)


@pytest.mark.parametrize("role", ["community_secretary", "enterprise_contact"])
def test_secretaries_and_contacts_may_have_one_and_need_not(cast, required, role):
    client = signed_in(role)
    assert client.get("/desk/").status_code == 200
    given(User.objects.get(username=role))
    assert signed_in(role).get("/desk/")["Location"] == reverse("accounts:code")


def test_a_demo_is_entered_by_the_password_alone_and_says_so(cast, settings):
    assert settings.DEMO
    assert not settings.SECOND_FACTOR_REQUIRED
    assert signed_in("registrar").get("/admin/").status_code == 200
    assert "只需密码" in Client().get(SIGN_IN).content.decode()
    settings.SECOND_FACTOR_REQUIRED = True
    assert "只需密码" not in Client().get(SIGN_IN).content.decode()


def test_a_session_from_before_the_rule_was_switched_on_does_not_pass_either(cast, settings):
    client = signed_in("registrar")
    assert client.get("/admin/").status_code == 200
    settings.SECOND_FACTOR_REQUIRED = True
    assert client.get("/admin/")["Location"] == reverse("accounts:enrol")


def test_after_the_code_one_comes_where_one_wanted_to_go_and_never_to_another_site(cast, required):
    with time_machine.travel(MORNING, tick=False) as clock:
        key, _codes = given(cast.registrar)
        for number, (wish, lands) in enumerate(
            [("/admin/accounts/user/?q=x", "/admin/accounts/user/?q=x"), ("https://evil.example/", "/admin/")]
        ):
            clock.shift(dt.timedelta(minutes=1))
            client = Client()
            client.post(SIGN_IN, {"username": "registrar", "password": "pw", "next": wish})
            before = client.session.session_key
            answer = client.post(reverse("accounts:code"), {"code": code_now(key)})
            assert answer["Location"] == lands, number
            assert client.session.session_key != before


def test_a_code_counts_once_and_not_again_in_a_second_browser(cast, required):
    with time_machine.travel(MORNING, tick=False) as clock:
        key, _codes = given(cast.registrar)
        clock.shift(dt.timedelta(seconds=40))
        code = code_now(key)
        first, second = signed_in("registrar"), signed_in("registrar")
        assert first.post(reverse("accounts:code"), {"code": code}).status_code == 302
        assert second.post(reverse("accounts:code"), {"code": code}).status_code == 200
        assert second.get("/admin/")["Location"] == reverse("accounts:code")
        clock.shift(dt.timedelta(seconds=30))
        assert second.post(reverse("accounts:code"), {"code": code_now(key)}).status_code == 302


def test_the_code_that_set_it_up_is_used_up(cast, required):
    with time_machine.travel(MORNING, tick=False):
        key, _codes = given(cast.registrar)
        with pytest.raises(Refused):
            services.take_code(user=cast.registrar, token=code_now(key))


def test_after_five_wrong_codes_the_right_one_waits_five_minutes_and_never_longer_than_an_hour(
    cast, required
):
    with time_machine.travel(MORNING, tick=False) as clock:
        key, _codes = given(cast.registrar)
        clock.shift(dt.timedelta(minutes=1))
        client = signed_in("registrar")
        for _number in range(5):
            client.post(reverse("accounts:code"), {"code": "123 45"})
        page = client.post(reverse("accounts:code"), {"code": code_now(key)})
        assert page.status_code == 200
        assert "09:06:00" in page.content.decode()
        clock.shift(dt.timedelta(minutes=4, seconds=59))
        assert client.post(reverse("accounts:code"), {"code": code_now(key)}).status_code == 200
        clock.shift(dt.timedelta(seconds=2))
        assert client.post(reverse("accounts:code"), {"code": code_now(key)}).status_code == 302
        device = SecondFactor.objects.get()
        device.throttling_failure_count, device.throttling_failure_timestamp = 500, timezone.now()
        assert device.waits_until == timezone.now() + dt.timedelta(hours=1)


def test_a_recovery_code_lets_in_once_however_it_is_typed(cast, required):
    _key, codes = given(cast.registrar)
    typed = codes[3].lower().replace("-", " ")
    client = signed_in("registrar")
    answer = client.post(reverse("accounts:code") + "?recovery", {"code": typed})
    assert answer.status_code == 302
    assert "9" in client.get("/accounts/").content.decode()
    assert signed_in("registrar").post(reverse("accounts:code"), {"code": codes[3]}).status_code == 200
    assert SignInEntry.objects.filter(kind="recovery_taken", user=cast.registrar).count() == 1


def test_new_recovery_codes_void_the_old_ones_and_cost_a_code(cast):
    with time_machine.travel(MORNING, tick=False):
        _key, codes = given(cast.registrar)
        client = signed_in("registrar")
        client.post(reverse("accounts:code"), {"code": codes[0]})
        page = reverse("accounts:second-factor")
        assert client.post(page, {"wish": "codes", "code": "999999"}).status_code == 200
        assert client.post(page, {"wish": "codes", "code": codes[1]}).status_code == 200
        with pytest.raises(Refused):
            services.take_code(user=cast.registrar, token=codes[2])


def test_another_phone_is_set_up_against_a_code_of_the_old_one(cast, required):
    with time_machine.travel(MORNING, tick=False) as clock:
        key, codes = given(cast.registrar)
        client = signed_in("registrar")
        client.post(reverse("accounts:code"), {"code": codes[0]})
        # Not by the address alone
        assert client.get(reverse("accounts:enrol"))["Location"] == reverse("accounts:second-factor")
        client.post(reverse("accounts:second-factor"), {"wish": "phone", "code": codes[1]})
        new = key_on(client.get(reverse("accounts:enrol")).content.decode())
        assert client.post(reverse("accounts:enrol"), {"code": code_now(new)}).status_code == 200
        clock.shift(dt.timedelta(minutes=1))
        for old in (code_now(key), codes[2]):
            with pytest.raises(Refused):
                services.take_code(user=cast.registrar, token=old)
        services.take_code(user=cast.registrar, token=code_now(new))


def test_it_is_switched_off_only_where_it_is_not_required(cast, settings):
    _key, codes = given(cast.registrar)
    settings.SECOND_FACTOR_REQUIRED = True
    with pytest.raises(Refused, match="要求"):
        services.switch_off(user=cast.registrar, token=codes[0])
    settings.SECOND_FACTOR_REQUIRED = False
    services.switch_off(user=cast.registrar, token=codes[0])
    assert not User.objects.get(pk=cast.registrar.pk).has_second_factor


def test_a_half_signed_in_session_is_nobody_on_public_pages_and_ends_after_a_quarter_of_an_hour(
    cast, required
):
    with time_machine.travel(MORNING, tick=False) as clock:
        given(cast.registrar)
        client = signed_in("registrar")
        request = client.get("/find/").wsgi_request
        assert not request.user.is_authenticated
        clock.shift(dt.timedelta(minutes=16))
        assert client.get("/admin/").status_code == 302
        assert not client.get(SIGN_IN).wsgi_request.user.is_authenticated


# A lost phone


def asked(cast, **kwargs) -> FactorReset:
    facts = {
        "user": cast.registrar,
        "reason": "手机遗失，本人持工作证当面说明",
        "acting_user": cast.system_administrator,
    }
    return services.ask_reset(district=cast.district, **facts | kwargs)


def test_a_lost_phone_takes_two_administrators_and_the_user_sets_up_a_new_one(cast, required):
    given(cast.registrar)
    client = signed_in("registrar")
    reset = asked(cast)
    with pytest.raises(Refused, match="三个人"):
        services.decide_reset(reset=reset, grant=True, acting_user=cast.system_administrator)
    services.decide_reset(reset=reset, grant=True, acting_user=cast.security_administrator)
    assert not SignInSession.objects.filter(user=cast.registrar).exists()
    assert client.get("/admin/").status_code == 302
    assert signed_in("registrar").get("/admin/")["Location"] == reverse("accounts:enrol")
    with pytest.raises(Refused):
        services.decide_reset(reset=reset, grant=False, note="x", acting_user=cast.audit_administrator)


def test_the_database_itself_wants_two_persons(cast):
    given(cast.registrar)
    reset = asked(cast)
    with pytest.raises(IntegrityError, match="factor_reset_two_persons"):
        FactorReset.objects.filter(pk=reset.pk).update(
            state="granted", decided_by=cast.system_administrator, decided_at=timezone.now()
        )


def test_a_reset_names_a_reason_is_asked_once_and_never_for_oneself(cast):
    given(cast.registrar)
    for wrong in ({"reason": " "}, {"acting_user": cast.registrar}):
        with pytest.raises(Refused):
            asked(cast, **wrong)
    asked(cast)
    with pytest.raises(Refused):
        asked(cast)


@pytest.mark.django_db(transaction=True)
def test_of_two_requests_at_once_with_one_code_one_passes():
    user = User.objects.create(username="racer", password=make_password("pw"))
    with time_machine.travel(MORNING, tick=False) as clock:
        key, codes = given(user)
        clock.shift(dt.timedelta(minutes=1))
        for token in (code_now(key), codes[0]):
            outcomes, start = [], threading.Barrier(4)

            def attempt(token: str = token, start=start, outcomes=outcomes) -> None:
                try:
                    start.wait()
                    services.take_code(user=User.objects.get(pk=user.pk), token=token)
                    outcomes.append("in")
                except Refused:
                    outcomes.append("refused")
                finally:
                    connections.close_all()

            threads = [threading.Thread(target=attempt) for _number in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert sorted(outcomes) == ["in", "refused", "refused", "refused"]
            SecondFactor.objects.update(throttling_failure_count=0)


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_log_is_kept_by_the_database_for_half_a_year(cast):
    signed_in("registrar")
    run("SET CONSTRAINTS ALL IMMEDIATE")
    entry = SignInEntry.objects.get(kind="signed_in")
    for statement in (
        "UPDATE accounts_signinentry SET username = 'x'",
        "DELETE FROM accounts_signinentry",
        "TRUNCATE accounts_signinentry",
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            run(statement)
    old = SignInEntry.objects.create(kind="signed_in", at=timezone.now() - dt.timedelta(days=181))
    old.delete()
    assert SignInEntry.objects.get() == entry


def test_whoever_runs_the_server_can_reset_when_nobody_else_is_left(cast):
    given(cast.system_administrator)
    call_command(
        "reset_second_factor", "system_administrator", "--reason", "两位管理员手机同时遗失", "--json"
    )
    assert not User.objects.get(username="system_administrator").has_second_factor
    assert SignInEntry.objects.get(kind="factor_reset").detail == "两位管理员手机同时遗失"
    with pytest.raises(SystemExit):
        call_command("reset_second_factor", "system_administrator", "--reason", "x")
