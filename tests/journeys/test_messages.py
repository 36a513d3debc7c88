import uuid

import pytest
from django.conf import settings
from playwright.sync_api import expect

from accounts import erasure
from messaging import messages, threads
from tests.factories import NOW, end_all_care
from tests.live_site import wait_until
from tests.signing_in import cookie_of, signed_in

pytestmark = pytest.mark.journey


@pytest.fixture
def thread(site, visit):
    return threads.open_for(visit, now=NOW)


@pytest.fixture
def open_thread(page_for, thread):
    def open_page(person, **options):
        page = page_for(person.user, **options)
        page.goto(f"/messages/{thread.id}/")
        return page

    return open_page


def write(page, words):
    page.get_by_label("Your message").fill(words)
    page.get_by_role("button", name="Send").click()


def test_a_message_arrives_without_reload(open_thread, alice, dr_bob, axe):
    hers, his = open_thread(alice, viewport={"width": 360, "height": 740}), open_thread(dr_bob)

    write(hers, "Two nights without waking.")

    expect(his.get_by_role("log")).to_contain_text("Two nights without waking.")
    expect(hers.get_by_role("log")).to_contain_text("Sent")
    expect(hers.get_by_label("Your message")).to_be_empty()

    write(his, "Good to hear.")

    expect(hers.get_by_role("log")).to_contain_text("Good to hear.")
    assert [page.locator(".msg").count() for page in (hers, his)] == [2, 2]
    axe(hers)
    axe(his)


def test_what_is_seen_on_the_open_page_is_read(open_thread, alice, dr_bob, thread):
    hers, his = open_thread(alice), open_thread(dr_bob)
    write(hers, "Hello")
    expect(his.get_by_role("log")).to_contain_text("Hello")

    wait_until(lambda: thread.messages.get().read_at is not None)


def test_words_outlast_a_lost_connection_and_are_sent_once(open_thread, alice, thread):
    page = open_thread(alice)
    page.route("**/messages/**", lambda route: route.abort())

    write(page, "Friday was hard.")

    expect(page.get_by_text("Not sent. Your words are still here.")).to_have_class(
        "notice notice--warning"
    )
    expect(page.get_by_label("Your message")).to_have_value("Friday was hard.")

    page.unroute("**/messages/**")
    page.get_by_role("button", name="Send").click()

    expect(page.locator(".msg")).to_have_count(1)
    assert thread.messages.count() == 1


def test_a_refusal_keeps_the_words_and_says_why(open_thread, alice):
    page = open_thread(alice)

    write(page, "x" * 4001)

    expect(page.get_by_text("4000 is the most that fits")).to_be_visible()
    expect(page.get_by_label("Your message")).to_have_value("x" * 4001)


def test_a_page_that_lost_its_socket_gets_what_it_missed(open_thread, alice, dr_bob, thread):
    page = open_thread(alice)
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    messages.send(
        thread=thread, body="While away", message_id=uuid.uuid4(), by=dr_bob.user, now=NOW
    )
    page.context.set_offline(False)

    expect(page.get_by_role("log")).to_contain_text("While away")


def test_a_message_can_be_sent_without_javascript(open_thread, alice):
    page = open_thread(alice, java_script_enabled=False)

    write(page, "Hello")

    expect(page.locator(".msg")).to_contain_text("Hello")


def test_whoever_signs_out_elsewhere_is_told_and_keeps_the_words(open_thread, alice, site):
    page = open_thread(alice)
    page.get_by_label("Your message").fill("Still typing")
    page.context.clear_cookies()

    page.get_by_role("button", name="Send").click()

    expect(page.get_by_text("What you typed is still on this page")).to_be_visible()
    expect(page.get_by_label("Your message")).to_be_hidden()

    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": cookie_of(signed_in(alice.user))}
    page.context.add_cookies([{**cookie, "url": site}])

    expect(page.get_by_label("Your message")).to_have_value("Still typing")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log")).to_contain_text("Still typing")


def test_the_words_are_not_shown_to_somebody_else(open_thread, alice, mallory, site):
    page = open_thread(alice)
    page.get_by_label("Your message").fill("Still typing")
    page.context.clear_cookies()
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": cookie_of(signed_in(mallory.user))}
    page.context.add_cookies([{**cookie, "url": site}])

    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(page.get_by_text("You are signed out.").last).to_be_visible()
    page.wait_for_timeout(6000)  # it has asked again meanwhile
    expect(page.get_by_label("Your message")).to_be_hidden()


def asked(page):
    """What the browser asked before it left the page; each time the answer is to stay."""
    questions = []
    page.on("dialog", lambda dialog: (questions.append(dialog.type), dialog.dismiss()))
    return questions


def test_a_reload_asks_before_it_loses_words(open_thread, alice):
    page = open_thread(alice)
    questions = asked(page)
    page.get_by_label("Your message").press_sequentially("It came back.")

    page.evaluate("() => { setTimeout(() => location.reload()) }")

    wait_until(lambda: page.evaluate("1") and questions == ["beforeunload"])
    expect(page.get_by_label("Your message")).to_have_value("It came back.")


def test_a_reload_asks_before_it_loses_files_without_words(open_thread, alice):
    page = open_thread(alice)
    questions = asked(page)
    chosen = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"Hi"}
    page.get_by_label("Photos or files").set_input_files(chosen)
    page.get_by_label("Your message").click()  # a browser asks nobody who did nothing

    page.evaluate("() => { setTimeout(() => location.reload()) }")

    wait_until(lambda: page.evaluate("1") and questions == ["beforeunload"])


def test_where_care_ends_while_one_writes_the_page_says_so_and_keeps_the_words(
    open_thread, alice, thread
):
    page = open_thread(alice)
    faults, questions = [], asked(page)
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    write(page, "It came back.")
    expect(page.locator(".msg")).to_have_count(1)
    end_all_care()

    write(page, "On Friday.\nAnd on Sunday.")

    expect(page.get_by_text("so nobody would read a message here")).to_be_visible()
    expect(page.get_by_text("This was not sent. Copy it if you need it:")).to_be_visible()
    expect(page.locator(".letter")).to_have_text("On Friday.And on Sunday.")
    expect(page.get_by_text("Not sent. Your words are still here.")).to_have_count(0)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.reload()
    expect(page.get_by_text("so nobody would read a message here")).to_be_visible()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.reload()
    assert (faults, questions, thread.messages.count()) == ([], [], 1)


def test_a_record_that_was_erased_meanwhile_is_no_fault_of_the_connection(
    open_thread, alice, dr_bob, biller, thread
):
    page = open_thread(dr_bob)
    erasure.erase(patient=alice, reason="request", by=biller, now=NOW)

    write(page, "How did the week go?")

    expect(page.get_by_text("This record was erased")).to_be_visible()
    expect(page.locator(".letter")).to_have_text("How did the week go?")
    assert thread.messages.count() == 0


def test_sent_words_hold_nobody_up_and_a_quick_exit_is_never_held_up(open_thread, alice):
    page = open_thread(alice)
    questions = asked(page)
    write(page, "It came back.")
    expect(page.locator(".msg")).to_have_count(1)

    page.reload()
    page.get_by_label("Your message").press_sequentially("He is in the room")
    page.route("https://**", lambda route: route.fulfill(body="weather"))
    page.get_by_role("link", name="Quick exit").click()

    page.wait_for_url("https://**")
    assert questions == []
