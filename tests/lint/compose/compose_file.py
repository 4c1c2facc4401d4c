#!/usr/bin/env python3
"""docker-compose.yml without Docker: every process guarded, watched, limited and started again; published ports in front alone; secrets
only as files and only where they are needed; nothing that one of docker-compose 1.29, the v2 plugin and `docker stack deploy` would
refuse or ignore; every setting known to its program and explained in .env.example. At last each rule is broken once, to see it speak.

compose_file.py PROJECT"""

import copy
import pathlib
import re
import sys

try:
    import yaml
except ImportError:
    print("SKIP: python3-yaml is not installed")
    sys.exit(77)

# What all three take and honour in a service; `deploy` stands for mem_limit and restart, `volumes` for tmpfs.
KEYS = {"build", "cap_drop", "command", "depends_on", "deploy", "environment", "healthcheck", "image", "init", "logging", "networks",
        "ports", "read_only", "secrets", "security_opt", "stop_grace_period", "volumes"}
DEPLOY_KEYS = {"resources", "restart_policy"}
ONE_SHOT = {"migrate"}
PUBLISHED = {"proxy"}
OUTSIDE = {"proxy", "edge", "portal", "media", "tools"}
HOLDERS = {"vault": {"intake"}, "door.key": {"edge"}, "bus.key": {"bus"}, "operator": {"tools"},
           "pg_postgres": {"postgres", "migrate", "tools"}, "portal.secret": {"portal"}, "querycode": {"intake"}}
LIBPQ = {"PGHOST", "PGSSLMODE", "PGCHANNELBINDING", "PGTARGETSESSIONATTRS"}
PROGRAMS = {"bus", "edge", "intake", "dispatch", "reply", "followup", "analytics", "portal", "media", "watch"}
ALONE = {"bus", "edge", "portal", "media", "watch"}  # those without the kit's settings
SECRET_FILE = re.compile(r"^\$\{WANGLI_SECRETS:-/etc/wangli/secrets\}/[a-z_./]+$")


class Project:
    def __init__(self, root):
        self.root = root
        self.text = (root / "docker-compose.yml").read_text(encoding="utf-8")
        self.compose = yaml.safe_load(self.text)
        self.dockerfile = (root / "Dockerfile").read_text(encoding="utf-8")
        self.example = (root / ".env.example").read_text(encoding="utf-8")

    def settings(self, service):
        files = [self.root / "services" / service / f"{service}_config.def"]
        if service not in ALONE:
            files.append(self.root / "common" / "kit" / "kit_config.def")
        found = set()
        for path in files:
            if path.exists():
                found |= set(re.findall(r"^SETTING\(\w+, (\w+),", path.read_text(encoding="utf-8"), re.M))
        return found

    def users(self):
        """Stage → the last USER of it."""
        stage, users = None, {}
        for line in self.dockerfile.splitlines():
            if found := re.match(r"FROM \S+ AS (\w+)", line):
                stage = found.group(1)
            elif line.startswith("USER "):
                users[stage] = line.split()[1]
        return users


def secret_names(service):
    return [one if isinstance(one, str) else one["source"] for one in service.get("secrets", [])]


def guarded(project, name, service):
    if service.get("read_only") is not True:
        yield "its root can be written to"
    if service.get("cap_drop") != ["ALL"] or service.get("security_opt") != ["no-new-privileges:true"]:
        yield "it keeps capabilities or may get new ones"
    user = project.users().get(service.get("build", {}).get("target"))
    if user is None or user.split(":")[0] in ("0", "root"):
        yield "its image runs as root"
    if not re.fullmatch(r"wangli/\w+:\$\{WANGLI_TAG:-latest\}", service.get("image", "")):
        yield "its image has no tag of ours, so Swarm cannot find it"
    for volume in service.get("volumes", []):
        if volume.get("type") not in ("volume", "tmpfs"):
            yield f"a folder of the host is in it: {volume}"


def watched(_project, name, service):
    health = service.get("healthcheck", {})
    if name in ONE_SHOT:
        if health != {"disable": True}:
            yield "it ends, so it has no health"
    elif not health.get("test") or not health.get("interval"):
        yield "it has no health check"
    policy = service.get("deploy", {}).get("restart_policy", {}).get("condition")
    if policy != ("on-failure" if name in ONE_SHOT else "any"):
        yield "it is not started again"
    if not service.get("deploy", {}).get("resources", {}).get("limits", {}).get("memory"):
        yield "its memory has no limit"
    if not service.get("stop_grace_period"):
        yield "it has no time to stop in"
    if service.get("logging", {}).get("options", {}).keys() != {"max-size", "max-file"}:
        yield "its logs grow for ever"


def reachable(_project, name, service):
    if service.get("ports") and name not in PUBLISHED:
        yield "it publishes a port"
    if "outside" in service["networks"] and name not in OUTSIDE:
        yield "it is on the outer network"


def portable(_project, _name, service):
    for key in sorted(service.keys() - KEYS):
        yield f"'{key}' is not taken by all of docker-compose 1.29, v2 and docker stack deploy"
    for key in sorted(service.get("deploy", {}).keys() - DEPLOY_KEYS):
        yield f"'deploy.{key}' is not taken by all"
    if not isinstance(service.get("depends_on", []), list):
        yield "depends_on is no list, which docker stack deploy wants"


