"""Who sees which rows in the admin: one rule for the admin.py of every app."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Field, ForeignKey, QuerySet
from django.db.models.fields.related import RelatedField
from django.http import HttpRequest

from sensors.access import Principal, Right
from sensors.models import Site
from sensors.models.access import principal_of

REMEMBERED = "_principal"


def person_of(request: HttpRequest) -> User:
    """Who is logged in. The admin lets nobody else come this far."""
    assert isinstance(request.user, User)
    return request.user


def principal_in(request: HttpRequest) -> Principal:
    """The person with his or her rights. The memberships are asked for once a request."""
    if not hasattr(request, REMEMBERED):
        setattr(request, REMEMBERED, principal_of(person_of(request)))
    found: Principal = getattr(request, REMEMBERED)
    return found


def sites_of(request: HttpRequest, right: Right = Right.READ) -> list[int] | None:
    """Ids of the sites at which the person has the right; None means all."""
    return principal_in(request).sites(right)


class SiteScoped(BaseModelAdmin):
    """Shows a person the rows of his or her sites; superusers see all.

    It holds for lists, single pages, actions, autocompletion and the choices in forms. What
    a role lets a person do at one site, it does not let him or her do at another.
    """

    # The lookup from a row to its site.
    site_path = "site"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        sites = sites_of(request)
        return rows if sites is None else self.at_sites(rows, sites)

    def at_sites(self, rows: QuerySet, sites: list[int]) -> QuerySet:
        return rows.filter(**{f"{self.site_path}__in": sites})

    def site_of(self, row: Any) -> Site | None:
        """The site of a row; None where it is of all sites, or has none yet."""
        for name in self.site_path.split("__"):
            row = getattr(row, name, None)
        return row

    def may_there(self, request: HttpRequest, verb: str, row: Any) -> bool:
        """Whether the person may do it at the site of the row. An inline is handed the row
        on whose page it stands, and that page has asked for it."""
        site = self.site_of(row) if isinstance(row, self.model) else None
        name = get_permission_codename(verb, self.opts)
        return site is None or request.user.has_perm(f"{self.opts.app_label}.{name}", site)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and self.may_there(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and self.may_there(request, "delete", obj)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """Refuses a row that a person would add at, or move to, a site of others."""
        row = super().save_form(request, form, change)  # type: ignore[misc]
        if not self.may_there(request, "change" if change else "add", row):
            raise PermissionDenied
        return row

    def get_field_queryset(
        self, db: str | None, db_field: RelatedField, request: HttpRequest
    ) -> QuerySet | None:
        choices = super().get_field_queryset(db, db_field, request)
        pointed_at = self.admin_site._registry.get(db_field.remote_field.model)
        if isinstance(pointed_at, SiteScoped):
            return pointed_at.get_queryset(request)
        return choices

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and db_field.remote_field.model is Site:
            assert field.queryset is not None
            sites = field.queryset[:2]
            if len(sites) == 1:
                field.initial = sites[0].pk
        return field


class VisibleChoices(admin.RelatedFieldListFilter):
    """A filter by another table that does not name rows which the person may not see."""

    def field_choices(
        self, field: Field, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> list[tuple[str, Any]]:
        pointed_at = model_admin.admin_site._registry[field.remote_field.model]  # type: ignore[union-attr]
        return [(str(row.pk), str(row)) for row in pointed_at.get_queryset(request)]
