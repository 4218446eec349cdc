from __future__ import annotations

from django.db import models

from mlops.models.versions import ModelVersion
from sensors.models import Asset, Sensor


class SensorState(models.Model):
    """What the detectors of a sensor know after its readings so far."""

    sensor = models.OneToOneField(
        Sensor, models.CASCADE, primary_key=True, related_name="detector_state"
    )
    layout = models.CharField(max_length=64, help_text="Which detectors, of which versions")
    until = models.DateTimeField(help_text="Time of the last reading in it")
    state = models.BinaryField()
    since_checkpoint = models.PositiveIntegerField(default=0, help_text="Readings")
    usual_silence = models.DurationField(
        null=True, help_text="As long it may say nothing, by its own past; empty while learning"
    )
    longest_wait = models.DurationField(
        null=True,
        help_text="How old its last reading has been, lately, when the next ones came in",
    )

    def __str__(self) -> str:
        return f"state of sensor {self.sensor_id}"


class SensorCheckpoint(models.Model):
    """What they knew some hundreds of readings before.

    When a reading comes late, the ones after the checkpoint before it are gone through
    again, this time in their order.
    """

    sensor = models.ForeignKey(
        Sensor, models.CASCADE, related_name="detector_checkpoints", db_index=False
    )
    layout = models.CharField(max_length=64)
    until = models.DateTimeField()
    state = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sensor", "until"], name="one_checkpoint_per_sensor_and_moment"
            )
        ]

    def __str__(self) -> str:
        return f"state of sensor {self.sensor_id} until {self.until}"


class AssetState(models.Model):
    """What the detector of an asset knows after its closed rows so far."""

    asset = models.OneToOneField(
        Asset, models.CASCADE, primary_key=True, related_name="detector_state"
    )
    version = models.ForeignKey(
        ModelVersion, models.CASCADE, related_name="+", related_query_name="detector_state"
    )
    until = models.DateTimeField(help_text="Rows before it are closed and have been seen")
    # Of the detector before the last few rows, and those rows, to begin from there.
    state = models.BinaryField()

    def __str__(self) -> str:
        return f"state of asset {self.asset_id}"


class ShapeLook(models.Model):
    """How far the nightly look at the shapes of a sensor's readings has come."""

    sensor = models.OneToOneField(
        Sensor, models.CASCADE, primary_key=True, related_name="shape_look"
    )
    until = models.DateTimeField(
        null=True, help_text="Readings up to it have been learnt or looked at; empty before both"
    )
    learnt = models.PositiveIntegerField(default=0, help_text="Readings that it can learn from")
    needed = models.PositiveIntegerField(help_text="Readings")
    note = models.CharField(max_length=100, blank=True, help_text="What keeps it from learning")
    tried_at = models.DateTimeField(help_text="When it last learnt, or could not")

    def __str__(self) -> str:
        return f"look at the shapes of sensor {self.sensor_id}"


class GateLevels(models.Model):
    """Where off ends and running begins for a gate, as learnt from its readings.

    Both are empty where there are no two clear states.
    """

    sensor = models.OneToOneField(
        Sensor, models.CASCADE, primary_key=True, related_name="gate_levels"
    )
    off = models.FloatField(null=True, help_text="Below: it has stopped")
    on = models.FloatField(null=True, help_text="Above: it has started")
    learnt_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"levels of gate {self.sensor_id}"

    @property
    def are_clear(self) -> bool:
        return self.on is not None
