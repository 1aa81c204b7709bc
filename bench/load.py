"""A small HTTP/1.1 client for load: bounded in time, loopback only."""

import socket
import threading
import time
from dataclasses import dataclass, field


@dataclass
class Load:
    """Keep-alive GET requests from several threads for some seconds."""

    port: int
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    threads: int = 8
    seconds: float = 5.0
    requests: int = 0
    bytes: int = 0

    def rate(self) -> float:
        """Requests a second."""
        return self._run() and self.requests / self.seconds

    def throughput(self) -> float:
        """Bytes a second."""
        return self._run() and self.bytes / self.seconds

    def _run(self) -> float:
        lock = threading.Lock()
        deadline = time.monotonic() + self.seconds

        def work() -> None:
            count, size = _requests(self, deadline)
            with lock:
                self.requests += count
                self.bytes += size

        workers = [threading.Thread(target=work) for _ in range(self.threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return self.seconds


def _requests(load: Load, deadline: float) -> tuple[int, int]:
    lines = [f"GET {load.path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in load.headers.items()]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    count = size = 0
    buffer = bytearray(1 << 18)
    with socket.create_connection(("127.0.0.1", load.port), timeout=30) as connection:
        while time.monotonic() < deadline:
            connection.sendall(request)
            size += _body(connection, buffer, deadline)
            count += 1
    return count, size


def _body(connection: socket.socket, buffer: bytearray, deadline: float) -> int:
    head = b""
    while b"\r\n\r\n" not in head:
        received = connection.recv(65536)
        if not received:
            raise ConnectionError("the server closed the connection")
        head += received
    text, _, rest = head.partition(b"\r\n\r\n")
    status, *fields = text.split(b"\r\n")
    if status.split()[1] not in (b"200", b"206"):
        raise RuntimeError(status.decode())
    length = next(int(f.split(b":")[1]) for f in fields if f.lower().startswith(b"content-length"))
    received = len(rest)
    while received < length and time.monotonic() < deadline + 5:
        read = connection.recv_into(buffer)
        if not read:
            raise ConnectionError("the server closed the connection")
        received += read
    return received
