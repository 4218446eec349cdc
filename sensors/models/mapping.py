from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from sensors.line_protocol.naming import Rule, TemplateError, check_template
from sensors.models.plant import Site
from sensors.models.sensors import Sensor


class LineMappingQuerySet(models.QuerySet["LineMapping"]):
    def rules_at(self, site: Site) -> list[Rule]:
        """What decides at a site which sensor a field belongs to, in order."""
        here = self.filter(site=site, active=True).order_by("position", "pk")
        return [mapping.rule for mapping in here]


class LineMapping(models.Model):
    """To which sensors the fields of InfluxDB's line protocol belong."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="line_mappings")
    position = models.PositiveSmallIntegerField(
        default=10, help_text="The first mapping that fits decides"
    )
    active = models.BooleanField(default=True)
    measurement = models.CharField(
        max_length=100, default="*", help_text="* stands for any characters, ? for one"
    )
    field = models.CharField(max_length=100, default="*", help_text="As above")
    template = models.CharField(
        "sensor",
        max_length=200,
        blank=True,
        help_text="Its code, with {measurement}, {field} and {tag[name]} filled in, such as "
        "{tag[host]}.{field}; lines without such a tag go on to the next mapping. "
        "Empty: what fits is left out.",
    )
    kind = models.CharField(
        max_length=11, choices=Sensor.Kind, blank=True, help_text="Of sensors that it registers"
    )
    unit = models.CharField(
        max_length=20, blank=True, help_text="If the sensor's is another, it is quarantined"
    )
    reject_text = models.BooleanField(
        default=False,
        help_text="Lines with a text in such a field are errors; otherwise texts are left out",
    )

    objects = LineMappingQuerySet.as_manager()

    class Meta:
        ordering = ["site", "position", "pk"]

    def __str__(self) -> str:
        return f"{self.measurement} {self.field} → {self.template or 'left out'}"

    def clean(self) -> None:
        try:
            check_template(self.template)
        except TemplateError as exc:
            raise ValidationError({"template": str(exc)}) from exc

    @property
    def rule(self) -> Rule:
        return Rule(
            measurement=self.measurement,
            field=self.field,
            template=self.template,
            kind=self.kind,
            unit=self.unit,
            reject_text=self.reject_text,
        )
