"""The demo's repository: a small shop till with one real bug, and the issue in which a person tells of it."""

from dataclasses import dataclass

from bot.local_github.hub import LocalGitHub

README = """\
# till

Adds up what a customer buys and prints the receipt.

```python
from till.basket import Basket
from till.receipt import print_receipt

basket = Basket()
basket.add("coffee", cents=450, quantity=2)
basket.add("pencil", cents=120, quantity=12)
print(print_receipt(basket))
```

- Ten or more of the same thing are 10 % off.
- Prices are whole cents; half a cent is rounded up, in the shop's favour.

Run the tests with `python -m unittest`.
"""

PYPROJECT = """\
[project]
name = "till"
version = "1.4.0"
description = "Adds up what a customer buys and prints the receipt."
requires-python = ">=3.9"
"""

MONEY = '''\
"""Amounts of money are whole cents, so that no sum is ever off by a rounding error."""


def percent_of(cents, percent):
    """A share of an amount; half a cent is rounded up."""
    return (cents * percent + 50) // 100


def as_text(cents):
    """An amount as the receipt shows it: 1234 is `12.34`."""
    return f"{cents // 100}.{cents % 100:02}"
'''

BASKET = '''\
"""What a customer is about to buy."""

from till.money import percent_of

BULK_QUANTITY = 10
BULK_PERCENT = 10


class Line:
    """So many pieces of one thing."""

    def __init__(self, name, cents, quantity):
        self.name = name
        self.cents = cents
        self.quantity = quantity

    def discount(self):
        """What the bulk price takes off this line, in cents."""
        if self.quantity > BULK_QUANTITY:
            return percent_of(self.cents * self.quantity, BULK_PERCENT)
        return 0

    def total(self):
        """What the customer pays for this line, in cents."""
        return self.cents * self.quantity - self.discount()


class Basket:
    """Lines in the order in which things were scanned."""

    def __init__(self):
        self.lines = []

    def add(self, name, cents, quantity=1):
        """Scans a thing; the same thing again counts on its line."""
        if quantity < 1:
            raise ValueError("a quantity is at least 1")
        for line in self.lines:
            if line.name == name and line.cents == cents:
                line.quantity += quantity
                return
        self.lines.append(Line(name, cents, quantity))

    def total(self):
        """What the customer pays, in cents."""
        return sum(line.total() for line in self.lines)
'''

RECEIPT = '''\
"""The receipt as text."""

from till.money import as_text


def print_receipt(basket):
    """One row a line, its discount below it, the total last."""
    rows = []
    for line in basket.lines:
        rows.append(f"{line.quantity:>3} x {line.name:<16}{as_text(line.cents * line.quantity):>10}")
        if line.discount():
            rows.append(f"      {'bulk price':<16}{'-' + as_text(line.discount()):>10}")
    rows.append(f"      {'total':<16}{as_text(basket.total()):>10}")
    return "\\n".join(rows)
'''

TEST_BASKET = """\
import unittest

from till.basket import Basket


class BulkPrice(unittest.TestCase):
    def total_of(self, quantity):
        basket = Basket()
        basket.add("pencil", cents=120, quantity=quantity)
        return basket.total()

    def test_nine_pencils_cost_the_full_price(self):
        self.assertEqual(self.total_of(9), 1080)

    def test_ten_pencils_are_ten_percent_off(self):
        self.assertEqual(self.total_of(10), 1080)

    def test_eleven_pencils_are_ten_percent_off(self):
        self.assertEqual(self.total_of(11), 1188)


class Scanning(unittest.TestCase):
    def test_the_same_thing_twice_is_one_line(self):
        basket = Basket()
        basket.add("coffee", cents=450)
        basket.add("coffee", cents=450, quantity=2)
        self.assertEqual([line.quantity for line in basket.lines], [3])

    def test_nothing_is_refused(self):
        with self.assertRaises(ValueError):
            Basket().add("coffee", cents=450, quantity=0)
"""

TEST_RECEIPT = """\
import unittest

from till.basket import Basket
from till.money import as_text, percent_of
from till.receipt import print_receipt


class Money(unittest.TestCase):
    def test_half_a_cent_is_rounded_up(self):
        self.assertEqual(percent_of(125, 10), 13)

    def test_an_amount_has_two_decimals(self):
        self.assertEqual(as_text(1205), "12.05")


class Receipt(unittest.TestCase):
    def test_the_discount_stands_below_its_line(self):
        basket = Basket()
        basket.add("coffee", cents=450, quantity=2)
        basket.add("pencil", cents=120, quantity=12)
        self.assertEqual(
            print_receipt(basket).splitlines(),
            [
                "  2 x coffee                9.00",
                " 12 x pencil               14.40",
                "      bulk price           -1.44",
                "      total                21.96",
            ],
        )
"""

FILES = {
    "README.md": README,
    "pyproject.toml": PYPROJECT,
    "till/__init__.py": "",
    "till/basket.py": BASKET,
    "till/money.py": MONEY,
    "till/receipt.py": RECEIPT,
    "tests/__init__.py": "",
    "tests/test_basket.py": TEST_BASKET,
    "tests/test_receipt.py": TEST_RECEIPT,
}

TITLE = "Ten pencils should get the bulk price"
BODY = """\
A customer bought exactly **ten** pencils today and paid the full 12.00. The sign in the shop (and our README) says:

> Ten or more of the same thing are 10 % off.

With eleven the discount is there. `test_ten_pencils_are_ten_percent_off` shows it:

```
AssertionError: 1200 != 1080
```
"""


@dataclass(frozen=True)
class Sample:
    """The names of what was planted."""

    repository: str = "octo-org/till"
    maintainer: str = "mona"
    stranger: str = "sam"
    issue_title: str = TITLE
    issue_body: str = BODY


def plant(hub: LocalGitHub) -> Sample:
    """Plants the organisation, its repository and people, and installs the App. The issue is left to be opened."""
    names = Sample()
    owner, _, name = names.repository.partition("/")
    hub.add_organisation(owner)
    hub.add_user(names.maintainer)
    hub.add_user(names.stranger)
    hub.add_repository(owner, name, FILES)
    hub.set_role(names.repository, names.maintainer, "write")
    hub.install(owner)
    return names
