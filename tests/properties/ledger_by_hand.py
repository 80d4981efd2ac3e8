"""What everybody holds, kept by hand: slow, obvious, and without a word of the engine's code.

Times are whole hours. A unit of usage costs 1 CHF where no allowance covers it.
"""

from collections import defaultdict
from dataclasses import dataclass, field

EVER = 10**9
POOL = "family"
MEMBERS = ("ann", "bob")


@dataclass(slots=True, eq=False)
class Purse:
    """Money or minutes that came in one piece; without a name it is the account's own money."""

    resource: str
    start: int
    end: int
    left: int
    name: str = ""
    priority: int = 0


@dataclass(slots=True)
class Member:
    """How an account draws on the pool."""

    pool_first: bool
    caps: dict[str, int]


@dataclass(slots=True)
class ByHand:
    """All purses of all accounts, by `account`; `limits` say who may owe how much."""

    accounts: tuple[str, ...]
    limits: dict[str, int] = field(default_factory=dict)
    purses: dict[str, list[Purse]] = field(default_factory=lambda: defaultdict(list))
    members: dict[str, Member] = field(default_factory=dict)
    drawn: dict[tuple[str, str, int], int] = field(default_factory=lambda: defaultdict(int))
    funded: int = 0
    overrun: int = 0
    adjusted: int = 0
    breakage: int = 0
    refused: int = 0

    def use(self, account: str, units: int, now: int, month: int) -> None:
        """Minutes first, then money, each of the member and the pool in their order."""
        left = units
        for purse, _ in self._order(account, "min", now):
            left -= self._draw(account, purse, left, month)
        for purse, is_own_money in self._order(account, "CHF", now):
            if not is_own_money:
                left -= self._draw(account, purse, left, month)
        own = self.own(account)
        paid = min(left, own.left + self.limits.get(account, 0))
        own.left -= paid
        self.overrun += left - paid

    def _order(self, account: str, resource: str, now: int) -> list[tuple[Purse, bool]]:
        mine = [(purse, False) for purse in self._open(account, resource, now)]
        if resource == "CHF" and account in self.members:
            # Money that is there pays before a pool that comes later.
            mine.append((self.own(account), False))
        if account not in self.members:
            return mine
        shared = [(purse, False) for purse in self._open(POOL, resource, now)]
        if resource == "CHF":
            shared.append((self.own(POOL), False))
            shared.sort(key=lambda each: _first(each[0]))
        return shared + mine if self.members[account].pool_first else mine + shared

    def _open(self, account: str, resource: str, now: int) -> list[Purse]:
        found = [
            purse
            for purse in self.purses[account]
            if purse.resource == resource and purse.start <= now < purse.end
            if purse.name or resource == "min"
        ]
        return sorted(found, key=_first)

    def _draw(self, account: str, purse: Purse, wanted: int, month: int) -> int:
        most = max(0, min(wanted, purse.left))
        if purse in self.purses[POOL] and account != POOL:
            cap = self.members[account].caps.get(purse.resource)
            if cap is not None:
                key = (account, purse.resource, month)
                most = min(most, max(0, cap - self.drawn[key]))
                self.drawn[key] += most
        purse.left -= most
        return most

    def own(self, account: str) -> Purse:
        """The account's own money."""
        for purse in self.purses[account]:
            if purse.resource == "CHF" and not purse.name:
                return purse
        self.purses[account].append(Purse("CHF", -EVER, EVER, 0))
        return self.purses[account][-1]

    def top_up(self, account: str, amount: int, wallet: Purse | None) -> None:
        """Money into the account's own, or into a new wallet."""
        self.funded += amount
        if wallet is None:
            self.own(account).left += amount
        else:
            self.purses[account].append(wallet)

    def adjust(self, account: str, amount: int) -> None:
        """Own money given or taken; what cannot be taken is owed on overrun."""
        own = self.own(account)
        if amount > 0:
            own.left += amount
        else:
            taken = min(-amount, max(0, own.left + self.limits.get(account, 0)))
            own.left -= taken
            self.overrun += -amount - taken
        self.adjusted += amount

    def grant(self, account: str, purse: Purse) -> None:
        """Minutes; a name that is still there is not granted again."""
        if all(each.name != purse.name for each in self.purses[account]):
            self.purses[account].append(purse)

    def void(self, account: str, name: str) -> None:
        """What is left of a grant goes."""
        self.purses[account] = [each for each in self.purses[account] if each.name != name]

    def give(self, account: str, to: str, resource: str, amount: int, now: int, name: str) -> None:
        """All of it, out of what burns first, or nothing."""
        open_ = [
            each
            for each in self.purses[account]
            if each.resource == resource and each.start <= now < each.end and each.left > 0
        ]
        if sum(each.left for each in open_) < amount:
            self.refused += 1
            return
        for number, purse in enumerate(sorted(open_, key=_first)):
            part = min(amount, purse.left)
            purse.left -= part
            amount -= part
            self._get(to, Purse(resource, now, purse.end, part, f"{name}#{number}", purse.priority))
            if not amount:
                break

    def _get(self, to: str, part: Purse) -> None:
        if part.end < EVER or part.priority:
            number = sum(
                each.name.startswith(part.name.partition("#")[0]) for each in self.purses[to]
            )
            part.name = f"{part.name.partition('#')[0]}#{number}"
            self.purses[to].append(part)
        elif part.resource == "CHF":
            self.own(to).left += part.left
        else:
            plain = [each for each in self.purses[to] if each.resource == "min" and not each.name]
            if plain:
                plain[0].left += part.left
            else:
                self.purses[to].append(Purse("min", -EVER, EVER, part.left))

    def expire(self, now: int) -> None:
        """What has ended by now is gone; of money that is breakage."""
        for account in self.accounts:
            for purse in self.purses[account]:
                if purse.end <= now and purse.resource == "CHF":
                    self.breakage += purse.left
            self.purses[account] = [each for each in self.purses[account] if each.end > now]

    def held(self, account: str) -> dict[tuple[str, str], int]:
        """What is left, by resource and name; nothing of what is empty."""
        return {(each.resource, each.name): each.left for each in self.purses[account] if each.left}


def _first(purse: Purse) -> tuple[int, int, int]:
    return purse.priority, purse.end, purse.start
