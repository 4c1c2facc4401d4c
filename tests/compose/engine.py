"""A system of docker-compose.yml for tests: its containers by service, their addresses, kills from outside, commands inside.

Containers are killed by kill -9 of their first process, not by `docker kill`: after that an engine would not start them again."""

import json
import os
import pathlib
import signal
import subprocess


def run(*command, ok=(0,), timeout=300, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL, check=False, **more)
    if done.returncode not in ok:
        raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done


class Engine:
    def __init__(self, folder, compose):
        self.folder = pathlib.Path(folder)
        self.command = compose
        self.project = os.environ["COMPOSE_PROJECT_NAME"]
        self.label = f"wangli.test={os.environ['WANGLI_TAG']}"
        self.image = f"wangli/services:{os.environ['WANGLI_TAG']}"
        lines = (self.folder / ".env").read_text(encoding="utf-8").splitlines()
        self.env = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))

    def compose(self, *words, **more):
        return run(*self.command, *words, cwd=self.folder, **more)

    def tools(self, *words, **more):
        """A command of the operator, as docs/operators.md tells him."""
        return self.compose("exec", "-T", "tools", "wangli", *words, **more)

    def sql(self, query):
        return self.tools("psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", query, timeout=60).stdout.strip()

    # --- containers ---

    def containers(self):
        """All of the project: id → what `docker inspect` says, one-shot ones left out."""
        ids = run("docker", "ps", "-aq", "--filter", f"label=com.docker.compose.project={self.project}").stdout.split()
        done = run("docker", "inspect", *ids, ok=(0, 1)) if ids else None
        found = json.loads(done.stdout) if done else []
        return {one["Id"]: one for one in found if one["Config"]["Labels"].get("com.docker.compose.oneoff") != "True"
                and self.service(one) != "migrate"}

    @staticmethod
    def service(container):
        return container["Config"]["Labels"]["com.docker.compose.service"]

    @staticmethod
    def addresses(container):
        return {net["IPAddress"] for net in container["NetworkSettings"]["Networks"].values() if net["IPAddress"]}

    def unhealthy(self):
        return [one["Name"] for one in self.containers().values()
                if one["State"].get("Health", {}).get("Status") != "healthy" or not one["State"]["Running"]]

    @staticmethod
    def kill(container):
        """False when it was not running just now."""
        state = json.loads(run("docker", "inspect", container["Id"]).stdout)[0]["State"]
        if not state["Running"] or state["Pid"] == 0:
            return False
        try:
            os.kill(state["Pid"], signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def logs(self):
        """Lines by service, of the processes that write JSON."""
        for one in self.containers().values():
            name = self.service(one)
            if name not in ("postgres", "proxy", "tools"):
                said = run("docker", "logs", one["Id"])
                yield name, (said.stdout + said.stderr).splitlines()
