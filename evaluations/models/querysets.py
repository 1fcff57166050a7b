"""Who sees which rows of the evaluation."""

from django.db import models

from enterprises.models import ServiceProject
from redprop.areas.models import District
from redprop.common.scope import scope_of


class OfDistrictQuerySet(models.QuerySet):
    """Queries of rows of a whole district (periods, rubrics, releases)."""

    def for_user(self, user: object) -> "OfDistrictQuerySet":
        """Rows of the districts in which the user has any posting."""
        if scope_of(user).everything:
            return self
        return self.filter(district__in=District.objects.for_user(user))


class OfRubricQuerySet(models.QuerySet):
    """Queries of parts of a rubric."""

    def for_user(self, user: object) -> "OfRubricQuerySet":
        """Parts of the rubrics the user may see."""
        if scope_of(user).everything:
            return self
        return self.filter(rubric__district__in=District.objects.for_user(user))


class OfPeriodQuerySet(models.QuerySet):
    """Queries of rows of a period that concern the whole district (runs)."""

    def for_user(self, user: object) -> "OfPeriodQuerySet":
        """Rows of periods of the districts the user is posted to as a whole."""
        scope = scope_of(user)
        return self if scope.everything else self.filter(period__district__in=scope.district_ids)


class ResultQuerySet(models.QuerySet):
    """Queries of results of projects and enterprises."""

    def for_user(self, user: object) -> "ResultQuerySet":
        """Results of the projects the user may see, and of whole enterprises for the district's staff."""
        scope = scope_of(user)
        if scope.everything:
            return self
        mine = ServiceProject.objects.for_user(user)
        return self.filter(
            models.Q(project__in=mine)
            | models.Q(project__isnull=True, enterprise__in=mine.values("enterprise"))
        )
