"""Addresses from which calendar programs fetch bookings."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from maintenance.api.acts import ActEndpoint, created, said_in
from maintenance.api.sites import site_named
from maintenance.models import CalendarFeed
from maintenance.scheduling.subscribing import issue_feed, revoke_feed
from sensors.api.aside_serializers import LARGEST_ID, Strict
from sensors.api.authentication import principal
from sensors.api.pagination import NewestFirst


class FeedInSerializer(Strict):
    site = serializers.CharField(max_length=40)
    technician = serializers.IntegerField(
        min_value=1, max_value=LARGEST_ID, required=False, allow_null=True
    )


class FeedSerializer(serializers.ModelSerializer[CalendarFeed]):
    site: Any = serializers.SlugRelatedField(slug_field="code", read_only=True)

    class Meta:
        model = CalendarFeed
        fields = ["id", "site", "technician", "made_by", "made_at", "revoked_at"]


class CalendarFeedViewSet(
    ActEndpoint,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[CalendarFeed],
):
    serializer_class = FeedSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[CalendarFeed]:
        visible = CalendarFeed.objects.visible_to(principal(self.request))
        return visible.select_related("site")

    def create(self, request: Request) -> Response:
        """Make one. Only this answer has its address: what is kept is a digest."""
        said, by = said_in(FeedInSerializer, request), principal(request)
        site = site_named(said["site"], by)
        feed, token = issue_feed(site.pk, said.get("technician"), by=by)
        answer = created(self.get_serializer(feed), f"calendar-feeds/{feed.pk}")
        answer.data = {**answer.data, "url": f"{settings.PUBLIC_URL}/calendar/{token}.ics"}
        return answer

    def destroy(self, request: Request, pk: int) -> Response:
        """Close it for good; who made it stays known."""
        revoke_feed(self.get_object(), by=principal(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
