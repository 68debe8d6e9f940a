"""From native ids of time entries to their business keys, once a card and not once a day of it."""

from scenarios.oracle.facts_log import TimeHistories


class EntryKeys:
    """Native ids of time entries and their business keys; of a card only once, not of every day."""

    def __init__(self, time: TimeHistories) -> None:
        self._stems = {head.source_id: head.bk for head in time.heads if head.source_id}
        self._unusual = {fact.source_id: fact.bk for fact in time.unusual() if fact.source_id}
        self._time = time

    def get(self, source_id: str) -> str | None:
        """The key that an id stands for, None where no entry has the id."""
        card, _, day = source_id.partition("#")
        stem = self._stems.get(card)
        bk = f"{stem}|{day}"
        return bk if stem is not None and bk in self._time else self._unusual.get(source_id)
