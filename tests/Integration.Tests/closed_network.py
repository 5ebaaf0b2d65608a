"""Runs a program in an empty network of its own, in which one port of loopback leads out: through a Unix socket.

To be run as root of a new network namespace: closed_network.py PORT SOCKET OTHER_PORTS PROGRAM ARGUMENT...
First it says which of the other ports, with commas between, can be reached from here.
"""
import ctypes
import fcntl
import signal
import socket
import struct
import subprocess
import sys
import threading

SIOCSIFFLAGS, IFF_UP, PR_SET_PDEATHSIG = 0x8914, 1, 1


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    try:
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def relay(inside, path):
    outside = socket.socket(socket.AF_UNIX)
    outside.connect(path)
    threading.Thread(target=pump, args=(inside, outside), daemon=True).start()
    pump(outside, inside)
    inside.close()
    outside.close()


def serve(listener, path):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=relay, args=(connection, path), daemon=True).start()


def is_open(port):
    with socket.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


port, path, others, program = int(sys.argv[1]), sys.argv[2], [int(p) for p in sys.argv[3].split(",")], sys.argv[4:]
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
listener = socket.create_server(("127.0.0.1", port))
threading.Thread(target=serve, args=(listener, path), daemon=True).start()
print("open:", *[p for p in others if is_open(p)], flush=True)
libc = ctypes.CDLL(None)
child = subprocess.Popen(program, preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
sys.exit(child.wait())
