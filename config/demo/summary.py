"""What the demo says at its end, for people and as one line of JSON."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from config.demo.story import Story

# The figures of a demo that did not come so far.
NOTHING_SEEN: dict[str, Any] = {
    "readings_sent": 0,
    "readings_stored": 0,
    "batches": 0,
    "runs": 0,
    "stage_seconds": {},
    "anomalies": 0,
    "work_order": None,
    "work_order_url": None,
    "notification": None,
    "seconds": None,
    "url": None,
}


def figures(story: Story, *, url: str, seconds: float) -> dict[str, Any]:
    order = next(iter(story.orders.values()), None)
    mail = next(iter(story.mails.values()), None)
    return {
        "readings_sent": story.sent,
        "readings_stored": story.stored,
        "batches": len(story.batches),
        "runs": len(story.runs),
        "stage_seconds": {k: round(v, 4) for k, v in story.seconds_by_stage().items()},
        "anomalies": len(story.anomalies),
        "work_order": order["number"] if order else None,
        "work_order_url": f"{url}/admin/maintenance/workorder/{order['id']}/" if order else None,
        "notification": str(mail) if mail else None,
        "seconds": round(seconds, 1),
        "url": url,
    }


def print_summary(
    console: Console, story: Story, result: dict[str, Any], *, password: str
) -> None:
    stages = ", ".join(f"{k} {1000 * v:.0f} ms" for k, v in result["stage_seconds"].items())
    console.print("\n[bold]What happened[/]")
    for name, value in (
        ("readings", f"{result['readings_sent']} sent = {result['readings_stored']} stored"),
        ("runs", f"{result['runs']} over {result['batches']} batches"),
        ("stages, mean", stages),
        ("anomalies", result["anomalies"]),
        ("work order", f"{result['work_order']}  {result['work_order_url']}"),
        ("notification", result["notification"]),
        ("total time", f"{result['seconds']} s"),
        ("admin", f"{result['url']}/admin/  user admin, password {password}"),
        ("API key", "dev_api_key_123, in the header X-API-Key; only the demo takes it"),
    ):
        # Plain lines: a table would break paths and links that are to be copied.
        console.print(f"  {name:<13} {value}")
    console.print()
