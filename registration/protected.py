"""What this app has protected with our keys: registered when Django starts, renewed and proven by ``hsm``."""

from typing import Final

from hsm.api import IndexColumn, SealedColumn
from registration import sealing

CASE: Final = "registration.ProofingCase"

COLUMNS: Final = (
    SealedColumn(model=CASE, column="cpr_number_sealed", purpose=sealing.CPR_NUMBER),
    SealedColumn(model=CASE, column="person_sealed", purpose=sealing.PERSON),
    IndexColumn(model=CASE, column="cpr_number_index", purpose=sealing.CPR_NUMBER_INDEX, value="cpr_number_sealed"),
    SealedColumn(model="registration.ControlQuestion", column="expected_sealed", purpose=sealing.EXPECTED_ANSWER),
    # The number of a document is not kept (REG-8), so that its index lasts as it is, and its key with it.
    IndexColumn(model="registration.Evidence", column="number_index", purpose=sealing.DOCUMENT_NUMBER),
)
