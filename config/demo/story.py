"""What the demo watches for: from the receipts to the mail, seen through the API."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from sensors.sample.streaming import Gateway

PATIENCE = 60.0  # Seconds for the last batch to come through


@dataclass(slots=True)
class Story:
    """What has been seen so far. `notice` looks again and tells what is new."""

    gateway: Gateway
    mail: Path
    since: datetime
    console: Console
    sent: int = 0
    batches: list[int] = field(default_factory=list)
    receipts: dict[int, dict[str, Any]] = field(default_factory=dict)
    anomalies: dict[int, dict[str, Any]] = field(default_factory=dict)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    mails: dict[str, Path] = field(default_factory=dict)

    def notice(self) -> None:
        self._notice_receipts()
        self._notice_anomalies()
        self._notice_orders()
        self._notice_mails()

    def wait(self, check: Callable[[], None]) -> None:
        """Look until all was seen or patience is at its end."""
        deadline = time.monotonic() + PATIENCE
        while self.missing() and time.monotonic() < deadline:
            check()
            self.notice()
            time.sleep(0.2)

    def missing(self) -> list[str]:
        """What should have been seen and was not."""
        runs = self.runs.values()
        return [
            words
            for words, absent in (
                ("a receipt for each batch", len(self.receipts) < len(self.batches)),
                ("all readings stored", self.stored != self.sent),
                ("all runs finished", not all(run["state"] == "finished" for run in runs)),
                ("an anomaly", not self.anomalies),
                ("a work order", not self.orders),
                ("a mail about it", not self.mails),
            )
            if absent
        ]

    @property
    def stored(self) -> int:
        return sum(receipt["stored"] for receipt in self.receipts.values())

    @property
    def runs(self) -> dict[int, dict[str, Any]]:
        return {receipt["run"]["id"]: receipt["run"] for receipt in self.receipts.values()}

    def seconds_by_stage(self) -> dict[str, float]:
        """Mean seconds of each stage over the runs."""
        stages: dict[str, list[float]] = {}
        for run in self.runs.values():
            in_order = sorted(run["timings"].items(), key=lambda item: item[1]["entered"])
            for stage, timing in in_order:
                stages.setdefault(stage, []).append(timing["seconds"])
        return {stage: sum(times) / len(times) for stage, times in stages.items()}

    def _notice_receipts(self) -> None:
        for batch_id in [b for b in self.batches if b not in self.receipts]:
            receipt = self.gateway.get(f"batches/{batch_id}")
            if not receipt["run"] or receipt["run"]["state"] == "running":
                return  # The later ones are not further.
            self.receipts[batch_id] = receipt
            self.console.print(
                f"[dim]receipt {batch_id}: {receipt['stored']} stored of "
                f"{receipt['accepted']}, run {receipt['run']['id']} {receipt['run']['state']}[/]"
            )

    def _notice_anomalies(self) -> None:
        for anomaly in self.gateway.get("anomalies", since=self.since.isoformat())["results"][
            ::-1
        ]:
            if anomaly["id"] not in self.anomalies:
                self.console.print(
                    f"[yellow]anomaly[/] {anomaly['asset']} {anomaly['sensor_id']}: "
                    f"{anomaly['reason']}"
                )
            self.anomalies[anomaly["id"]] = anomaly

    def _notice_orders(self) -> None:
        numbers = {a["work_order"] for a in self.anomalies.values() if a["work_order"]}
        if not numbers:
            return
        for order in self.gateway.get("work-orders")["results"]:
            known = self.orders.get(order["number"])
            if order["number"] in numbers and (not known or known["due_at"] != order["due_at"]):
                self.console.print(
                    f"[bold red]work order[/] {order['number']} "
                    f"{'is more urgent now' if known else order['state']}, "
                    f"{order['priority']}, due {order['due_at'][:16]}: {order['title']}"
                )
                self.orders[order["number"]] = order

    def _notice_mails(self) -> None:
        for number in [number for number in self.orders if number not in self.mails]:
            for file in self._mail_files():
                if number in file.read_text(errors="replace"):
                    self.console.print(f"[green]mail[/] {number}: {file}")
                    self.mails[number] = file
                    break

    def _mail_files(self) -> Iterator[Path]:
        """Mails of this demo, the latest first."""
        files = [f for f in self.mail.glob("*.log") if f.stat().st_mtime >= self.since.timestamp()]
        return iter(sorted(files, reverse=True))
