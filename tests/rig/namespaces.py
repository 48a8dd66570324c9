"""Namespaces of our own: the rig runs inside, so that no packet, mount or process of it is seen outside.

When the first process of the inner namespace ends, the kernel ends all others of it.
"""
import os
import shutil
import subprocess
import sys

INSIDE = "PARLEY_RIG_INSIDE"
ENTER = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
# Mounts over what would be seen outside, and tries whether a tunnel can be made.
TRY = "mount -t tmpfs rig /run && ip netns add try && ip tuntap add dev try mode tun"


def inside():
    return os.environ.get(INSIDE) == "1"


def command():
    """Root makes namespaces as it is; everybody else in a user namespace, where the system allows it."""
    return ENTER if os.geteuid() == 0 else [*ENTER, "--user", "--map-root-user"]


def what_is_missing():
    """A sentence, or None where everything is there."""
    for program, package in (("unshare", "util-linux"), ("nsenter", "util-linux"), ("ip", "iproute2")):
        if not shutil.which(program):
            return f"the command {program} is not installed (package {package})"
    tried = subprocess.run([*command(), "sh", "-c", TRY], capture_output=True, text=True, check=False)
    if tried.returncode == 0:
        return None
    said = (tried.stderr.strip().splitlines() or [f"exit code {tried.returncode}"])[-1]
    return f"this machine gives no right to make network namespaces and tunnels ({said})"


def enter():
    """Runs this program again inside; does not come back."""
    os.environ[INSIDE] = "1"
    os.execvp("unshare", [*command(), sys.executable, *sys.argv])


def prepare():
    """Once inside: what is written here is not seen outside."""
    for folder in ("/run", "/dev/shm"):
        subprocess.run(["mount", "-t", "tmpfs", "rig", folder], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
