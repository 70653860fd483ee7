"""What the app holds for the person who uses it: points with their reasons, first cards, language and look."""

from playwright.sync_api import expect

from tests.browser.phone import ASSOCIATE, PASSWORD, PATIENCE_MS, Phone, until
from tests.browser.proxy import FaultProxy, Network
from tests.company import Company

HEAD_OFFICE = "+85251000001"
DARK_PAPER, LIGHT_PAPER = "rgb(21, 23, 28)", "rgb(251, 250, 247)"


def test_points_tell_their_reasons_and_new_rules_are_read_without_signal(
    phone: Phone, proxy: FaultProxy, running_company: Company
) -> None:
    page = phone.page
    me = running_company.sign_in(ASSOCIATE, PASSWORD).get("/me")["id"]
    phone.sign_in()
    phone.go("/m/points")
    expect(page.locator(".standing .mine")).to_contain_text("You")
    newest = page.locator(".entry").filter(has_text="promised time").first
    newest.locator("summary").click()
    expect(newest.locator(".facts")).to_contain_text("The customer kept the time free for us.")
    expect(newest.locator(".facts")).to_contain_text("There at")
    number = newest.locator(".facts a").inner_text()
    shown = page.locator(".entry").count()
    phone.press("Show older points")
    expect(page.locator(".entry").nth(shown)).to_be_visible(timeout=PATIENCE_MS)

    words = dict.fromkeys(("zh_Hans", "zh_Hant", "en"), "Version 2")
    published = running_company.sign_in(HEAD_OFFICE, PASSWORD).post("/points/rules", {"summary": words, "rules": []})
    phone.go("/m/me")
    expect(page.locator(".way").filter(has_text="My points")).to_contain_text("New rules", timeout=PATIENCE_MS)
    phone.wait_until_sent()

    proxy.become(Network.DOWN)
    phone.go("/m/points")
    phone.press("I have read them")
    expect(page.locator(".rules")).to_have_count(0)
    expect(phone.sync).to_contain_text("1 waiting")
    again = page.locator(".entry").filter(has_text="promised time").first
    again.locator("summary").click()
    expect(again.locator(".facts")).to_contain_text("The customer kept the time free for us.")
    expect(again.locator(".facts a")).to_have_text(number)
    phone.press("Show older points")
    expect(page.get_by_text("Older points need a connection.")).to_be_visible()

    # Nor does it take signal to say that no texts about work are wanted.
    phone.go("/m/me")
    texts = page.get_by_role("radiogroup", name="Texts about your work")
    expect(texts.get_by_role("radio", name="Send me texts")).to_be_checked()
    texts.get_by_role("radio", name="No texts").click()
    expect(phone.sync).to_contain_text("2 waiting")
    phone.go("/m/unsent")
    expect(page.locator(".unsent-row").filter(has_text="Texts about your work")).to_have_count(1)

    proxy.become(Network.UP)
    phone.wait_until_sent()
    wanted = "select work_texts from staff where id = %(me)s"
    assert running_company.value(wanted, me=me) is False
    phone.go("/m/me")
    expect(texts.get_by_role("radio", name="No texts")).to_be_checked()
    texts.get_by_role("radio", name="Send me texts").click()
    running_company.wait_for(wanted, me=me)
    read = running_company.value(
        "select count(*) from points_acknowledgement where rule_set_id = %(rules)s and staff_id = %(me)s",
        rules=published["id"],
        me=me,
    )
    assert read == 1


def test_first_cards_leave_for_good_and_the_look_is_the_persons_own(phone: Phone) -> None:
    page = phone.page
    page.emulate_media(color_scheme="light")
    phone.sign_in()
    tour = page.get_by_role("region", name="First steps")
    expect(tour.get_by_role("heading", name="Your day, in its order")).to_be_visible()
    tour.get_by_role("button", name="Next card").press("Enter")
    expect(tour.get_by_role("heading", name="No signal? Go on.")).to_be_focused()
    expect(page.locator(".day-progress")).to_be_visible()
    tour.get_by_role("button", name="Skip").click()
    expect(tour).to_have_count(0)
    expect(page.locator("#main")).to_be_focused()
    phone.go("/m/")
    expect(page.locator(".day-progress")).to_be_visible()
    expect(tour).to_have_count(0)

    def paper() -> str:
        return page.evaluate("getComputedStyle(document.documentElement).backgroundColor")

    phone.go("/m/me")
    assert paper() == LIGHT_PAPER
    page.get_by_role("radio", name="Dark").check(force=True)
    assert paper() == DARK_PAPER
    page.get_by_role("radio", name="Very large").check(force=True)
    page.get_by_role("radio", name="繁體中文").check(force=True)
    expect(page.get_by_role("heading", name="這部手機")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "zh-Hant"
    phone.go("/m/")
    until(lambda: paper() == DARK_PAPER, what="the dark colours after a reload")
    assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") > 20
    assert phone.complaints == []
