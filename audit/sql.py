"""The log in the database's own words."""

from typing import Final

SEQUENCE: Final = "audit_auditevent_id_seq"
"""Where the ids of events come from."""

ROW_MESSAGE: Final = """(
    id || '|' || trim_scale(extract(epoch FROM at) * 1000000) || '|' || kind || '|' || actor_kind
    || '|' || coalesce(actor_id::text, '') || '|' || coalesce(office_id::text, '')
    || '|' || coalesce(organisation_id::text, '') || '|' || coalesce(subject_id::text, '')
    || '|' || facts::text
)"""
"""A row of ``audit_auditevent`` as ``rules.row_message`` writes it: text, to be encoded as UTF-8."""

LAST_DRAWN: Final = f"pg_sequence_last_value('{SEQUENCE}'::regclass)"
"""The last id that was drawn, whether its row was committed or not; null before the first."""
