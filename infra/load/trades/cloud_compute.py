"""Projects in a cloud: machines that ran, volumes held, requests counted, traffic sent."""

from random import Random

from infra.load.trade import Moment, Trade, cloudevent

_RAN = b'{"seconds":%d,"vcpu_seconds":%d,"memory_gb_seconds":%d,"family":"%s","region":"%s"}'
_FAMILIES = (b"general", b"general", b"compute", b"memory")
_REGIONS = (b"eu-central", b"eu-west", b"us-east")
_CLASSES = (b"standard", b"standard", b"standard", b"archive")


def _render(rng: Random, moment: Moment) -> bytes:
    draw = rng.random()
    if draw < 0.4:
        seconds, cpus = rng.randint(1, 3600), 2 ** rng.randint(0, 5)
        spent = seconds * cpus
        where = rng.choice(_FAMILIES), rng.choice(_REGIONS)
        body = _RAN % (seconds, spent, spent * 4, *where)
        return cloudevent(moment, b"/hypervisor", b"instance.ran", body)
    if draw < 0.6:
        held = rng.randint(1, 40_000)
        body = b'{"gb_hours":%d.%02d,"class":"%s"}' % (
            held // 100,
            held % 100,
            rng.choice(_CLASSES),
        )
        return cloudevent(moment, b"/volumes", b"volume.held", body)
    if draw < 0.9:
        body = b'{"requests":%d}' % rng.randint(1, 5000)
        return cloudevent(moment, b"/gateway", b"requests.counted", body)
    body = b'{"gb":%d.%03d}' % (rng.randint(0, 20), rng.randint(1, 999))
    return cloudevent(moment, b"/routers", b"traffic.sent", body)


CLOUD_COMPUTE = Trade(
    catalog="cloud-compute",
    currency="USD",
    time_zones=("UTC", "America/New_York", "Asia/Kolkata"),
    account="company-%06d",
    service="project-%06d",
    price_plans=("on_demand",),
    render=_render,
)
