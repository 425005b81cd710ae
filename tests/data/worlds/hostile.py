"""A world whose tools take what they can get, or go where they should not."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path


class HostileWorld:
    def __init__(self, state, seed, now):
        self.count = (state or {"count": 0})["count"]

    def state(self):
        return {"count": self.count}

    def add(self):
        self.count += 1
        return {"count": self.count}

    def fork_bomb(self):
        while True:
            os.fork()

    def start_processes(self):
        return {"status": subprocess.run(["true"], check=False).returncode}

    def write(self, path):
        Path(path).write_text("escaped", encoding="utf-8")
        return {"written": path}

    def delete(self, path):
        Path(path).unlink()

    def empty(self, path):
        os.truncate(path, 0)

    def read(self, path):
        return {"text": Path(path).read_text(encoding="utf-8")}

    def entries(self):
        return sorted(path.name for path in Path().iterdir())

    def go_elsewhere(self, path):
        os.chdir(path)

    def parents_secrets(self):
        return {"environment": Path(f"/proc/{os.getppid()}/environ").read_text()}

    def call_home(self, port):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"secret")

    def say_by_datagram(self, port):
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"secret", ("127.0.0.1", port))

    def kill_parent(self):
        os.kill(os.getppid(), signal.SIGKILL)

    def spin(self):
        while True:
            pass

    def spin_behind(self):
        threading.Thread(target=self.spin, daemon=True).start()

    def allocate(self, size):
        return {"size": len(bytearray(size))}

    def print_much(self, size):
        for _ in range(size // 65536):
            sys.stdout.write("x" * 65536)
        return {"printed": size}

    def answer_much(self, size):
        return {"text": "x" * size}

    def fill_disk(self, size):
        with open("big", "wb") as file:
            for _ in range(size >> 20):
                file.write(b"x" * (1 << 20))

    def fill_disk_with_files(self):
        for number in range(10_000_000):
            with open(f"part{number}", "wb") as file:
                file.write(b"x" * (1 << 20))
                file.flush()
        time.sleep(60)

    def leave(self):
        os._exit(7)

    def close_everything(self):
        os.closerange(0, 64)

    def forge(self):
        for descriptor in range(3, 10):
            try:
                os.write(descriptor, b'{"ok": []}\n{"ok": []}\n')
            except OSError:
                pass

    def open_files(self, count):
        return {"open": len([open("/dev/null") for _ in range(count)])}
