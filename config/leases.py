"""Named leases in SQL: of any number of processes, one at a time does a periodic duty."""

from sqlalchemy import Column, Connection, Double, Integer, Table, Text, or_

from config.database import inserting, metadata, now

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("until", Double, nullable=False),
)


def hold(connection: Connection, name: str, holder: str, seconds: float) -> bool:
    """Takes or renews the lease for so many seconds; False while another holder has it."""
    at = now(connection)
    insert = inserting(connection)
    statement = insert(leases).values(name=name, holder=holder, fence=1, until=at + seconds)
    statement = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": holder, "fence": leases.c.fence + 1, "until": at + seconds},
        where=or_(leases.c.holder == holder, leases.c.until < at),
    )
    return connection.execute(statement.returning(leases.c.fence)).scalar_one_or_none() is not None
