"""What custodians signed stays, and rows of keys and custodians change only as ceremonies change them."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION hsm_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What custodians signed stays: % of % refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER hsm_ceremony_keeps_its_rows
    BEFORE UPDATE OR DELETE ON hsm_ceremony
    FOR EACH STATEMENT EXECUTE FUNCTION hsm_refuse_change();
CREATE TRIGGER hsm_ceremony_is_not_emptied
    BEFORE TRUNCATE ON hsm_ceremony
    FOR EACH STATEMENT EXECUTE FUNCTION hsm_refuse_change();

CREATE FUNCTION hsm_keep_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Keys and custodians stay on record: % of % refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER hsm_custodian_keeps_its_rows
    BEFORE DELETE ON hsm_custodian FOR EACH ROW EXECUTE FUNCTION hsm_keep_row();
CREATE TRIGGER hsm_keyversion_keeps_its_rows
    BEFORE DELETE ON hsm_keyversion FOR EACH ROW EXECUTE FUNCTION hsm_keep_row();
CREATE TRIGGER hsm_datakey_keeps_its_rows
    BEFORE DELETE ON hsm_datakey FOR EACH ROW EXECUTE FUNCTION hsm_keep_row();
CREATE TRIGGER hsm_custodian_is_not_emptied
    BEFORE TRUNCATE ON hsm_custodian FOR EACH STATEMENT EXECUTE FUNCTION hsm_keep_row();
CREATE TRIGGER hsm_keyversion_is_not_emptied
    BEFORE TRUNCATE ON hsm_keyversion FOR EACH STATEMENT EXECUTE FUNCTION hsm_keep_row();
CREATE TRIGGER hsm_datakey_is_not_emptied
    BEFORE TRUNCATE ON hsm_datakey FOR EACH STATEMENT EXECUTE FUNCTION hsm_keep_row();

CREATE FUNCTION hsm_may_move(state_before text, state_after text) RETURNS boolean IMMUTABLE LANGUAGE sql AS $$
    SELECT state_before = state_after OR (state_before, state_after) IN (
        ('next', 'active'), ('next', 'destroyed'), ('active', 'verify-only'), ('verify-only', 'destroyed'),
        ('active', 'dismissed')
    )
$$;
CREATE FUNCTION hsm_check_custodian() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.id, OLD.label, OLD.public_key, OLD.enrolled_at) IS DISTINCT FROM
       (NEW.id, NEW.label, NEW.public_key, NEW.enrolled_at) OR NOT hsm_may_move(OLD.state, NEW.state) THEN
        RAISE EXCEPTION 'A custodian is dismissed, and nothing else of them changes.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER hsm_custodian_changes_as_ceremonies_do
    BEFORE UPDATE ON hsm_custodian FOR EACH ROW EXECUTE FUNCTION hsm_check_custodian();
CREATE FUNCTION hsm_check_key_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.id, OLD.name, OLD.version, OLD.algorithm, OLD.public_key, OLD.created_at) IS DISTINCT FROM
       (NEW.id, NEW.name, NEW.version, NEW.algorithm, NEW.public_key, NEW.created_at)
       OR NOT hsm_may_move(OLD.state, NEW.state) THEN
        RAISE EXCEPTION 'A version of a key moves forward, and nothing else of it changes.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER hsm_keyversion_changes_as_ceremonies_do
    BEFORE UPDATE ON hsm_keyversion FOR EACH ROW EXECUTE FUNCTION hsm_check_key_version();
CREATE FUNCTION hsm_check_data_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.version, OLD.created_at) IS DISTINCT FROM (NEW.version, NEW.created_at)
       OR NOT hsm_may_move(OLD.state, NEW.state) THEN
        RAISE EXCEPTION 'A data key moves forward, and nothing else of it changes.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER hsm_datakey_changes_as_ceremonies_do
    BEFORE UPDATE ON hsm_datakey FOR EACH ROW EXECUTE FUNCTION hsm_check_data_key();
"""

BACKWARDS = """
DROP TRIGGER hsm_datakey_changes_as_ceremonies_do ON hsm_datakey;
DROP TRIGGER hsm_keyversion_changes_as_ceremonies_do ON hsm_keyversion;
DROP TRIGGER hsm_custodian_changes_as_ceremonies_do ON hsm_custodian;
DROP TRIGGER hsm_datakey_is_not_emptied ON hsm_datakey;
DROP TRIGGER hsm_keyversion_is_not_emptied ON hsm_keyversion;
DROP TRIGGER hsm_custodian_is_not_emptied ON hsm_custodian;
DROP TRIGGER hsm_datakey_keeps_its_rows ON hsm_datakey;
DROP TRIGGER hsm_keyversion_keeps_its_rows ON hsm_keyversion;
DROP TRIGGER hsm_custodian_keeps_its_rows ON hsm_custodian;
DROP TRIGGER hsm_ceremony_is_not_emptied ON hsm_ceremony;
DROP TRIGGER hsm_ceremony_keeps_its_rows ON hsm_ceremony;
DROP FUNCTION hsm_check_data_key();
DROP FUNCTION hsm_check_key_version();
DROP FUNCTION hsm_check_custodian();
DROP FUNCTION hsm_may_move(text, text);
DROP FUNCTION hsm_keep_row();
DROP FUNCTION hsm_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("hsm", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
