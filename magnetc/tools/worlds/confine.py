"""Run a command that cannot do more than its recipe may: one file, standard library only, for any Python from 3.9 on.

`python -I -S confine.py RULES COMMAND…`, where RULES is the JSON of `rules`. In this order: limits of resources, no
capabilities, Landlock (what may be read and written), seccomp (no sockets, no processes), then the command takes the
place of this process. With `processes`, it stays as the parent: it counts what the command starts, and ends all of it.

Nothing here needs privileges, a package or a program: bubblewrap would hide more, but wants user namespaces, which many
containers refuse, and is then no confinement at all. What a kernel does not have is left out; `in_force` says what.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import platform
import resource
import signal
import struct
import sys

SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/opt", "/nix", "/proc", "/sys/devices/system",
          "/sys/fs/cgroup", "/sys/kernel/mm", "/dev/random", "/dev/urandom", "/dev/zero", "/etc/ld.so.cache",
          "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/fonts", "/etc/group", "/etc/host.conf",
          "/etc/hosts", "/etc/localtime", "/etc/mime.types", "/etc/nsswitch.conf", "/etc/passwd", "/etc/pki",
          "/etc/resolv.conf", "/etc/ssl", "/etc/timezone", "/etc/gitconfig")
"""What any program may read: itself and its libraries, nothing of the user's."""

EXCEEDED = 96
"""Exit status where a command started more processes than it may."""

FAILED = 97
"""Exit status where the command could not be confined, or not be started."""

_libc = ctypes.CDLL(None, use_errno=True)

# Landlock, include/uapi/linux/landlock.h

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_EXECUTE, _WRITE, _READ, _LIST = 1, 1 << 1, 1 << 2, 1 << 3
_DEVICES = 1 << 6 | 1 << 11
_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
"""Every right on files that a version of the interface knows, by version."""
_OF_A_FILE = _EXECUTE | _WRITE | _READ | 1 << 14 | 1 << 15


def landlock_version():
    """Of the interface; 0 where the kernel has none, or keeps it switched off."""
    return max(_libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1), 0) if sys.platform == "linux" else 0


def restrict_files(read, write, tcp=None):
    """Read and execute below `read`, do anything below `write`; `tcp`: connect and listen at these ports alone."""
    version = landlock_version()
    if not version:
        return
    files = _FILES[min(version, 5)]
    net = 3 if tcp is not None and version >= 4 else 0
    rules = struct.pack("QQQ", files, net, 3 if version >= 6 else 0)[: 8 if version < 4 else 16 if version < 6 else 24]
    ruleset = _checked(_libc.syscall(_CREATE_RULESET, rules, ctypes.c_size_t(len(rules)), 0), "landlock_create_ruleset")
    looks = _EXECUTE | _READ | _LIST
    changes = files & ~_DEVICES
    for paths, rights in ((read, looks), (("/dev/null",), looks | _WRITE), (write, changes)):
        for path in paths:
            _allow_path(ruleset, path, rights)
    for port in tcp or () if net else ():
        _checked(_libc.syscall(_ADD_RULE, ruleset, 2, struct.pack("QQ", net, port), 0), "landlock_add_rule")
    _checked(_libc.syscall(_RESTRICT_SELF, ruleset, 0), "landlock_restrict_self")
    os.close(ruleset)


def _allow_path(ruleset, path, rights):
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no leave
    if not os.path.isdir(path):
        rights &= _OF_A_FILE
    _checked(_libc.syscall(_ADD_RULE, ruleset, 1, struct.pack("=Qi", rights, place), 0), "landlock_add_rule")
    os.close(place)


# Seccomp: system calls by number, for the two machines that Python is most run on

