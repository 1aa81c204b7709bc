from apps.libraries.watch import targets
from apps.libraries.watch.notices import Notices


def test_of_many_notices_that_came_meanwhile_one_is_told() -> None:
    notices = Notices()
    assert notices.wait(10)  # it may have missed some before it listened
    for _ in range(3):
        targets._tell()
    assert notices.wait(10)
    assert not notices.wait(0.1)
    notices._leave()
