"""Generated sites: every service, peer and range that a platform has a word for, in texts that try to leave their places."""

import itertools
import pathlib
import random

TEXTS = [
    "plain words",
    "${var.vpc_id} %{ if true } $${x}",
    "[concat('a', 'b')] {{category:A:B}} \\\\u0000",
    "Grüße, \u00e9t\u00e9, 'quotes' & <b>tags</b>",
    "long " * 80,
]
PORTS = ["tcp/443", "tcp/1-65535", "udp/16500-16509", "tcp/80, tcp/443, tcp/8080-8090", "icmp/8/0", "icmp"]
AWS_PORTS = [*PORTS, "icmp/8", "icmp/3/4", "udp/53, tcp/53"]
AZURE_PORTS = ["tcp/443", "udp/16500-16509", "tcp/80, tcp/443, tcp/8080-8090", "icmp"]
PLATFORMS = {
    "aws": ('platform aws cloud { vpc = "vpc-0123456789abcdef0"  region = "eu-west-1" }', AWS_PORTS),
    "azure": ('platform azure hub { region = westeurope  resource-group = "rg-(net)" }', AZURE_PORTS),
    "nutanix": ('platform nutanix dc1 { category = "AppType:Citrix" }', PORTS),
}


def written(folder: pathlib.Path) -> list[pathlib.Path]:
    """Writes the sites, the same ones in every run."""
    paths = []
    for (kind, (platform, ports)), seed in itertools.product(PLATFORMS.items(), range(2)):
        path = folder / f"generated-{kind}-{seed}" / "site.seg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(site(kind, platform, ports, random.Random(f"{kind} {seed}")), encoding="utf-8")
        paths.append(path)
    return paths


def site(kind: str, platform: str, ports: list[str], pick: random.Random) -> str:
    """One site: roles side by side, clients far and near, and what they say to each other."""
    name = platform.split()[2]
    has_ipv6 = kind == "aws"
    lines = [f'site "generated {kind}" {{ effective = 2026-02-01 }}', platform]
    roles = [f"role-{number}" for number in range(5)]
    for number, role in enumerate(roles):
        ranges = f"10.1.{number}.0/24" + (f", fd00:1:{number}::/64" if has_ipv6 else "")
        lines.append(f"segment s{number} on {name} {{ cidr = {ranges} }}")
        lines.append(f"role {role} : windows-server on s{number} {{ cidr = {ranges} }}")
    clients = ["near", "far", "apart"]
    lines.append("role near : client { cidr = 10.200.0.0/16 }")
    lines.append("role far : client { cidr = 192.0.2.0/24, 198.51.100.7/32, 203.0.113.64/26 }")
    lines.append("role apart : client { cidr = fd00:30::/64 }" if has_ipv6 else "role apart : client { cidr = 172.20.0.0/14 }")
    pairs = [(one, other) for one in [*clients, *roles] for other in [*roles, *clients] if one != other]
    pairs = [pair for pair in pairs if set(pair) & set(roles)]
    for number, (one, other) in enumerate(pick.sample(pairs, 24)):
        service = pick.choice([port for port in ports if not ("apart" in (one, other) and has_ipv6 and "icmp" in port)])
        text = pick.choice(TEXTS).replace('"', "")
        lines.append(f'allow line-{number}: {one} -> {other} : {service} because "{text}"')
    return "\n".join(lines) + "\n"
