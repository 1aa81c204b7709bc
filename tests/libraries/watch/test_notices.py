from apps.core.valkey.clients import client
from apps.libraries.watch.notices import Notices
from apps.libraries.watch.targets import CHANNEL


def test_of_many_notices_that_came_meanwhile_one_is_told() -> None:
    notices = Notices()
    assert notices.wait(10)  # it may have missed some before it listened
    with client().pipeline(transaction=True) as many:  # they arrive together
        for _ in range(3):
            many.publish(CHANNEL, "")
        many.execute()
    assert notices.wait(10)
    assert not notices.wait(0.1)
    notices._leave()
