"""The second factor on a telephone, in a real browser: set up, ten recovery codes, and the way in when the phone is lost."""

from redprop.accounts.models import SignInEntry
from tests.accounts.test_second_factor import code_now

WIDTH = 390


def signed_in(page, username: str) -> None:
    page.goto("/accounts/sign-in/?next=/accounts/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", "pw")
    page.click("main form button")


def test_a_new_phone_is_set_up_and_a_recovery_code_stands_in_for_a_lost_one(
    cast, chromium, live_server, settings
):
    settings.SECOND_FACTOR_REQUIRED = True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False
    context = chromium.new_context(
        viewport={"width": WIDTH, "height": 844}, locale="zh-CN", base_url=live_server.url
    )
    page, troubles = context.new_page(), []
    page.set_default_timeout(15_000)
    page.on("console", lambda message: message.type == "error" and troubles.append(message.text))
    signed_in(page, "registrar")
    page.wait_for_url("**/second-factor/new/")
    picture = page.locator("main svg").bounding_box()
    assert picture["width"] >= 180
    assert page.evaluate("document.documentElement.scrollWidth") == WIDTH
    page.fill("[name=code]", code_now(page.inner_text("code.key").replace(" ", "")))
    page.press("[name=code]", "Enter")
    page.wait_for_selector("text=请保存好")
    codes = page.locator("main li code").all_inner_texts()
    assert len(codes) == 10
    assert page.evaluate("document.documentElement.scrollWidth") == WIDTH
    page.click("a.btn-primary")
    page.wait_for_url("**/accounts/")

    context.clear_cookies()
    signed_in(page, "registrar")
    page.wait_for_url("**/accounts/code/")
    page.click("a[href*=recovery]")
    page.fill("[name=code]", codes[3].lower())
    page.press("[name=code]", "Enter")
    page.wait_for_url("**/accounts/")
    assert "还剩 9 个" in page.inner_text("body").replace("还剩9个", "还剩 9 个")
    assert SignInEntry.objects.filter(kind="recovery_taken", user=cast.registrar).count() == 1
    assert troubles == []
    context.close()