_NUMBERS = {
    "x86_64": (0xC000003E, {
        "socket": 41, "clone": 56, "fork": 57, "vfork": 58, "kill": 62, "chmod": 90, "fchmod": 91, "chown": 92,
        "fchown": 93, "lchown": 94, "ptrace": 101, "rt_sigqueueinfo": 129, "mount": 165, "umount2": 166, "reboot": 169,
        "setxattr": 188, "lsetxattr": 189, "fsetxattr": 190, "tkill": 200, "tgkill": 234, "kexec_load": 246,
        "add_key": 248, "request_key": 249, "keyctl": 250, "fchownat": 260, "fchmodat": 268, "unshare": 272,
        "rt_tgsigqueueinfo": 297, "perf_event_open": 298, "prlimit64": 302, "setns": 308, "process_vm_readv": 310,
        "process_vm_writev": 311, "memfd_create": 319, "bpf": 321, "userfaultfd": 323}),
    "aarch64": (0xC00000B7, {
        "setxattr": 5, "lsetxattr": 6, "fsetxattr": 7, "umount2": 39, "mount": 40, "fchmod": 52, "fchmodat": 53,
        "fchownat": 54, "fchown": 55, "unshare": 97, "kexec_load": 104, "ptrace": 117, "kill": 129, "tkill": 130,
        "tgkill": 131, "rt_sigqueueinfo": 138, "reboot": 142, "socket": 198, "add_key": 217, "request_key": 218,
        "keyctl": 219, "clone": 220, "rt_tgsigqueueinfo": 240, "perf_event_open": 241, "prlimit64": 261, "setns": 268,
        "process_vm_readv": 270, "process_vm_writev": 271, "memfd_create": 279, "bpf": 280, "userfaultfd": 282}),
}
_ANYWHERE = {"pidfd_send_signal": 424, "io_uring_setup": 425, "pidfd_open": 434, "clone3": 435, "pidfd_getfd": 438,
             "fchmodat2": 452}
_NEVER = ("ptrace", "process_vm_readv", "process_vm_writev", "mount", "umount2", "reboot", "kexec_load", "setns",
          "unshare", "bpf", "perf_event_open", "add_key", "request_key", "keyctl", "userfaultfd", "pidfd_getfd")
_OF_OTHERS = ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "prlimit64")
_ALONE = ("fork", "vfork", "chmod", "fchmod", "chown", "fchown", "lchown", "fchownat", "fchmodat", "fchmodat2", "setxattr", "lsetxattr",
          "fsetxattr", "tkill", "pidfd_send_signal", "pidfd_open", "memfd_create")
_ALLOW, _ERRNO, _THREAD = 0x7FFF0000, 0x00050000, 0x00010000


def seccomp_machine():
    """The numbers of this machine's system calls; None where they are not known."""
    return _NUMBERS.get(platform.machine()) if sys.platform == "linux" and sys.maxsize > 1 << 32 else None


def restrict_calls(network, alone, ticket=0):
    """Refuse system calls: those no tool needs; sockets without `network`; processes, and the modes of files, when `alone`.

    A process that passes `ticket` (64 bits, 0 for none) in the third argument of `clone` may make one all the same.
    """
    machine = seccomp_machine()
    if machine is None:
        return
    architecture, numbers = machine
    numbers = {**numbers, **_ANYWHERE}
    refused = {**dict.fromkeys(_NEVER, errno.EPERM), "io_uring_setup": errno.ENOSYS}
    bodies = {}
    if not network:
        refused["socket"] = errno.EACCES
    if alone:
        refused.update(dict.fromkeys(_ALONE, errno.EPERM))
        refused["clone3"] = errno.ENOSYS  # its arguments cannot be looked into; the C library falls back to `clone`
        bodies = {name: _own(os.getpid()) for name in _OF_OTHERS} | {"clone": _clone(ticket)}
    bodies.update((name, [_return(_ERRNO | number)]) for name, number in refused.items())
    code = [_load(4), _jump(architecture, 1, 0), _return(_ERRNO | errno.EPERM), _load(0)]
    if architecture == 0xC000003E:
        code += [(0x35, 0, 1, 0x40000000), _return(_ERRNO | errno.ENOSYS)]  # the x32 calls have other numbers
    for name, body in bodies.items():
        if name in numbers:
            code += [_jump(numbers[name], 0, len(body)), *body]
    code.append(_return(_ALLOW))
    filters = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in code))
    program = struct.pack("HxxxxxxP", len(code), ctypes.addressof(filters))
    _checked(_libc.prctl(22, 2, program, 0, 0), "seccomp")


def _load(offset):
    return 0x20, 0, 0, offset


def _jump(value, then, other):
    return 0x15, then, other, value


def _return(value):
    return 0x06, 0, 0, value


