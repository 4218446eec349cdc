from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from sensors.models.plant import Site

# A running bridge shows itself every few seconds.
SILENT_AFTER = timedelta(seconds=30)


def out_of_order() -> Q:
    """Those that carry nothing: silent themselves, or without their broker."""
    silent = Q(seen_at__lt=timezone.now() - SILENT_AFTER)
    return silent | Q(state=Bridge.State.DISCONNECTED)


class Bridge(models.Model):
    """A process that carries readings over from a message broker, as it last showed itself.

    Only the process writes its row; counts are of all processes of the name so far.
    """

    class State(models.TextChoices):
        CONNECTED = "connected"
        DISCONNECTED = "disconnected"

    site = models.ForeignKey(Site, models.CASCADE, related_name="bridges")
    name = models.CharField(max_length=100, help_text="Its client id at the broker")
    state = models.CharField(max_length=12, choices=State, default=State.DISCONNECTED)
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    message_at = models.DateTimeField("last message at", null=True)
    messages = models.PositiveBigIntegerField(default=0)
    batches = models.PositiveBigIntegerField(default=0)
    rejected = models.PositiveBigIntegerField(default=0, help_text="Messages or readings in them")
    repeated = models.PositiveBigIntegerField(default=0, help_text="Known from before")
    dropped = models.PositiveBigIntegerField(default=0, help_text="Of QoS 0, while it was full")
    last_error = models.CharField(max_length=200, blank=True)
    last_error_at = models.DateTimeField(null=True)
    # Which deliveries are committed and perhaps not acknowledged, see mqtt/redelivery.py.
    delivered = models.BinaryField(default=b"", editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "name"], name="one_bridge_per_name_and_site")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def source(self) -> str:
        """How the batches that it brings name their sender."""
        return f"mqtt:{self.name}"

    @property
    def silence(self) -> timedelta:
        return timezone.now() - self.seen_at

    @property
    def condition(self) -> str:
        """In one word: ok, disconnected from its broker, or stale, which is not heard of."""
        if self.silence > SILENT_AFTER:
            return "stale"
        return "ok" if self.state == self.State.CONNECTED else "disconnected"

    def show(self) -> None:
        """Write all but `delivered`, which goes with its batch alone: when the answer to a
        commit was lost, the table knows more of it than the process."""
        names = [field.attname for field in self._meta.concrete_fields]
        shown = {name: getattr(self, name) for name in names if name not in ("id", "delivered")}
        if not Bridge.objects.filter(pk=self.pk).update(**shown):
            # It was deleted in the admin, and comes back whole.
            self.save()

    def note_error(self, error: str) -> None:
        self.last_error, self.last_error_at = error[:200], timezone.now()
