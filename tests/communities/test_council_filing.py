"""Two phones at once, minutes that a file brought, and what is kept encrypted under an old key."""

import base64
import threading
import time

from django.db import connection

from communities.models import CouncilMeeting, CouncilResolution
from communities.services import council_follow_ups, councils, resealing, volunteers
from communities.services.council_minutes import Follow
from redprop.common.errors import Refused
from redprop.public import changes, publishing, tasks
from tests.communities.council import HELD, convene, file, resolved, said, seat
from tests.town import build_town


def test_two_phones_filing_at_once_leave_one_meeting(settings, transactional_db, monkeypatch) -> None:
    settings.DEMO = True
    town = build_town()
    people = seat(town)
    meeting = convene(town)
    barrier, outcomes, terms_on = threading.Barrier(2), [], councils.terms_on

    def slowly(*args):
        # Past the check of the draft, before anything is written: without the lock both would get here.
        time.sleep(0.4)
        return terms_on(*args)

    monkeypatch.setattr(councils, "terms_on", slowly)

    def write(text: str) -> None:
        try:
            barrier.wait()
            file(town, meeting, said(people, 5, resolved(text=text)))
            outcomes.append("done")
        except Refused as error:
            outcomes.append(error.code)
        except Exception as error:
            outcomes.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(text,)) for text in ("每月清理。", "每周清理。")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # The second finds the meeting filed: a sentence, no IntegrityError.
    assert sorted(outcomes) == ["done", "filed"]
    assert CouncilMeeting.objects.get().attendance.count() == 6
    assert CouncilResolution.objects.count() == 1


def test_news_of_a_council_is_rendered_once_and_again_when_a_task_is_done(
    town, settings, tmp_path, monkeypatch
) -> None:
    settings.PUBLISHED_ROOT = tmp_path / "published"
    settings.PUBLISHED_ROOT.mkdir()
    rendered: list[str] = []
    monkeypatch.setattr(publishing.adapters, "districts_published", lambda: [town.district])
    monkeypatch.setattr(publishing, "publish_district", lambda district: rendered.append(district.code))
    tasks.publish_changes()
    assert len(rendered) == 1
    tasks.publish_changes()
    assert len(rendered) == 1
    people = seat(town)
    follow = Follow(what="张贴通知", responsible="社区干事", due_on=HELD)
    meeting = file(town, convene(town), said(people, 5, resolved(follow=follow)))
    tasks.publish_changes()
    assert len(rendered) == 2
    councils_row = meeting.resolutions.get().follow_ups.get()
    before = changes.digest_of(town.district)
    council_follow_ups.finish_task(
        follow_up=councils_row, outcome="已张贴。", photo=None, acting_user=town.secretary
    )
    assert changes.digest_of(town.district) != before
    tasks.publish_changes()
    tasks.publish_changes()
    assert len(rendered) == 3


def test_what_cannot_be_rendered_is_tried_again(town, settings, tmp_path, monkeypatch) -> None:
    settings.PUBLISHED_ROOT = tmp_path
    monkeypatch.setattr(publishing.adapters, "districts_published", lambda: [town.district])

    def full(_district) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "publish_district", full)
        assert publishing.publish_changes() == 0
    monkeypatch.setattr(publishing, "publish_district", lambda district: (0, 0))
    assert publishing.publish_changes() == 1


def test_signs_of_households_move_to_a_new_key_and_an_unreadable_one_holds_up_nobody(
    town, settings, caplog
) -> None:
    rows = [
        volunteers.begin_help(
            community=town.a1, sign=sign, service="care", consent_on=HELD, acting_user=town.secretary
        )
        for sign in ("甲3", "乙5")
    ]
    broken = rows[0]
    type(broken).objects.filter(pk=broken.pk).update(sign_cipher="gone:AAAA")
    assert resealing.reseal_rows() == {}
    settings.DATA_KEYS = [f"new:{base64.b64encode(b'n' * 32).decode()}", *settings.DATA_KEYS]
    assert resealing.reseal_rows() == {"communities.HouseholdHelp": 1}
    rows[1].refresh_from_db()
    assert rows[1].sign_cipher.startswith("new:")
    settings.DATA_KEYS = settings.DATA_KEYS[:1]
    assert volunteers.sign_of(rows[1]) == "乙5"
    assert resealing.reseal_rows() == {}
    assert "gone" in caplog.text
    assert "乙5" not in caplog.text