def _own(pid):
    """Only at this process: its number, or 0, comes first."""
    return [_load(16), _jump(pid, 2, 0), _jump(0, 1, 0), _return(_ERRNO | errno.EPERM), _return(_ALLOW)]


def _clone(ticket):
    """Threads, or the one with the ticket."""
    shown = [_load(32), _jump(ticket & 0xFFFFFFFF, 0, 2), _load(36), _jump(ticket >> 32, 1, 0)] if ticket else []
    threads = [_load(16), (0x45, len(shown) + 1, 0, _THREAD)]
    return [*threads, *shown, _return(_ERRNO | errno.EPERM), _return(_ALLOW)]


# The rest


def in_force():
    """What this machine's kernel can enforce: `files`, `network`, `processes`."""
    seccomp = seccomp_machine() is not None and _libc.prctl(21, 0, 0, 0, 0) >= 0
    return {"files": landlock_version() > 0, "network": seccomp, "processes": seccomp}


def limit(rules):
    """Resources: address space, the size of a file, open files; never a core file."""
    asked = {resource.RLIMIT_CORE: 0, resource.RLIMIT_AS: rules.get("memory"), resource.RLIMIT_FSIZE: rules.get("disk"),
             resource.RLIMIT_NOFILE: rules.get("files")}
    for kind, most in asked.items():
        if most is not None:
            hard = resource.getrlimit(kind)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (most, most))


def confine(rules):
    """All of it, for good, in this process and those it starts."""
    limit(rules)
    if sys.platform != "linux":
        return
    for capability in range(64):
        if capability not in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH: Landlock holds, whoever owns a file
            _libc.prctl(24, capability, 0, 0, 0)
    _checked(_libc.prctl(38, 1, 0, 0, 0), "no_new_privs")
    restrict_files((*SYSTEM, *rules["read"]), rules["write"], rules.get("tcp"))
    restrict_calls(rules.get("network") or rules.get("tcp") is not None, not rules.get("processes"),
                   rules.get("ticket", 0))


def end_with_parent(number):
    """Have this process sent the signal `number` when the one that started it ends."""
    parent = os.getppid()
    if sys.platform == "linux":
        _libc.prctl(1, number, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(FAILED)


def supervise(rules, command):
    """Run the command as a child; end it and all it started when it ends, starts too many, or this one is told to end."""
    awaited = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    _libc.prctl(36, 1, 0, 0, 0)  # what its children leave behind comes to this process
    child = os.fork()
    if not child:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, awaited)
        end_with_parent(signal.SIGKILL)
        start(rules, command)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    status = None
    while status is None:
        got = signal.sigtimedwait(awaited, 0.1)
        told = got is not None and got.si_signo != signal.SIGCHLD
        ended, how = _reap(child)
        if told or ended:
            status = how if ended else 128 + signal.SIGTERM
        elif len(descendants()) > rules["processes"]:
            os.write(2, b"more than %d processes were started\n" % rules["processes"])
            status = EXCEEDED
    while left := descendants():
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in left:
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    pass
        _reap(child)
    os._exit(status)


def _reap(child):
    """(whether `child` has ended, its status) after collecting all that has."""
    ended, status = False, 0
    while True:
        try:
            pid, how = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended, status
        if not pid:
            return ended, status
        if pid == child:
            ended, status = True, os.WEXITSTATUS(how) if os.WIFEXITED(how) else 128 + os.WTERMSIG(how)


def descendants():
    """Processes below this one, parents first."""
    found = [os.getpid()]
    for pid in found:
        try:
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/children") as file:
                    found += map(int, file.read().split())
        except OSError:
            pass  # it has ended
    return found[1:]


def start(rules, command):
    """Confine this process and let the command take its place."""
    try:
        confine(rules)
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"{error.filename or ''}{': ' if error.filename else ''}{error.strerror}\n".encode())
        os._exit(FAILED)


def _checked(result, name):
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")
    return result


def main():
    rules, command = json.loads(sys.argv[1]), sys.argv[2:]
    end_with_parent(signal.SIGTERM if rules.get("processes") else signal.SIGKILL)
    if rules.get("processes"):
        supervise(rules, command)
    start(rules, command)


if __name__ == "__main__":
    main()
