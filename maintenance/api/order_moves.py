"""How an order moves, and what planners decide about it."""

from __future__ import annotations

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from maintenance.api.acts import said_in
from maintenance.api.of_orders import RowsOfOrder
from maintenance.api.order_log_serializers import DecisionSerializer, TransitionSerializer
from maintenance.api.whole_orders import whole_order
from maintenance.api.work_order_forms import (
    DecisionInSerializer,
    MoveInSerializer,
    completion_of,
    with_codes,
)
from maintenance.api.work_order_serializers import allowed_from
from maintenance.orders.deciding import decide
from maintenance.orders.transitions import move
from sensors.api.authentication import principal


class MovingRows(RowsOfOrder):
    """Rows that stand for acts on the order: the answer to one is the order as it is then."""

    def list(self, request: Request, pk: int) -> Response:
        answer = super().list(request)
        state = self.of_order.state
        answer.data |= {"state": state, "allowed": allowed_from(state)}
        return answer

    def done(self) -> Response:
        now = whole_order(self.of_order.pk, principal(self.request))
        return Response(now, status=status.HTTP_201_CREATED)


class TransitionsViewSet(MovingRows):
    serializer_class = TransitionSerializer
    rows = "transitions"

    def create(self, request: Request, pk: int) -> Response:
        order, said = self.of_order, said_in(MoveInSerializer, request)
        if "completion" in said:
            said["completion"] = completion_of(order.asset, said["completion"])
        move(order.pk, said.pop("to_state"), by=principal(request), **said)
        return self.done()


class DecisionsViewSet(MovingRows):
    serializer_class = DecisionSerializer
    rows = "decisions"

    def create(self, request: Request, pk: int) -> Response:
        order, said = self.of_order, said_in(DecisionInSerializer, request)
        if "changes" in said:
            said["changes"] = with_codes(order.asset, said["changes"])
        decide(order.pk, said.pop("choice"), by=principal(request), **said)
        return self.done()
