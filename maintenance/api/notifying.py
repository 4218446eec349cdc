"""Set up who is told, how and where."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import mixins, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from maintenance.api.acts import ActEndpoint, checked_by_the_model
from maintenance.api.notifying_serializers import (
    ChannelInSerializer,
    ChannelSerializer,
    PreferenceInSerializer,
    PreferenceSerializer,
    RuleInSerializer,
    RuleSerializer,
)
from maintenance.models import Channel, NotificationRule, Preference
from maintenance.notifying.keeping import keep_channel, keep_preference, keep_rule
from maintenance.notifying.resending import send_test
from maintenance.refusals import NotAllowedError
from sensors.api.authentication import principal
from sensors.api.pagination import NewestFirst


class ChannelViewSet(
    ActEndpoint,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[Channel],
):
    serializer_class = ChannelSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Channel]:
        return Channel.objects.planned_by(principal(self.request)).select_related("site")

    def create(self, request: Request) -> Response:
        channel = self._keep(Channel(), request, partial=False)
        where = {"Location": f"/api/v1/channels/{channel.pk}"}
        body = self.get_serializer(channel).data
        return Response(body, status=status.HTTP_201_CREATED, headers=where)

    def partial_update(self, request: Request, pk: int) -> Response:
        channel = self._keep(self.get_object(), request, partial=True)
        return Response(self.get_serializer(channel).data)

    def test(self, request: Request, pk: int) -> Response:
        """Send a message that says it is a test."""
        row = send_test(self.get_object().pk, by=principal(request))
        where = f"/api/v1/notifications/{row.pk}"
        body = {"notification": row.pk, "status": row.status}
        return Response(body, status=status.HTTP_202_ACCEPTED, headers={"Location": where})

    def _keep(self, channel: Channel, request: Request, *, partial: bool) -> Channel:
        asker = principal(request)
        said = ChannelInSerializer(data=request.data, partial=partial, context={"asker": asker})
        said.is_valid(raise_exception=True)
        for name, value in said.validated_data.items():
            setattr(channel, name, value)
        with checked_by_the_model():
            return keep_channel(channel, by=asker)


class RuleViewSet(
    ActEndpoint,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[NotificationRule],
):
    serializer_class = RuleSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[NotificationRule]:
        rules = NotificationRule.objects.planned_by(principal(self.request))
        return rules.select_related("site", "asset").prefetch_related("to_users", "to_channels")

    def create(self, request: Request) -> Response:
        rule = self._keep(NotificationRule(), request, partial=False)
        where = {"Location": f"/api/v1/notification-rules/{rule.pk}"}
        body = self.get_serializer(rule).data
        return Response(body, status=status.HTTP_201_CREATED, headers=where)

    def partial_update(self, request: Request, pk: int) -> Response:
        rule = self._keep(self.get_object(), request, partial=True)
        return Response(self.get_serializer(rule).data)

    def _keep(self, rule: NotificationRule, request: Request, *, partial: bool) -> Any:
        asker = principal(request)
        context = {"asker": asker, "kept": rule}
        said = RuleInSerializer(data=request.data, partial=partial, context=context)
        said.is_valid(raise_exception=True)
        fields = dict(said.validated_data)
        told = {name: fields.pop(name, None) for name in ("to_users", "to_channels")}
        for name, value in fields.items():
            setattr(rule, name, value)
        with checked_by_the_model():
            kept = keep_rule(rule, by=asker, **told)
        return self.get_queryset().get(pk=kept.pk)


class MyPreferencesView(ActEndpoint):
    """How the person who asks wants to be told."""

    def get(self, request: Request) -> Response:
        return Response(PreferenceSerializer(self._own(request)).data)

    def put(self, request: Request) -> Response:
        own = self._own(request)
        said = PreferenceInSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        wanted = Preference(user_id=own.user_id, **said.validated_data)
        with checked_by_the_model():
            kept = keep_preference(wanted)
        return Response(PreferenceSerializer(kept).data)

    def _own(self, request: Request) -> Preference:
        user_id = principal(request).user_id
        if user_id is None:
            raise NotAllowedError("not_a_person", "A key is told of nothing: ask as a person.")
        found = Preference.objects.filter(user=user_id).first()
        return found or Preference(user_id=user_id)
