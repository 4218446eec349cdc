"""Set up who else is told as long as nobody acknowledges."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from maintenance.api.acts import ActEndpoint, checked_by_the_model, created
from maintenance.api.escalation_serializers import (
    PolicyChangeSerializer,
    PolicyInSerializer,
    PolicySerializer,
)
from maintenance.models import EscalationPolicy
from maintenance.notifying.keeping import keep_policy
from sensors.api.authentication import principal
from sensors.api.pagination import NewestFirst


class EscalationPolicyViewSet(
    ActEndpoint,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[EscalationPolicy],
):
    serializer_class = PolicySerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[EscalationPolicy]:
        policies = EscalationPolicy.objects.planned_by(principal(self.request))
        steps = ("steps__to_users", "steps__to_channels")
        return policies.select_related("site", "asset").prefetch_related(*steps)

    def create(self, request: Request) -> Response:
        kept = self._keep(EscalationPolicy(), PolicyInSerializer)
        return created(self.get_serializer(kept), f"escalation-policies/{kept.pk}")

    def partial_update(self, request: Request, pk: int) -> Response:
        kept = self._keep(self.get_object(), PolicyChangeSerializer)
        return Response(self.get_serializer(kept).data)

    def _keep(self, policy: EscalationPolicy, form: type[PolicyInSerializer]) -> EscalationPolicy:
        asker = principal(self.request)
        said = form(data=self.request.data, context={"asker": asker, "kept": policy})
        said.is_valid(raise_exception=True)
        fields: dict[str, Any] = dict(said.validated_data)
        steps = fields.pop("steps", None)
        for name, value in fields.items():
            setattr(policy, name, value)
        with checked_by_the_model():
            kept = keep_policy(policy, by=asker, steps=steps)
        return self.get_queryset().get(pk=kept.pk)
