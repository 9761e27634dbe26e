"""Control questions that were asked."""

from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from registration.models.call import SupportCall
from registration.models.case import ProofingCase
from registration.rules.questions import MOST_ASKED
from registration.states import QuestionTopic


class ControlQuestion(models.Model):
    """One question, in a case or in a support call (REG-6, SUP-1). The expected answer is bound to this row's id."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(ProofingCase, null=True, on_delete=models.PROTECT, related_name="questions")
    call = models.ForeignKey(SupportCall, null=True, on_delete=models.PROTECT, related_name="questions")
    place = models.PositiveSmallIntegerField()
    topic = models.TextField(choices=QuestionTopic)
    expected_sealed = models.BinaryField()
    asked_at = models.DateTimeField()
    was_right = models.BooleanField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="question_topic_is_known", condition=Q(topic__in=QuestionTopic.values)),
            models.CheckConstraint(
                name="question_belongs_to_a_case_or_a_call",
                condition=Q(case__isnull=False, call__isnull=True) | Q(case__isnull=True, call__isnull=False),
            ),
            models.CheckConstraint(
                name="question_place_is_one_of_four", condition=Q(place__gte=1, place__lte=MOST_ASKED)
            ),
            models.CheckConstraint(
                name="question_is_answered_whole",
                condition=Q(was_right__isnull=True, answered_at__isnull=True)
                | Q(was_right__isnull=False, answered_at__isnull=False, answered_at__gte=F("asked_at")),
            ),
            models.UniqueConstraint(name="question_topic_once_a_case", fields=["case", "topic"]),
            models.UniqueConstraint(name="question_place_once_a_case", fields=["case", "place"]),
            models.UniqueConstraint(name="question_topic_once_a_call", fields=["call", "topic"]),
            models.UniqueConstraint(name="question_place_once_a_call", fields=["call", "place"]),
        ]
