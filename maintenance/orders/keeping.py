"""Keep what orders of all sites go by: failure codes, checklists and decision policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction

from maintenance.models import (
    ChecklistTemplate,
    DecisionPolicy,
    FailureCode,
    PolicySkill,
    Skill,
    TemplatePoint,
)
from maintenance.refusals import NotAllowedError, RefusedError
from sensors.access import Principal, Right
from sensors.models import AssetType, Site

# What the database says when there is one already, as codes.
TAKEN = {
    "one_failure_code_per_aspect_and_type": "code_taken",
    "maintenance_checklisttemplate_name": "name_taken",
    "one_decision_policy_per_asset_type": "type_taken",
}
Kept = FailureCode | ChecklistTemplate | DecisionPolicy


def check_may_keep(by: Principal, asset_type: AssetType | None) -> None:
    """Raise NotAllowedError unless the principal plans for all whom it concerns: the sites
    with assets of the type, or without a type all sites."""
    held = by.sites(Right.PLAN)
    if held is None:
        return
    others = Site.objects.exclude(pk__in=held)
    if asset_type:
        others = others.filter(assets__type=asset_type)
    if not held or others.exists():
        detail = f"{by.name} does not plan for all sites that go by this."
        raise NotAllowedError("shared_with_other_sites", detail, right=str(Right.PLAN))


@transaction.atomic
def keep_code(code: FailureCode, said: Mapping[str, Any], *, by: Principal) -> FailureCode:
    """Keep a failure code, new or changed. Raises RefusedError, or ValidationError."""
    _keep(code, said, by)
    return code


@transaction.atomic
def keep_checklist(
    template: ChecklistTemplate, said: Mapping[str, Any], *, by: Principal
) -> ChecklistTemplate:
    """Keep a template, new or changed. `points`, if given, are all of its points, in order.

    Orders keep the points they have. Raises RefusedError, or ValidationError.
    """
    fields = dict(said)
    points: Sequence[Mapping[str, Any]] | None = fields.pop("points", None)
    _keep(template, fields, by)
    if points is not None:
        template.points.all().delete()
        TemplatePoint.objects.bulk_create(
            TemplatePoint(template=template, position=position, **point)
            for position, point in enumerate(points, 1)
        )
    return template


@transaction.atomic
def keep_policy(
    policy: DecisionPolicy, said: Mapping[str, Any], *, by: Principal
) -> DecisionPolicy:
    """Keep a policy, new or changed. `skills`, if given, are all that planned work needs.

    Orders that are open stay as they are. Raises RefusedError, or ValidationError.
    """
    fields = dict(said)
    skills: Mapping[Skill, int] | None = fields.pop("skills", None)
    _keep(policy, fields, by)
    if skills is not None:
        policy.skills.all().delete()
        PolicySkill.objects.bulk_create(
            PolicySkill(policy=policy, skill=skill, level=level) for skill, level in skills.items()
        )
    return policy


def _keep(row: Kept, said: Mapping[str, Any], by: Principal) -> None:
    """Take the fields over, if the principal may keep what it was and what it becomes."""
    if row.pk:
        # Two who put other lists in place of the same one do so one after the other.
        before = type(row)._default_manager.select_for_update().get(pk=row.pk)
        check_may_keep(by, before.asset_type)
    for name, value in said.items():
        setattr(row, name, value)
    check_may_keep(by, row.asset_type)
    row.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            row.save(update_fields=list(said) if row.pk else None)
    except IntegrityError as exc:
        for constraint, code in TAKEN.items():
            if constraint in str(exc):
                raise RefusedError(code, "There is one of these already.") from exc
        raise
