"""The core's memory in a relational database, the same on SQLite and PostgreSQL."""

from integration_core.store.book import BookReader
from integration_core.store.cases import Cases
from integration_core.store.closes import Closes
from integration_core.store.crosswalk import Crosswalk
from integration_core.store.documents import Documents
from integration_core.store.intake import Intake
from integration_core.store.mirroring import Mirroring
from integration_core.store.outbox import Outbox
from integration_core.store.pieces import Pieces
from integration_core.store.references import ReferenceReader
from integration_core.store.waits import Waits
from integration_core.store.work import Work


class Store:
    """See ports.store.Store."""

    def __init__(self) -> None:
        self.intake = Intake()
        self.crosswalk = Crosswalk()
        self.work = Work()
        self.pieces = Pieces()
        self.documents = Documents()
        self.closes = Closes()
        self.mirroring = Mirroring()
        self.waits = Waits()
        self.outbox = Outbox()
        self.cases = Cases()
        self.references = ReferenceReader()
        self.book = BookReader()