def secret(project, name, service):
    declared = project.compose["secrets"]
    for one in secret_names(service):
        if one not in declared:
            yield f"secret {one} is not declared"
        if name not in HOLDERS.get(one, {name}):
            yield f"secret {one} is not for it"
    mounted = {one if isinstance(one, str) else one["target"] for one in service.get("secrets", [])}
    for variable, value in service.get("environment", {}).items():
        if re.search(r"(KEY|SECRET|PASSWORD|CONNINFO)$", variable):
            yield f"{variable} holds a secret; want {variable}_FILE"
        if str(value).startswith("/run/secrets/") and value.removeprefix("/run/secrets/") not in mounted:
            yield f"{variable}: {value} is not mounted"


def known(project, name, service):
    if name not in PROGRAMS:
        return
    settings = project.settings(name)
    for variable in service.get("environment", {}):
        if variable not in settings | LIBPQ and variable.removesuffix("_FILE") not in settings:
            yield f"{variable} is no setting of wangli-{name}"


RULES = (guarded, watched, reachable, portable, secret, known)


def whole(project):
    compose = project.compose
    if compose["networks"].get("inside") != {"internal": True}:
        yield "networks: the inner one leads outside"
    used = {one for service in compose["services"].values() for one in secret_names(service)}
    for name in sorted(compose["secrets"].keys() - used):
        yield f"secrets: nobody uses {name}"
    for name, one in compose["secrets"].items():
        if not SECRET_FILE.match(one.get("file", "")):
            yield f"secrets: {name} is no file below WANGLI_SECRETS"
    asked = set(re.findall(r"\$\{(\w+)", project.text))
    explained = set(re.findall(r"^#?([A-Z_]+)=", project.example, re.M))
    for name in sorted(asked ^ explained):
        yield f"{name} stands in only one of docker-compose.yml and .env.example"


def problems(project):
    found = list(whole(project))
    for name, service in project.compose["services"].items():
        for rule in RULES:
            found += [f"{name}: {problem}" for problem in rule(project, name, service)]
    return found


# One a rule: what is done to the project, and a word of what must be said then.
DAMAGES = (
    (lambda p: p.compose["services"]["reply"].pop("read_only"), "can be written to"),
    (lambda p: p.compose["services"]["reply"].update(cap_drop=[]), "capabilities"),
    (lambda p: setattr(p, "dockerfile", p.dockerfile.replace("USER 8311:8311", "USER 0")), "runs as root"),
    (lambda p: p.compose["services"]["reply"].update(image="wangli"), "no tag of ours"),
    (lambda p: p.compose["services"]["reply"]["volumes"].append({"type": "bind"}), "folder of the host"),
    (lambda p: p.compose["services"]["migrate"].update(healthcheck={}), "it ends"),
    (lambda p: p.compose["services"]["bus"].pop("healthcheck"), "no health check"),
    (lambda p: p.compose["services"]["bus"]["deploy"].pop("restart_policy"), "not started again"),
    (lambda p: p.compose["services"]["bus"]["deploy"].pop("resources"), "no limit"),
    (lambda p: p.compose["services"]["bus"].pop("stop_grace_period"), "no time to stop"),
    (lambda p: p.compose["services"]["bus"].pop("logging"), "grow for ever"),
    (lambda p: p.compose["services"]["bus"].update(ports=["1:1"]), "publishes a port"),
    (lambda p: p.compose["services"]["postgres"].update(networks=["outside"]), "outer network"),
    (lambda p: p.compose["services"]["bus"].update(mem_limit="1g"), "'mem_limit' is not taken"),
    (lambda p: p.compose["services"]["bus"]["deploy"].update(endpoint_mode="dnsrr"), "'deploy.endpoint_mode'"),
    (lambda p: p.compose["services"]["edge"].update(depends_on={"bus": {}}), "no list"),
    (lambda p: p.compose["secrets"].pop("vault"), "vault is not declared"),
    (lambda p: p.compose["services"]["reply"]["secrets"].append("vault"), "vault is not for it"),
    (lambda p: p.compose["services"]["reply"]["environment"].update(BUS_KEY="x"), "BUS_KEY holds a secret"),
    (lambda p: p.compose["services"]["reply"].update(secrets=[]), "is not mounted"),
    (lambda p: p.compose["services"]["reply"]["environment"].update(CASE_PREFFIX="x"), "CASE_PREFFIX is no setting"),
    (lambda p: p.compose["networks"].update(inside={}), "leads outside"),
    (lambda p: p.compose["secrets"].update(more={"file": "${WANGLI_SECRETS:-/etc/wangli/secrets}/more"}), "nobody uses more"),
    (lambda p: p.compose["secrets"].update(vault={"file": "./vault"}), "no file below"),
    (lambda p: setattr(p, "example", p.example + "\nMORE=1\n"), "MORE stands in only one"),
)


def main():
    project = Project(pathlib.Path(sys.argv[1]))
    failed = problems(project)
    for damage, word in DAMAGES:
        hurt = copy.copy(project)
        # Anchors make services share their parts; here each has its own.
        hurt.compose = yaml.safe_load(yaml.dump(project.compose, Dumper=Plain))
        damage(hurt)
        if not any(word in problem for problem in problems(hurt)):
            failed.append(f"a planted fault goes unseen: {word}")
    print(*failed, f"{len(project.compose['services'])} services, {len(DAMAGES)} planted faults", sep="\n")
    return 1 if failed else 0


class Plain(yaml.SafeDumper):
    def ignore_aliases(self, data):
        return True


sys.exit(main())
