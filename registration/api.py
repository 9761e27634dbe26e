"""The door of registration: what set-up, the demo and commands may use."""

from registration.queries import rights_of, stock_of
from registration.registers.base import RegisterPerson
from registration.registers.fixture import FixturePassport, fixture_passport_of, fixture_people
from registration.states import OfficerRole, OrganisationKind, PersonStatus, StockKind
from registration.usecases.create_office import UnknownOrganisation, create_office
from registration.usecases.create_officer import UnknownOffice, create_officer
from registration.usecases.create_organisation import create_organisation
from registration.usecases.import_devices import Imported, NotImported, import_devices
from registration.usecases.put_into_stock import put_into_stock

__all__ = [
    "FixturePassport",
    "Imported",
    "NotImported",
    "OfficerRole",
    "OrganisationKind",
    "PersonStatus",
    "RegisterPerson",
    "StockKind",
    "UnknownOffice",
    "UnknownOrganisation",
    "create_office",
    "create_officer",
    "create_organisation",
    "fixture_passport_of",
    "fixture_people",
    "import_devices",
    "put_into_stock",
    "rights_of",
    "stock_of",
]
