import threading
import time
from pathlib import Path

from revenge.stack.logs import LogFile, LogWriter


def test_a_log_is_rotated_by_size_and_keeps_three_files(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "web.log", max_bytes=100, files=3)
    for number in range(10):
        log.write(b"%02d" % number + b"x" * 57 + b"\n")
    log.close()
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert sizes == {"web.log": 60, "web.log.1": 60, "web.log.2": 60}
    newest = [(tmp_path / name).read_bytes()[:2] for name in ("web.log", "web.log.1", "web.log.2")]
    assert newest == [b"09", b"08", b"07"]


def test_a_log_goes_on_where_the_last_run_ended(tmp_path: Path) -> None:
    path = tmp_path / "web.log"
    path.write_bytes(b"y" * 95)
    log = LogFile(path, max_bytes=100)
    log.write(b"0123456789")
    log.close()
    assert path.read_bytes() == b"0123456789"
    assert (tmp_path / "web.log.1").read_bytes() == b"y" * 95


def test_the_writer_writes_what_is_queued_before_it_closes(tmp_path: Path) -> None:
    writer = LogWriter()
    log = LogFile(tmp_path / "web.log")
    for number in range(500):
        writer.write(log, b"%d\n" % number)
    writer.close()
    assert (tmp_path / "web.log").read_bytes().split() == [b"%d" % n for n in range(500)]


class HangingFile(LogFile):
    """A file on a disk that does not answer until `answers` is set."""

    answers = threading.Event()

    def write(self, chunk: bytes) -> None:
        self.answers.wait(10)
        super().write(chunk)


def test_a_disk_that_hangs_holds_nobody_up(tmp_path: Path) -> None:
    writer = LogWriter()
    log = HangingFile(tmp_path / "web.log")
    for _ in range(5000):
        writer.write(log, b"line\n")
    HangingFile.answers.set()
    while writer._chunks.qsize() > 500:
        time.sleep(0.001)
    writer.write(log, b"last\n")
    writer.close()
    written = (tmp_path / "web.log").read_bytes()
    assert len(written) < 5000 * 5
    assert written.endswith(b" bytes of output were dropped)\nlast\n")


def test_a_log_folder_that_is_gone_is_survived(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    writer = LogWriter()
    log = LogFile(folder / "web.log")
    writer.write(log, b"lost\n")
    while writer._chunks.qsize():
        time.sleep(0.001)
    folder.mkdir()
    writer.write(log, b"kept\n")
    writer.close()
    assert (folder / "web.log").read_bytes() in {b"kept\n", b"lost\nkept\n"}
