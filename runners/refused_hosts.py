"""Hosts that a run asked for and was not let to, and how often: what its agent tried to reach."""

from sqlalchemy import Column, Connection, ForeignKey, Integer, Table, Text, func, select

from config.database import inserting, metadata

MOST_HOSTS = 100  # of one run; an agent could ask for any number
OTHERS = "others"  # beyond them
LONGEST_HOST = 300

refused_hosts = Table(
    "refused_hosts",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("host", Text, primary_key=True),  # with its port
    Column("count", Integer, nullable=False),
)


def add(connection: Connection, run_id: str, host: str, count: int = 1) -> None:
    """Counts so many more requests for this host."""
    host = host[:LONGEST_HOST]
    mine = refused_hosts.c.run_id == run_id
    known = select(refused_hosts.c.host).where(mine, refused_hosts.c.host == host)
    many = select(func.count()).select_from(refused_hosts).where(mine)
    if connection.execute(known).first() is None and connection.execute(many).scalar_one() >= MOST_HOSTS:
        host = OTHERS
    new = inserting(connection)(refused_hosts).values(run_id=run_id, host=host, count=count)
    again = {"count": refused_hosts.c.count + count}
    connection.execute(new.on_conflict_do_update(index_elements=["run_id", "host"], set_=again))


def of_run(connection: Connection, run_id: str) -> tuple[tuple[str, int], ...]:
    """What the run was not let to, and how often it asked; the most wanted first."""
    columns = (refused_hosts.c.host, refused_hosts.c.count)
    wanted = select(*columns).where(refused_hosts.c.run_id == run_id)
    return tuple((host, count) for host, count in connection.execute(wanted.order_by(columns[1].desc(), columns[0])))
