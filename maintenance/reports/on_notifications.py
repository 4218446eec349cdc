"""Whether people were told, for reports on the health of the system."""

from __future__ import annotations

from django.db.models import Count, Q

from maintenance.models import Notification
from maintenance.reports.document import Section, Table
from maintenance.reports.sections import Kind, Subject, section_of


@section_of(Kind.SYSTEM_HEALTH, 90)
def notifications(subject: Subject) -> Section:
    start, end = subject.question.within
    Status = Notification.Status
    found = (
        Notification.objects.messages()
        .filter(site=subject.report.site_id, created_at__gte=start, created_at__lt=end)
        .order_by("channel")
        .values_list("channel")
        .annotate(
            all=Count("pk"),
            sent=Count("pk", filter=Q(status=Status.SENT)),
            failed=Count("pk", filter=Q(status=Status.FAILED)),
        )
    )
    columns = ["Channel", "Messages", "Sent", "Failed"]
    return Section("Notifications", tables=[Table("By channel", columns, list(found))])
