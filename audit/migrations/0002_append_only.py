"""Refuse every change of the log, whoever asks, and make its months: LOG-1."""

from django.db import migrations

# Triggers look for the function, not for its name, so other append-only tables may use these two as well; the grants of
# the portal's role find such tables by them (audit/grants.py).
TRIGGERS = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The log is append-only: % of % refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE FUNCTION audit_refuse_emptying() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The log is append-only: % of % refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER audit_event_keeps_its_rows BEFORE UPDATE OR DELETE ON audit_auditevent
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_event_is_not_emptied BEFORE TRUNCATE ON audit_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_emptying();
CREATE TRIGGER audit_event_is_not_emptied BEFORE TRUNCATE ON audit_auditevent_other
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_emptying();
CREATE TRIGGER audit_seal_keeps_its_rows BEFORE UPDATE OR DELETE ON audit_auditseal
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_seal_is_not_emptied BEFORE TRUNCATE ON audit_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_emptying();
CREATE TRIGGER audit_verification_keeps_its_rows BEFORE UPDATE OR DELETE ON audit_auditverification
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_verification_is_not_emptied BEFORE TRUNCATE ON audit_auditverification
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_emptying();
"""

NO_TRIGGERS = """
DROP FUNCTION audit_refuse_emptying() CASCADE;
DROP FUNCTION audit_refuse_change() CASCADE;
"""

# The portal's role may call it and owns no table, hence SECURITY DEFINER with a fixed path. The month is made beside the
# log and then attached: that lets reading and writing go on, as CREATE TABLE ... PARTITION OF would not. Default
# privileges for later tables would give that role the rights of an ordinary table to the month; they are taken back.
# Months much later than now would only be clutter.
MONTHS = """
CREATE FUNCTION audit_make_partition(month date) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    SET lock_timeout = '2s'
AS $$
DECLARE
    first_day date := date_trunc('month', month);
    from_instant timestamptz := first_day::timestamp AT TIME ZONE 'UTC';
    to_instant timestamptz := (first_day + interval '1 month') AT TIME ZONE 'UTC';
    partition text := 'audit_auditevent_' || to_char(first_day, '"y"YYYY"m"MM');
    grantee text;
BEGIN
    IF first_day < DATE '2020-01-01' OR first_day > now() + interval '2 years' THEN
        RAISE EXCEPTION 'No partition is made for %.', first_day USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('audit_make_partition'));
    IF to_regclass('public.' || partition) IS NOT NULL THEN
        RETURN true;
    END IF;
    IF EXISTS (SELECT FROM public.audit_auditevent_other WHERE at >= from_instant AND at < to_instant) THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.audit_auditevent INCLUDING ALL)', partition);
    EXECUTE format('CREATE TRIGGER audit_event_is_not_emptied BEFORE TRUNCATE ON public.%I'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_emptying()', partition);
    FOR grantee IN
        SELECT DISTINCT CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(acl.grantee)) END
        FROM pg_class, aclexplode(relacl) AS acl
        WHERE pg_class.oid = to_regclass('public.' || partition) AND acl.grantee <> relowner
    LOOP
        EXECUTE format('REVOKE ALL ON public.%I FROM %s', partition, grantee);
    END LOOP;
    EXECUTE format('ALTER TABLE public.audit_auditevent ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                   partition, from_instant, to_instant);
    RETURN true;
EXCEPTION WHEN check_violation THEN
    RETURN false;  -- a row came into the other partition meanwhile: the month stays there
END
$$;
REVOKE ALL ON FUNCTION audit_make_partition(date) FROM PUBLIC;
SELECT audit_make_partition((now() + ahead * interval '1 month')::date) FROM generate_series(0, 3) AS ahead;
"""


class Migration(migrations.Migration):
    """Both stand in the database, so that they hold for every program that reaches it."""

    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
        migrations.RunSQL(MONTHS, "DROP FUNCTION audit_make_partition(date)"),
    ]
